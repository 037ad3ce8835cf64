"""Secrets and certificates: from a setting or a file, checked when they are read, and known to what prints messages."""

import os
from pathlib import Path

from logshipper.errors import Location, UserError
from logshipper.printable import keep_secret
from logshipper.settings.options import InfluxServers, KafkaServers


def secret_of(value: str, file: str, where: str | Location) -> str:
    """Return a secret, from its file if there is one. Raises UserError for a file that others can read, or no line."""
    if file:
        value = _read(file, where)
    if not value.isprintable():
        source, fix = (file, "write one line into it") if file else ("the secret", "use printable characters")
        raise UserError(f"{source} is not one line of printable text", where=where, fix=fix)
    keep_secret(value)
    return value


def check_certificates(options: InfluxServers | KafkaServers) -> None:
    """Raise UserError for a certificate file that cannot be read."""
    for key, file in (("tls_ca", options.tls_ca), ("tls_cert", options.tls_cert), ("tls_key", options.tls_key)):
        if file and not os.access(file, os.R_OK):
            fix = f"correct {key}, or make the file readable"
            raise UserError(f"cannot read {file}", where=options.at(key), fix=fix)


def _read(file: str, where: str | Location) -> str:
    try:
        if os.stat(file).st_mode & 0o007:
            raise UserError(f"other users can read {file}", where=where, fix=f"chmod o= {file}")
        value = Path(file).read_text("utf-8").strip()
    except OSError as error:
        raise UserError(f"cannot read {file}: {error.strerror}", where=where, fix="make the file readable") from None
    except UnicodeDecodeError:
        raise UserError(f"{file} is not UTF-8", where=where, fix="write one line into it") from None
    if not value:
        raise UserError(f"{file} is empty", where=where, fix="write the secret into it")
    return value
