"""Durations as Go writes them: `1h2m`, `5.3ms`."""

import re

_UNITS = {"h": 3600e9, "m": 60e9, "s": 1e9, "ms": 1e6, "us": 1e3, "µs": 1e3, "ns": 1.0}
_PART = re.compile("([0-9]+(?:[.][0-9]*)?|[.][0-9]+)(h|ms|m|us|µs|ns|s)")


def nanoseconds(text: str) -> float | None:
    """Return a duration without a sign in nanoseconds, None for any other text."""
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return float(sum(float(number) * _UNITS[unit] for number, unit in parts))
