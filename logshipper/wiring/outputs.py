"""Make outputs out of settings; only this module knows all outputs."""

import ipaddress
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from logshipper.deliver.concurrency import BATCH, Concurrency
from logshipper.errors import Location, UserError, raise_all
from logshipper.hashing import digest
from logshipper.outputs.file import FileOutput
from logshipper.outputs.influxdb import InfluxOutput, InfluxSettings, Transport, basic_authorization
from logshipper.outputs.protocol import Acknowledged, OpenOutput, Output
from logshipper.points import AnyPoints, chosen_of
from logshipper.printable import keep_secret
from logshipper.selection import Renaming, as_bytes, chosen
from logshipper.selection import Selection as PointSelection
from logshipper.settings.options import (
    FileOutputSettings,
    InfluxDB1,
    InfluxDB2,
    InfluxServers,
    Selection,
    Settings,
    SqliteSettings,
)
from logshipper.wiring.secrets import secret_of
from logshipper.wiring.selection import selection_of

_SECRET_HEADER = re.compile("auth|token|key|secret|cookie|passw|session|sign", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PlannedOutput:
    """An output that can be opened: `name` for messages, `state_name` for its folder in the state folder.

    `concurrency` makes a `Concurrency` within the limits of the settings. `fresh` returns whether the output was never
    written to; then checkpoints from an earlier database are discarded. `single_writer`: two processes must not write
    to it. `takes_rows`: it takes `Rows`, not line protocol.
    """

    name: str
    state_name: str
    open: OpenOutput
    concurrency: Callable[[], Concurrency]
    fresh: Callable[[], bool] = lambda: False
    single_writer: bool = False
    takes_rows: bool = False


def plan_outputs(settings: Settings) -> list[PlannedOutput]:
    """Return the outputs of the settings. Raises UserError."""
    batch, writers = settings.agent.metric_batch_size, settings.logshipper.writers
    if batch < 1:
        raise UserError(f"metric_batch_size = {batch} is less than 1", fix=f"metric_batch_size = {BATCH}")
    if writers < 0:
        fix = "set writers = 0 to let the shipper choose"
        raise UserError(f"writers = {writers} is negative", where=settings.logshipper.at("writers"), fix=fix)
    many, alone = partial(Concurrency, batch, writers), partial(Concurrency, batch, 1, fixed=True)
    planned: list[PlannedOutput] = []
    errors: list[UserError] = []
    kinds: list[tuple[Sequence[Selection], Callable[[Any], PlannedOutput]]] = [
        (settings.influxdb, lambda options: _influx1(options, many)),
        (settings.influxdb_v2, lambda options: _influx2(options, many)),
        (settings.file, lambda options: _file(options, alone)),
        (settings.sqlite, lambda options: _sqlite(options, alone)),
    ]
    for each, plan in kinds:
        for options in each:
            try:
                planned.append(_choosing(options, plan(options)))
            except UserError as error:
                errors.append(error)
    raise_all(errors)
    return planned


@dataclass(frozen=True, slots=True)
class _ChoosingOutput:
    """An output that takes only some of the points, or renames them."""

    output: Output[Any]
    selection: PointSelection | None
    renaming: Renaming

    @property
    def connections(self) -> int:
        """Return how many connections the output has made so far."""
        return self.output.connections

    def write(self, points: AnyPoints) -> Acknowledged:
        """Write the points that the output takes."""
        taken = chosen(points, self.selection, self.renaming)
        if not taken:
            return Acknowledged()
        indexes, answer = list(taken), self.output.write(chosen_of(points, taken.values()))
        return Acknowledged({indexes[index]: reason for index, reason in answer.rejected.items()})

    def sync(self) -> None:
        """Make all that was written durable."""
        self.output.sync()

    def close(self) -> None:
        """Let go of connections and files."""
        self.output.close()


def _choosing(options: Selection, planned: PlannedOutput) -> PlannedOutput:
    selection = selection_of(options)
    renaming = Renaming(*map(as_bytes, (options.name_override, options.name_prefix, options.name_suffix)))
    if selection is None and not renaming:
        return planned
    return replace(planned, open=lambda: _ChoosingOutput(planned.open(), selection, renaming))


def _influx1(options: InfluxDB1, concurrency: Callable[[], Concurrency]) -> PlannedOutput:
    password = secret_of(options.password, options.password_file, options.at("password_file"))
    parameters = {"db": options.database, "precision": "ns"}
    if options.retention_policy:
        parameters["rp"] = options.retention_policy
    if options.write_consistency:
        parameters["consistency"] = options.write_consistency
    settings = InfluxSettings(
        urls=_urls(options.urls, options.at("urls")), write_path="/write", parameters=parameters,
        database="" if options.skip_database_creation else options.database,
        headers=_headers(options, basic_authorization(options.username, password) if options.username else ""),
        transport=_transport(options),
    )  # fmt: skip
    name = f"influxdb {options.urls[0]} {options.database}"
    return _influx(name, settings, options, concurrency, [options.database, options.retention_policy])


def _influx2(options: InfluxDB2, concurrency: Callable[[], Concurrency]) -> PlannedOutput:
    if not options.bucket:
        raise UserError("no bucket", where=options.at("bucket"), fix='bucket = "telegraf"')
    token = secret_of(options.token, options.token_file, options.at("token_file"))
    settings = InfluxSettings(
        urls=_urls(options.urls, options.at("urls")), write_path="/api/v2/write",
        parameters={"org": options.organization, "bucket": options.bucket, "precision": "ns"},
        headers=_headers(options, f"Token {token}" if token else ""), transport=_transport(options),
    )  # fmt: skip
    name = f"influxdb_v2 {options.urls[0]} {options.bucket}"
    return _influx(name, settings, options, concurrency, [options.organization, options.bucket])


def _influx(
    name: str,
    settings: InfluxSettings,
    options: InfluxServers,
    concurrency: Callable[[], Concurrency],
    address: Sequence[str],
) -> PlannedOutput:
    packed = {"gzip": True, "identity": False}.get(options.content_encoding)
    settings = replace(settings, gzip=not all(map(_is_loopback, options.urls)) if packed is None else packed)
    state_name = _state_name("influxdb", [*options.urls, *address])
    return PlannedOutput(name, state_name, lambda: InfluxOutput(settings), concurrency)


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
    for key, file in (("tls_ca", options.tls_ca), ("tls_cert", options.tls_cert), ("tls_key", options.tls_key)):
        if file and not os.access(file, os.R_OK):
            fix = f"correct {key}, or make the file readable"
            raise UserError(f"cannot read {file}", where=options.at(key), fix=fix)
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


def _file(options: FileOutputSettings, concurrency: Callable[[], Concurrency]) -> PlannedOutput:
    for name in options.files:
        if name != "stdout":
            _need_folder(Path(name), options.at("files"))
    name = f"file {', '.join(options.files)}"
    state_name, to_stdout = _state_name("file", options.files), "stdout" in options.files
    return PlannedOutput(name, state_name, lambda: FileOutput(options.files), concurrency, single_writer=to_stdout)


def _sqlite(options: SqliteSettings, concurrency: Callable[[], Concurrency]) -> PlannedOutput:
    from logshipper.outputs.sqlite import SqliteOutput, is_new  # loads a megabyte

    path = Path(options.path).absolute()
    _need_folder(path, options.at("path"))
    return PlannedOutput(
        f"sqlite {options.path}",
        _state_name("sqlite", [str(path)]),
        lambda: SqliteOutput(path),
        concurrency,
        lambda: is_new(path),
        single_writer=True,
        takes_rows=True,
    )


def _need_folder(file: Path, where: Location) -> None:
    folder = file.absolute().parent
    if not folder.is_dir():
        raise UserError(f"there is no folder {folder}", where=where, fix=f"mkdir -p {folder}")


def _state_name(kind: str, parts: Sequence[str]) -> str:
    return f"{kind}-{digest(chr(0).join(parts).encode()):016x}"
