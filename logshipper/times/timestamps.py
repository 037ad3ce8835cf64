"""From the text of a stamp to nanoseconds since 1970: the `ts` modifiers of Telegraf's grok patterns.

Kinds are `ts-httpd`, `ts-epochmilli`, `ts-"GO LAYOUT"` and so on, as Telegraf's grok parser lists them;
`ts` alone tries all named layouts. Added here: `ts-uwsgi` (uWSGI's own `[Fri May  5 14:51:39 2017]`, with or
without brackets) and `ts-epochmicro`. Where this differs from Telegraf:
- A stamp without a year belongs to the latest year in which it is not in the future (a day of grace for
  clocks that differ); Telegraf always takes the current year, which is wrong for December's lines in January.
- A zone's abbreviation (MST) is looked up in the log's own zone, then among those of RFC 822, then among
  the IANA names; Telegraf knows the last only.
"""

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from logshipper.errors import UserError
from logshipper.times.go_layout import Layout, Moment
from logshipper.times.zones import zone_named

__all__ = ["TIME_KINDS", "TimeParser", "time_parser", "zone_named"]

SECOND = 1_000_000_000
_EPOCH_START = datetime(1970, 1, 1, tzinfo=UTC)
# InfluxDB's range: int64 without its two smallest and its largest value.
_EARLIEST, _LATEST = -(2**63) + 2, 2**63 - 2

_UWSGI = "ts-uwsgi"
_LAYOUTS = {
    "ts-ansic": "Mon Jan _2 15:04:05 2006",
    "ts-unix": "Mon Jan _2 15:04:05 MST 2006",
    "ts-ruby": "Mon Jan 02 15:04:05 -0700 2006",
    "ts-rfc822": "02 Jan 06 15:04 MST",
    "ts-rfc822z": "02 Jan 06 15:04 -0700",
    "ts-rfc850": "Monday, 02-Jan-06 15:04:05 MST",
    "ts-rfc1123": "Mon, 02 Jan 2006 15:04:05 MST",
    "ts-rfc1123z": "Mon, 02 Jan 2006 15:04:05 -0700",
    "ts-rfc3339": "2006-01-02T15:04:05Z07:00",
    "ts-rfc3339nano": "2006-01-02T15:04:05.999999999Z07:00",
    "ts-httpd": "02/Jan/2006:15:04:05 -0700",
    "ts-syslog": "Jan _2 15:04:05",
    _UWSGI: "Mon Jan _2 15:04:05 2006",
}
# Nanoseconds of the last whole digit of a number of seconds, milliseconds, …
_EPOCHS = {
    "ts-epoch": SECOND,
    "ts-epochmilli": 1_000_000,
    "ts-epochmicro": 1_000,
    "ts-epochnano": 1,
}
# Names that Telegraf also takes inside the quotes, in whatever case.
_QUOTED = {
    "ansic": "ts-ansic",
    "unixdate": "ts-unix",
    "rubydate": "ts-ruby",
    "rfc822": "ts-rfc822",
    "rfc822z": "ts-rfc822z",
    "rfc850": "ts-rfc850",
    "rfc1123": "ts-rfc1123",
    "rfc1123z": "ts-rfc1123z",
    "rfc3339": "ts-rfc3339",
    "rfc3339nano": "ts-rfc3339nano",
    "stamp": "ts-syslog",
    "stampmilli": 'ts-"Jan _2 15:04:05.000"',
    "stampmicro": 'ts-"Jan _2 15:04:05.000000"',
    "stampnano": 'ts-"Jan _2 15:04:05.000000000"',
    "unix": "ts-epoch",
    "unix_ms": "ts-epochmilli",
    "unix_us": "ts-epochmicro",
    "unix_ns": "ts-epochnano",
}
TIME_KINDS = ("ts", *_LAYOUTS, *_EPOCHS)

# RFC 822, section 5, in hours east of UTC.
_RFC822_ZONES = {"UT": 0, "UTC": 0, "GMT": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5,
                 "MST": -7, "MDT": -6, "PST": -8, "PDT": -7}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TimeParser:
    """Reads stamps of one kind.

    `precision` is the resolution of the kind in nanoseconds, one second at the most. Where `variable` is true
    a text may be finer than that (a fraction of free length), and `parse_precisely` says by how much.
    """

    precision: int
    variable: bool
    _read: Callable[[str], tuple[int, int] | None]

    def parse(self, text: str) -> int | None:
        """Return nanoseconds since 1970-01-01 UTC, or None when the text is no such stamp."""
        stamp = self._read(text)
        return None if stamp is None else stamp[0]

    def parse_precisely(self, text: str) -> tuple[int, int] | None:
        """Return the time and the resolution of this very text, both in nanoseconds, or None."""
        return self._read(text)


def _utc_now() -> datetime:
    return datetime.now(UTC)


def time_parser(kind: str, zone: tzinfo, now: Callable[[], datetime] = _utc_now) -> TimeParser:
    """Return the reader for a `ts` modifier.

    `zone` is the zone of stamps that name none; `now` completes stamps without a year.
    Raises UserError for an unknown kind or a layout that is not Go's.
    """
    if kind.startswith('ts-"') and kind.endswith('"') and len(kind) > 4:
        name = kind[4:-1]
        kind = _QUOTED.get(name.lower(), kind)
        if kind.startswith('ts-"'):
            return _layout_parser(kind[4:-1], zone, now)
    if kind == "ts":
        return _any_of([_layout_parser(layout, zone, now) for layout in _LAYOUTS.values()])
    if kind in _EPOCHS:
        return _epoch_parser(_EPOCHS[kind])
    if kind == _UWSGI:
        return _uwsgi_parser(_layout_parser(_LAYOUTS[kind], zone, now))
    if kind in _LAYOUTS:
        return _layout_parser(_LAYOUTS[kind], zone, now)
    near = difflib.get_close_matches(kind, TIME_KINDS, n=1)
    fix = f"did you mean {near[0]}?" if near else 'write a layout of your own as ts-"2006-01-02 15:04:05"'
    raise UserError(f"unknown time modifier {kind!r}", fix=fix)


