r"""InfluxDB line protocol: escaping, pure and without state.

Format: https://docs.influxdata.com/influxdb/v1/write_protocols/line_protocol_reference/ (rules tried against
InfluxDB 1.6). All text here is latin-1-decoded bytes: one character is one byte.
"""

import re

# A tag or key escapes these three; a measurement's `=` needs none but takes it.
_KEY = str.maketrans({",": r"\,", "=": r"\=", " ": r"\ "})
_MEASUREMENT = str.maketrans({",": r"\,", " ": r"\ "})
_STRING = str.maketrans({'"': r"\"", "\\": r"\\"})

INT64_MAX = 2**63 - 1


# A backslash before an escaped character or at the end: InfluxDB would read it and what follows as a pair.
_MEETING = re.compile(r"\\(?=[,= ]|\Z)")


def fit(text: str) -> str:
    r"""Return a name or a tag value that can be written, before it is escaped.

    InfluxDB takes no backslash at the end, not even a doubled one, and none before an escaped character. A newline
    would begin another point. These are percent-encoded (`%5C`, `%0A`); the rest passes unchanged.
    """
    return _MEETING.sub("%5C", text.replace("\n", "%0A")) if "\\" in text or "\n" in text else text


def measurement(name: str) -> str:
    """Return a measurement's name, escaped."""
    return fit_measurement(name).translate(_MEASUREMENT)


def fit_measurement(name: str) -> str:
    """Return a measurement's name before it is escaped; a leading `#` would make the line a comment: `%23`."""
    return fit(f"%23{name[1:]}" if name.startswith("#") else name)


def key(name: str) -> str:
    """Return the name of a tag or field, escaped."""
    return fit(name).translate(_KEY)


def tag_is_exact(value: str) -> bool:
    """Return whether a tag can carry this value unchanged, without `%5C` or `%0A`."""
    return fit(value) == value


def tag(value: str) -> str:
    """Return a tag's value, escaped."""
    value = fit(value)
    return value.translate(_KEY) if " " in value or "," in value or "=" in value else value


def string(value: str) -> str:
    """Return a string field's value, escaped and without its quotes."""
    return value.translate(_STRING) if '"' in value or "\\" in value else value


_PART = re.compile(r"(?:[^\\, =\n]|\\.|\\$)+")
_NAME = re.compile(r"(?:[^\\, \n]|\\.|\\$)+")
_UNKEY = re.compile(r"\\([, =])")


def unkey(text: str) -> str:
    """Return a tag's value, or the name of a tag or field, without its escapes."""
    return _UNKEY.sub(r"\1", text)


def read_head(text: str) -> tuple[str, dict[str, str], int]:
    """Return measurement and tags of a point, and the end of its name."""
    found = _NAME.match(text)
    if not found:
        raise ValueError("no measurement")
    position, tags = found.end(), {}
    while text.startswith(",", position):
        label, position = _read(_PART, text, position + 1)
        value, position = _read(_PART, text, position + 1)
        tags[unkey(label)] = unkey(value)
    return unkey(found[0]), tags, found.end()


def _read(expression: re.Pattern[str], text: str, position: int) -> tuple[str, int]:
    found = expression.match(text, position)
    if not found:
        raise ValueError(f"no key or value at {position}")
    return found[0], found.end()
