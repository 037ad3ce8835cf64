"""Secrets: from a setting or from a file, checked when they are read, and known to what prints messages."""

import os
from pathlib import Path

from logshipper.errors import Location, UserError
from logshipper.printable import keep_secret


def secret_of(value: str, file: str, where: str | Location) -> str:
    """Return a secret, from its file if there is one. Raises UserError for a file that others can read, or no line."""
    if file:
        value = _read(file, where)
    if not value.isprintable():
        source, fix = (file, "write one line into it") if file else ("the secret", "use printable characters")
        raise UserError(f"{source} is not one line of printable text", where=where, fix=fix)
    keep_secret(value)
    return value


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