def _uwsgi_parser(plain: TimeParser) -> TimeParser:
    """Return the reader of uWSGI's ctime; it is on the hot path, so a minute is worked out once."""

    @lru_cache(maxsize=1024)
    def minute(head: str, tail: str) -> int | None:
        return plain.parse(f"{head}00{tail}")

    def read(text: str) -> tuple[int, int] | None:
        start = 1 if text[:1] == "[" and text[-1:] == "]" else 0
        second = text[start + 17 : start + 19]
        if len(text) != 24 + 2 * start or not second.isdecimal() or second > "59":
            return None
        beginning = minute(text[start : start + 17], text[start + 19 : start + 24])
        return None if beginning is None else (beginning + int(second) * SECOND, SECOND)

    return TimeParser(SECOND, False, read)


def _any_of(parsers: list[TimeParser]) -> TimeParser:
    def read(text: str) -> tuple[int, int] | None:
        return next((stamp for parser in parsers if (stamp := parser.parse_precisely(text)) is not None), None)

    return TimeParser(SECOND, True, read)


def _epoch_parser(unit: int) -> TimeParser:
    """Return the reader of a count of units since 1970; a fraction is read for whole seconds."""
    fraction_allowed = r"(?:[.,](\d+))?" if unit == SECOND else "()"
    match = re.compile(r"(-?\d{1,19})" + fraction_allowed, re.ASCII).fullmatch

    def read(text: str) -> tuple[int, int] | None:
        found = match(text)
        if found is None:
            return None
        fraction = (found[2] or "")[:9]
        nanoseconds = int(found[1]) * unit + int(fraction.ljust(9, "0"))
        return _within_range(nanoseconds, unit // 10 ** len(fraction))

    return TimeParser(unit, unit == SECOND, read)


def _layout_parser(go_layout: str, zone: tzinfo, now: Callable[[], datetime]) -> TimeParser:
    layout = Layout(go_layout)

    @lru_cache(maxsize=1024)
    def local_minute(year: int, month: int, day: int, hour: int, minute: int) -> int:
        """Return a minute of `zone` in seconds since 1970: rules are dear, and lines share minutes."""
        return _seconds(datetime(year, month, day, hour, minute, tzinfo=zone))

    def read(text: str) -> tuple[int, int] | None:
        moment = layout.moment(text)
        if moment is None:
            return None
        try:
            year = moment.year if moment.year is not None else _likely_year(moment, zone, now())
            parts = (year, moment.month, moment.day, moment.hour, moment.minute)
            if moment.offset is None and not moment.zone_name:
                seconds = local_minute(*parts)
            else:
                offset = _abbreviated_offset(moment, year, zone) if moment.offset is None else moment.offset
                if offset is None:
                    return None
                seconds = _seconds(datetime(*parts, tzinfo=UTC)) - offset
        except (ValueError, OverflowError):
            return None  # a year or an offset outside the calendar
        nanoseconds = (seconds + moment.second) * SECOND + moment.nanosecond
        return _within_range(nanoseconds, SECOND // 10**moment.digits)

    return TimeParser(SECOND // 10**layout.digits if not layout.variable else SECOND, layout.variable, read)


def _seconds(moment: datetime) -> int:
    since = moment - _EPOCH_START
    return since.days * 86400 + since.seconds


def _within_range(nanoseconds: int, precision: int) -> tuple[int, int] | None:
    return (nanoseconds, precision) if _EARLIEST <= nanoseconds <= _LATEST else None


def _likely_year(moment: Moment, zone: tzinfo, now: datetime) -> int:
    """Return the latest year that has this day and in which it is not more than a day ahead."""
    latest = now.astimezone(zone) + timedelta(days=1)
    for year in range(latest.year, latest.year - 9, -1):  # 1896 to 1904 had no leap year between
        try:
            then = datetime(year, moment.month, moment.day, moment.hour, moment.minute, tzinfo=zone)
        except ValueError:
            continue
        if then <= latest:
            return year
    return latest.year


def _abbreviated_offset(moment: Moment, year: int, zone: tzinfo) -> int | None:
    """Return seconds east of UTC for an abbreviation such as CEST, GMT+3 or -03; None if unknown."""
    name = moment.zone_name
    if numeric := re.fullmatch(r"(?:GMT)?([+-]\d{1,2})", name):
        return int(numeric[1]) * 3600
    parts = (year, moment.month, moment.day, moment.hour, moment.minute)
    candidates = [datetime(*parts, fold=0, tzinfo=zone), datetime(*parts, fold=1, tzinfo=zone)]
    candidates += [datetime(year, month, 1, tzinfo=zone) for month in (1, 7)]
    for candidate in candidates:
        offset = candidate.utcoffset()
        if candidate.tzname() == name and offset is not None:
            return int(offset.total_seconds())
    if name in _RFC822_ZONES:
        return _RFC822_ZONES[name] * 3600
    try:
        named = datetime(*parts, tzinfo=ZoneInfo(name)).utcoffset()
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
    return None if named is None else int(named.total_seconds())
