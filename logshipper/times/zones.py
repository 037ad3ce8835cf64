"""Time zones by name, with their rules, so that timestamps on both sides of a clock change are right.

When clocks go back, a local time occurs twice. Always use the first: a log line does not say which it was, and a
replay must decide alike.
"""

import difflib
import io
import os
import re
import struct
from datetime import UTC, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from logshipper.errors import UserError

_LOCALTIME = Path("/etc/localtime")
# TZ may contain a POSIX rule instead of a name, such as CET-1CEST,M3.5.0,M10.5.0/3.
_TZ_FIX = "set it to a name such as Europe/Berlin, or unset it"
_POSIX_RULE = re.compile(r"(?:[A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>)[+-]?\d[^\n]*")


def zone_named(name: str) -> tzinfo:
    """Return the zone for "UTC" or an IANA name; "" and "Local" are this machine's zone.

    Raises UserError for an unknown name.
    """
    if name in ("", "Local"):
        return _local_zone()
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        # An abbreviation such as CEST is near to others that mean another time.
        names = [] if re.fullmatch(r"[A-Z]{2,5}", name) else available_timezones()
        near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
        fix = f"did you mean {near[0]!r}?" if near else "write 'Europe/Berlin', 'UTC' or 'Local'"
        raise UserError(f"unknown time zone {name!r}", fix=fix) from error


def _local_zone() -> tzinfo:
    """Return the zone of the C library's localtime(): TZ, else /etc/localtime, else UTC."""
    setting = os.environ.get("TZ")
    if setting is None:
        return _zone_from_file(_LOCALTIME) if _LOCALTIME.exists() else UTC
    setting = setting.removeprefix(":")
    if not setting:
        return UTC  # an empty TZ means UTC to the C library
    if setting.startswith("/"):
        return _zone_from_file(Path(setting))
    try:
        return ZoneInfo(setting)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        if not _POSIX_RULE.fullmatch(setting):
            raise UserError(f"unknown time zone {setting!r}", where="environment variable TZ", fix=_TZ_FIX) from error
        return _zone_from_rule(setting)


def _zone_from_file(path: Path) -> tzinfo:
    try:
        with path.open("rb") as file:
            return ZoneInfo.from_file(file, key="Local")
    except (OSError, ValueError) as error:
        fix = "set timezone to a name such as Europe/Berlin"
        raise UserError(f"cannot read the time zone: {error}", where=str(path), fix=fix) from error


def _zone_from_rule(rule: str) -> tzinfo:
    """Return the zone of a POSIX rule, by making a zone file that contains only that rule."""
    header = struct.pack(">4sc15x6l", b"TZif", b"2", 0, 0, 0, 0, 1, 1)
    no_types = struct.pack(">lbb", 0, 0, 0) + b"\0"
    body = (header + no_types) * 2 + b"\n" + rule.encode() + b"\n"
    try:
        return ZoneInfo.from_file(io.BytesIO(body), key=rule)
    except ValueError as error:
        raise UserError(f"unknown time zone {rule!r}", where="environment variable TZ", fix=_TZ_FIX) from error
