"""Make InfluxDB outputs out of settings. It brings the HTTP client, so it is loaded only if there is one."""

import ipaddress
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from logshipper.deliver.concurrency import Concurrency
from logshipper.errors import Location, UserError
from logshipper.outputs.influxdb import InfluxOutput, InfluxSettings, Transport, basic_authorization
from logshipper.printable import keep_secret
from logshipper.settings.options import InfluxDB1, InfluxDB2, InfluxServers
from logshipper.wiring.planned_output import PlannedOutput, state_name
from logshipper.wiring.secrets import check_certificates, secret_of
from logshipper.wiring.service_folders import credential

_SECRET_HEADER = re.compile("auth|token|key|secret|cookie|passw|session|sign", re.IGNORECASE)


def version_1(options: InfluxDB1, concurrency: Callable[[], Concurrency]) -> PlannedOutput:
    """Return the output for `[[outputs.influxdb]]`. Raises UserError."""
    return _planned("influxdb", options, concurrency, options.database, [options.database, options.retention_policy])


def version_2(options: InfluxDB2, concurrency: Callable[[], Concurrency]) -> PlannedOutput:
    """Return the output for `[[outputs.influxdb_v2]]`. Raises UserError."""
    return _planned("influxdb_v2", options, concurrency, options.bucket, [options.organization, options.bucket])


def _planned(
    plugin: str,
    options: InfluxDB1 | InfluxDB2,
    concurrency: Callable[[], Concurrency],
    database: str,
    address: Sequence[str],
) -> PlannedOutput:
    settings = server_settings(options)
    state = state_name("influxdb", [*options.urls, *address])
    return PlannedOutput(f"{plugin} {options.urls[0]} {database}", state, lambda: InfluxOutput(settings), concurrency)


def server_settings(options: InfluxDB1 | InfluxDB2) -> InfluxSettings:
    """Return where and how to reach the server of an output. Raises UserError."""
    settings = _settings_1(options) if isinstance(options, InfluxDB1) else _settings_2(options)
    packed = {"gzip": True, "identity": False}.get(options.content_encoding)
    return replace(settings, gzip=not all(map(_is_loopback, options.urls)) if packed is None else packed)


def _settings_1(options: InfluxDB1) -> InfluxSettings:
    file = options.password_file or ("" if options.password else credential("influxdb-password"))
    password = secret_of(options.password, file, options.at("password_file"))
    parameters = {"db": options.database, "precision": "ns"}
    if options.retention_policy:
        parameters["rp"] = options.retention_policy
    if options.write_consistency:
        parameters["consistency"] = options.write_consistency
    return InfluxSettings(
        urls=_urls(options.urls, options.at("urls")), write_path="/write", parameters=parameters,
        database="" if options.skip_database_creation else options.database,
        headers=_headers(options, basic_authorization(options.username, password) if options.username else ""),
        transport=_transport(options),
    )  # fmt: skip


def _settings_2(options: InfluxDB2) -> InfluxSettings:
    if not options.bucket:
        raise UserError("no bucket", where=options.at("bucket"), fix='bucket = "telegraf"')
    file = options.token_file or ("" if options.token else credential("influxdb-token"))
    token = secret_of(options.token, file, options.at("token_file"))
    return InfluxSettings(
        urls=_urls(options.urls, options.at("urls")), write_path="/api/v2/write",
        parameters={"org": options.organization, "bucket": options.bucket, "precision": "ns"},
        headers=_headers(options, f"Token {token}" if token else ""), transport=_transport(options),
    )  # fmt: skip


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _headers(options: InfluxServers, authorization: str) -> dict[str, str]:
    headers = {"Authorization": authorization} if authorization else {}
    if options.user_agent:
        headers["User-Agent"] = options.user_agent
    if authorization:
        keep_secret(authorization.partition(" ")[2])
    for name, value in options.http_headers.items():
        if _SECRET_HEADER.search(name):
            keep_secret(value)
        if not (f"{name}{value}".isascii() and f"{name}{value}".isprintable()) or not name:
            fix = "use printable ASCII in its name and value"
            raise UserError(f"the header {name!r} cannot be sent", where=options.at("http_headers"), fix=fix)
    return {**headers, **options.http_headers}


def _transport(options: InfluxServers) -> Transport:
    check_certificates(options)
    return Transport(
        timeout=options.timeout,
        tls_ca=options.tls_ca,
        tls_cert=options.tls_cert,
        tls_key=options.tls_key,
        verify=not options.insecure_skip_verify,
    )


def _urls(urls: Sequence[str], where: Location) -> Sequence[str]:
    if not urls:
        raise UserError("urls is empty", where=where, fix='urls = ["http://127.0.0.1:8086"]')
    for url in urls:
        try:
            parts = urlsplit(url)
            good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
        except ValueError:
            good = False
        if "@" in url:  # the part before it may be secret, and messages contain URLs
            fix = "use the keys username and password"
            raise UserError("the URL contains a user or password", where=where, fix=fix)
        if "?" in url or "#" in url:  # Telegraf takes no parameters there either, and they may be secret
            raise UserError("the URL has a query", where=where, fix="use the keys of this output instead")
        if not good:
            fix = 'write "http://127.0.0.1:8086"'
            raise UserError(f"the URL {url!r} is not http://HOST:PORT", where=where, fix=fix)
    return urls
