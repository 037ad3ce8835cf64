"""The one place that knows all outputs: from settings to outputs that can be opened."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from logshipper.deliver.concurrency import BATCH, Concurrency
from logshipper.errors import UserError
from logshipper.hashing import digest
from logshipper.outputs.compression import Compression, is_loopback
from logshipper.outputs.file import FileOutput
from logshipper.outputs.influxdb import InfluxOutput, InfluxSettings, Transport, basic_authorization
from logshipper.outputs.protocol import OpenOutput
from logshipper.settings.options import (
    FileOutputSettings,
    InfluxDB1,
    InfluxDB2,
    InfluxServers,
    Settings,
    SqliteSettings,
)


@dataclass(frozen=True, slots=True)
class PlannedOutput:
    """An output that can be opened: `name` for people, `state_name` for its folder in the state.

    `concurrency` makes a new `Concurrency` within the settings' limits. `fresh` returns whether the output was never
    written to; checkpoints of an earlier one are void then.
    """

    name: str
    state_name: str
    open: OpenOutput
    concurrency: Callable[[], Concurrency]
    fresh: Callable[[], bool] = lambda: False


def plan_outputs(settings: Settings) -> list[PlannedOutput]:
    """Return the outputs of the settings. Raises UserError."""
    batch, writers = settings.agent.metric_batch_size, settings.logshipper.writers
    if batch < 1:
        raise UserError(f"metric_batch_size = {batch}: nothing could be written", fix=f"metric_batch_size = {BATCH}")
    if writers < 0:
        fix = "writers = 0 for as many as pay"
        raise UserError(f"writers = {writers}", where=settings.logshipper.at("writers"), fix=fix)
    many, alone = partial(Concurrency, batch, writers), partial(Concurrency, batch, 1, fixed=True)
    return [
        *(_influx1(given, many) for given in settings.influxdb),
        *(_influx2(given, many) for given in settings.influxdb_v2),
        *(_file(given, alone) for given in settings.file),
        *(_sqlite(given, alone) for given in settings.sqlite),
    ]


def _influx1(given: InfluxDB1, concurrency: Callable[[], Concurrency]) -> PlannedOutput:
    password = _secret(given.password, given.password_file, given.at("password_file"))
    parameters = {"db": given.database, "precision": "ns"}
    if given.retention_policy:
        parameters["rp"] = given.retention_policy
    settings = InfluxSettings(
        urls=_urls(given.urls, given.at("urls")), write_path="/write", parameters=parameters,
        database="" if given.skip_database_creation else given.database,
        headers={"Authorization": basic_authorization(given.username, password)} if given.username else {},
        transport=_transport(given),
    )  # fmt: skip
    name = f"influxdb {given.urls[0]} {given.database}"
    return _influx(name, settings, given, concurrency, [given.database, given.retention_policy])


def _influx2(given: InfluxDB2, concurrency: Callable[[], Concurrency]) -> PlannedOutput:
    if not given.bucket:
        raise UserError("no bucket", where=given.at("bucket"), fix='bucket = "telegraf"')
    token = _secret(given.token, given.token_file, given.at("token_file"))
    settings = InfluxSettings(
        urls=_urls(given.urls, given.at("urls")), write_path="/api/v2/write",
        parameters={"org": given.organization, "bucket": given.bucket, "precision": "ns"},
        headers={"Authorization": f"Token {token}"} if token else {}, transport=_transport(given),
    )  # fmt: skip
    name = f"influxdb_v2 {given.urls[0]} {given.bucket}"
    return _influx(name, settings, given, concurrency, [given.organization, given.bucket])


def _influx(
    name: str,
    settings: InfluxSettings,
    given: InfluxServers,
    concurrency: Callable[[], Concurrency],
    address: Sequence[str],
) -> PlannedOutput:
    fixed = {"gzip": True, "identity": False}.get(given.content_encoding)
    if fixed is None and all(is_loopback(url) for url in given.urls):
        fixed = False
    compression = Compression(fixed)  # the writers share what they find out
    state_name = _state_name("influxdb", [*given.urls, *address])
    return PlannedOutput(name, state_name, lambda: InfluxOutput(settings, compression), concurrency)


def _transport(given: InfluxServers) -> Transport:
    for key, file in (("tls_ca", given.tls_ca), ("tls_cert", given.tls_cert), ("tls_key", given.tls_key)):
        if file and not os.access(file, os.R_OK):
            raise UserError(f"cannot read {file}", where=given.at(key), fix=f"check {key} and the file's rights")
    return Transport(
        timeout=given.timeout,
        tls_ca=given.tls_ca,
        tls_cert=given.tls_cert,
        tls_key=given.tls_key,
        verify=not given.insecure_skip_verify,
    )


def _urls(urls: Sequence[str], where: str) -> Sequence[str]:
    if not urls:
        raise UserError("urls is empty", where=where, fix='urls = ["http://127.0.0.1:8086"]')
    for url in urls:
        try:
            parts = urlsplit(url)
            good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
        except ValueError:
            good = False
        if "@" in url:  # what stands before it may be a secret, and URLs appear in messages
            raise UserError("the URL holds a user or a password", where=where, fix="use the keys for them")
        if not good:
            fix = 'write "http://127.0.0.1:8086"'
            raise UserError(f"the URL {url!r} is not http://HOST:PORT", where=where, fix=fix)
    return urls


def _secret(value: str, file: str, where: str) -> str:
    """Return a secret, from its file where one is given; readable by others, it is refused."""
    if not file:
        return value
    try:
        if os.stat(file).st_mode & 0o007:
            raise UserError(f"others may read {file}", where=where, fix=f"chmod o= {file}")
        return Path(file).read_text("utf-8").strip()
    except OSError as error:
        raise UserError(f"cannot read {file}: {error.strerror}", where=where, fix="check its rights") from None


def _file(given: FileOutputSettings, concurrency: Callable[[], Concurrency]) -> PlannedOutput:
    for name in given.files:
        if name != "stdout":
            _need_folder(Path(name), given.at("files"))
    name = f"file {', '.join(given.files)}"
    return PlannedOutput(name, _state_name("file", given.files), lambda: FileOutput(given.files), concurrency)


def _sqlite(given: SqliteSettings, concurrency: Callable[[], Concurrency]) -> PlannedOutput:
    from logshipper.outputs.sqlite import SqliteOutput, is_new  # a megabyte

    path = Path(given.path).absolute()
    _need_folder(path, given.at("path"))
    return PlannedOutput(
        f"sqlite {given.path}",
        _state_name("sqlite", [str(path)]),
        lambda: SqliteOutput(path),
        concurrency,
        lambda: is_new(path),
    )


def _need_folder(file: Path, where: str) -> None:
    folder = file.absolute().parent
    if not folder.is_dir():
        raise UserError(f"there is no folder {folder}", where=where, fix=f"mkdir -p {folder}")


def _state_name(kind: str, parts: Sequence[str]) -> str:
    return f"{kind}-{digest(chr(0).join(parts).encode()):016x}"
