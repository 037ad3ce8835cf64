"""Go's time layouts, as in Telegraf's `ts-"…"` modifiers, compiled to one regular expression.

The elements mean what the documentation of Go's package `time` says: the reference moment
"Mon Jan 2 15:04:05 MST 2006", `_2` for a day padded with a space, `.000`/`,000` and `.999` for fractions,
`Z07:00` for a zone that may be Z. As in Go, names of months and days are read without regard to case, a
fraction after the seconds is accepted even if the layout has none, and the day of the week is not checked.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from logshipper.errors import UserError

_FIX = (
    "a layout is the moment Mon Jan 2 15:04:05 MST 2006 as your log would write it, such as"
    ' ts-"2006-01-02T15:04:05.000-0700"'
)
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_LONG_MONTHS = "January February March April May June July August September October November December"
_LONG_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
MONTH_NUMBER = {name: number for number, name in enumerate(_MONTHS, 1)}

_ELEMENT = re.compile(
    r"January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|002|0[1-6]|15|1|2006|__2|_2(?!006)|2|3|4|5|PM|pm"
    r"|[-Z]07(?::00:00|0000|:00|00)?|[.,](?:0+|9+)(?!\d)"
)
_TWO, _ONE_OR_TWO = r"\d\d", r"\d{1,2}+"
_FRACTION = r"[.,](?P<fraction>\d++)"
# Element -> expression. The groups' names are the keys that `Layout.moment` reads.
_EXPRESSIONS = {
    "January": f"(?P<month_name>(?i:{'|'.join(_LONG_MONTHS.split())}))",
    "Jan": f"(?P<month_name>(?i:{'|'.join(_MONTHS)}))",
    "Monday": f"(?i:{'|'.join(_LONG_DAYS.split())})",
    "Mon": f"(?i:{'|'.join(day[:3] for day in _LONG_DAYS.split())})",
    "MST": r"(?P<zone_name>GMT[+-]\d{1,2}+|[A-Z][A-Za-z]{2,4}+|[+-]\d\d)",
    "002": r"(?P<yearday>\d{3})",
    "__2": r"(?P<yearday> {0,2}+\d{1,3}+)",
    "01": f"(?P<month>{_TWO})",
    "1": f"(?P<month>{_ONE_OR_TWO})",
    "02": f"(?P<day>{_TWO})",
    "2": f"(?P<day>{_ONE_OR_TWO})",
    "_2": rf"\ ?+(?P<day>{_ONE_OR_TWO})",
    "03": f"(?P<hour12>{_TWO})",
    "3": f"(?P<hour12>{_ONE_OR_TWO})",
    "15": f"(?P<hour>{_ONE_OR_TWO})",
    "04": f"(?P<minute>{_TWO})",
    "4": f"(?P<minute>{_ONE_OR_TWO})",
    "05": f"(?P<second>{_TWO})",
    "5": f"(?P<second>{_ONE_OR_TWO})",
    "06": r"(?P<year2>\d\d)",
    "2006": r"(?P<year>\d{4})",
    "PM": r"(?P<meridiem>AM|PM)",
    "pm": r"(?P<meridiem>am|pm)",
}


@dataclass(frozen=True, slots=True)
class Moment:
    """What a text says about its time; `year` and `offset` are None where it does not say.

    `nanosecond` is the fraction of the second and `digits` the number of digits it was written with;
    `offset` is in seconds east of UTC, `zone_name` an abbreviation that is not resolved yet.
    """

    year: int | None
    month: int
    day: int
    hour: int
    minute: int
    second: int
    nanosecond: int = 0
    digits: int = 0
    offset: int | None = None
    zone_name: str = ""


class Layout:
    """A Go layout, compiled."""

    def __init__(self, layout: str) -> None:
        """Compile `layout`. Raises UserError if it has no element of a time or one twice, or is another moment."""
        elements = _ELEMENT.findall(layout)
        if not elements:
            raise UserError(f"{layout!r} is not a Go time layout", fix=_FIX)
        try:
            self._match = re.compile(_expression(layout), re.ASCII).fullmatch
        except re.error as error:
            raise UserError(f"the Go time layout {layout!r} has one element twice", fix=_FIX) from error
        if digits := re.search(r"[0-9]+", _ELEMENT.sub("", layout)):
            raise UserError(f"{digits[0]!r} in the Go time layout {layout!r} means nothing", fix=_FIX)
        fractions = [element for element in elements if element[0] in ".,"]
        fixed = [element for element in fractions if element[1] == "0"]
        # Where the layout does not fix the number of digits, each text has its own.
        self.variable = not fixed and bool({"05", "5"} & set(elements))
        self.digits = min(9, len(fractions[0]) - 1) if fractions else 0

    def moment(self, text: str) -> Moment | None:
        """Return what `text` says, or None if it does not fit the layout or is not a real date and time."""
        match = self._match(text)
        if match is None:
            return None
        found = {key: value for key, value in match.groupdict().items() if value is not None}
        year = _year(found)
        month, day = _month_and_day(found, year)
        hour = _hour(found)
        minute, second = int(found.get("minute", 0)), int(found.get("second", 0))
        # Without a year, 29 February is accepted.
        if not (_is_date(2000 if year is None else year, month, day) and 0 <= hour < 24):
            return None
        if minute > 59 or second > 59:
            return None
        fraction = found.get("fraction", "")[:9]
        return Moment(
            year, month, day, hour, minute, second,
            nanosecond=int(fraction.ljust(9, "0")),
            digits=len(fraction),
            offset=_offset(found.get("offset")),
            zone_name=found.get("zone_name", ""),
        )  # fmt: skip


def _expression(layout: str) -> str:
    parts: list[str] = []
    index = 0
    seen_seconds = False
    for element in _ELEMENT.finditer(layout):
        between = layout[index : element.start()]
        is_fraction = element[0][0] in ".,"
        if seen_seconds and (between or not is_fraction):
            parts.append(f"(?:{_FRACTION})?+")
            seen_seconds = False
        parts.append(_literal(between))
        parts.append(_element_expression(element[0]))
        seen_seconds = element[0] in ("05", "5")
        index = element.end()
    if seen_seconds:
        parts.append(f"(?:{_FRACTION})?+")
    parts.append(_literal(layout[index:]))
    return "".join(parts)


def _element_expression(element: str) -> str:
    if element[0] in ".,":
        count = len(element) - 1
        return rf"[.,](?P<fraction>\d{{{count}}})" if element[1] == "0" else f"(?:{_FRACTION})?+"
    if element[0] in "-Z" and element[1:3] == "07":
        digits = re.sub("0[07]", r"\\d\\d", element[1:])
        return f"(?P<offset>{'Z|' if element[0] == 'Z' else ''}[+-]{digits})"
    return _EXPRESSIONS[element]


def _literal(text: str) -> str:
    """Return the expression for the text between elements: a space matches any number of spaces, as in Go.

    A full stop also matches a comma, because Telegraf replaces commas before it reads a value.
    """
    escaped = re.escape(text).replace(r"\.", "[.,]")
    return re.sub(r"(?:\\ )+", r"(?:\\ ++|$)", escaped)


def _year(found: Mapping[str, str]) -> int | None:
    if "year2" in found:
        short = int(found["year2"])
        return short + (1900 if short >= 69 else 2000)
    return int(found["year"]) if "year" in found else None


def _month_and_day(found: Mapping[str, str], year: int | None) -> tuple[int, int]:
    if "yearday" in found:
        number = int(found["yearday"])
        if not 1 <= number <= 366:
            return 0, 0
        start = date(2000 if year is None else max(year, 1), 1, 1)
        if start.year == 9999 and number == 366:
            return 0, 0
        on = start + timedelta(days=number - 1)
        return (on.month, on.day) if on.year == start.year else (0, 0)
    named = found.get("month_name")
    month = MONTH_NUMBER[named[:3].lower()] if named else int(found.get("month", 1))
    return month, int(found.get("day", 1))


def _hour(found: Mapping[str, str]) -> int:
    if "hour12" not in found:
        return int(found.get("hour", 0))
    hour = int(found["hour12"])
    if hour > 12:
        return -1
    meridiem = found.get("meridiem", "").upper()
    if meridiem == "PM" and hour < 12:
        return hour + 12
    return 0 if meridiem == "AM" and hour == 12 else hour


def _offset(text: str | None) -> int | None:
    """Return a written offset in seconds east of UTC: "Z", "+01", "-0700", "+05:30", "+01:02:03"."""
    if text is None:
        return None
    if text == "Z":
        return 0
    digits = text[1:].replace(":", "").ljust(6, "0")
    seconds = int(digits[:2]) * 3600 + int(digits[2:4]) * 60 + int(digits[4:])
    return -seconds if text[0] == "-" else seconds


def _is_date(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True
