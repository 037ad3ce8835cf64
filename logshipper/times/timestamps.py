"""Parse timestamps to nanoseconds since 1970: the `ts` modifiers of Telegraf's grok patterns.

Kinds are `ts-httpd`, `ts-epochmilli`, `ts-"GO LAYOUT"` and so on, as Telegraf's grok parser lists them;
`ts` alone tries all named layouts. Not in Telegraf: `ts-uwsgi` (uWSGI's `[Fri May  5 14:51:39 2017]`, with or
without brackets) and `ts-epochmicro`. Different from Telegraf:
- A timestamp without a year gets the latest year in which it is not in the future (with a day's tolerance for
  clocks that differ). Telegraf always uses the current year, which is wrong for December's lines in January.
- A zone abbreviation (MST) is looked up in the log's own zone, then in RFC 822, then among the IANA names;
  Telegraf knows only the last.
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
# InfluxDB accepts int64 without its two smallest values and its largest one.
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
# The unit of each kind, in nanoseconds.
_EPOCHS = {
    "ts-epoch": SECOND,
    "ts-epochmilli": 1_000_000,
    "ts-epochmicro": 1_000,
    "ts-epochnano": 1,
}
# Names that Telegraf also accepts inside the quotes; case does not matter.
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
    """Parses timestamps of one kind.

    `precision` is that of the kind in nanoseconds, at most one second. Where `variable` is true a text may be finer
    (a fraction of any length); `parse_precisely` returns the precision of each text.
    """

    precision: int
    variable: bool
    _read: Callable[[str], tuple[int, int] | None]

    def parse(self, text: str) -> int | None:
        """Return nanoseconds since 1970-01-01 UTC, or None for any other text."""
        stamp = self._read(text)
        return None if stamp is None else stamp[0]

    def parse_precisely(self, text: str) -> tuple[int, int] | None:
        """Return the time and the precision of this text, both in nanoseconds, or None."""
        return self._read(text)


def _utc_now() -> datetime:
    return datetime.now(UTC)


def time_parser(kind: str, zone: tzinfo, now: Callable[[], datetime] = _utc_now) -> TimeParser:
    """Return the parser for a `ts` modifier.

    `zone` is for timestamps without a zone, `now` completes those without a year.
    Raises UserError for an unknown kind or an invalid Go layout.
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
    fix = f"did you mean {near[0]}?" if near else 'write your own layout as ts-"2006-01-02 15:04:05"'
    raise UserError(f"unknown time modifier {kind!r}", fix=fix)


def _uwsgi_parser(plain: TimeParser) -> TimeParser:
    """Return the parser of uWSGI's ctime. It is on the hot path, so each minute is computed once."""

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
    """Return the parser of a number of units since 1970; only seconds may have a fraction."""
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
        """Return a minute of `zone` in seconds since 1970; cached, because zone rules are slow."""
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
            return None  # the year or the offset is out of range
        nanoseconds = (seconds + moment.second) * SECOND + moment.nanosecond
        return _within_range(nanoseconds, SECOND // 10**moment.digits)

    return TimeParser(SECOND // 10**layout.digits if not layout.variable else SECOND, layout.variable, read)


def _seconds(moment: datetime) -> int:
    since = moment - _EPOCH_START
    return since.days * 86400 + since.seconds


def _within_range(nanoseconds: int, precision: int) -> tuple[int, int] | None:
    return (nanoseconds, precision) if _EARLIEST <= nanoseconds <= _LATEST else None


def _likely_year(moment: Moment, zone: tzinfo, now: datetime) -> int:
    """Return the latest year that has this day, at most one day in the future."""
    latest = now.astimezone(zone) + timedelta(days=1)
    for year in range(latest.year, latest.year - 9, -1):  # up to 8 years between leap years: 1896, 1904
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
