"""Translates strftime formats, which uWSGI uses for dates, into a regular expression and a Go layout."""

import re
from dataclasses import dataclass

_TWO, _NAME = r"\d\d", r"[A-Za-z]++"
# Conversion of strftime -> (expression, element of a Go layout; "" if Go has none).
_CONVERSIONS = {
    "Y": (r"\d{4}", "2006"), "y": (_TWO, "06"), "m": (_TWO, "01"), "d": (_TWO, "02"), "e": (r"[ \d]\d", "_2"),
    "H": (_TWO, "15"), "k": (r"[ \d]\d", "15"), "I": (_TWO, "03"), "l": (r"[ \d]\d", "3"), "M": (_TWO, "04"),
    "S": (_TWO, "05"), "b": (_NAME, "Jan"), "h": (_NAME, "Jan"), "B": (_NAME, "January"), "a": (_NAME, "Mon"),
    "A": (_NAME, "Monday"), "p": ("[AP]M", "PM"), "P": ("[ap]m", "pm"), "z": (r"[+-]\d{4}", "-0700"),
    "Z": (r"[A-Za-z+\-\d]++", "MST"), "j": (r"\d{3}", "002"), "s": (r"\d++", ""), "u": (r"\d", ""),
    "w": (r"\d", ""), "U": (_TWO, ""), "W": (_TWO, ""), "V": (_TWO, ""), "G": (r"\d{4}", ""), "g": (_TWO, ""),
    "C": (_TWO, ""), "n": (r"\n", "\n"), "t": (r"\t", "\t"), "%": ("%", "%"),
}  # fmt: skip
_SHORTHAND = {
    "F": "%Y-%m-%d", "T": "%H:%M:%S", "R": "%H:%M", "D": "%m/%d/%y", "r": "%I:%M:%S %p", "x": "%m/%d/%y",
    "X": "%H:%M:%S", "c": "%a %b %e %H:%M:%S %Y",
}  # fmt: skip
_CONVERSION = re.compile(r"%[EO]?([A-Za-z%])")
_LAYOUT_DIGITS = re.compile(r"\d|Jan|Mon|MST|PM|pm|_")


@dataclass(frozen=True, slots=True)
class DateFormat:
    """`expression` matches what the format writes; `layout` is its Go layout, "" if Go has none."""

    expression: str
    layout: str


def date_format(text: str) -> DateFormat:
    """Return a strftime format as an expression and a layout; an unknown conversion stands for itself."""
    for letter, meaning in _SHORTHAND.items():
        text = re.sub(rf"(?<!%)((?:%%)*)%{letter}", rf"\g<1>{meaning}", text)
    expression, layout, position, complete = "", "", 0, True
    for found in _CONVERSION.finditer(text):
        literal = text[position : found.start()]
        pattern, element = _CONVERSIONS.get(found[1], (re.escape(found[0]), ""))
        expression += re.escape(literal) + pattern
        layout += literal + element
        complete = complete and bool(element) and not _LAYOUT_DIGITS.search(literal)
        position = found.end()
    rest = text[position:]
    complete = complete and position > 0 and not _LAYOUT_DIGITS.search(rest)
    return DateFormat(expression + re.escape(rest), layout + rest if complete and '"' not in layout else "")
