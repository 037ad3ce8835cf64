"""Sizes and times in a few characters, for people."""

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def lasting(seconds: float) -> str:
    """Return a duration with its two largest units, such as `2 h 5 min`."""
    left, parts = round(seconds), []
    for length, unit in _UNITS:
        count, left = divmod(left, length)
        if count:
            parts.append(f"{count} {unit}")
    if not parts:
        return f"{left} s"
    return " ".join(parts[:2])


def size(count: float) -> str:
    """Return a number of bytes as B, kB, MB or GB."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def counted(count: int, what: str) -> str:
    """Return a number and what is counted, such as `1 line` or `1,000 lines`."""
    return f"{count:,} {what}{'s' * (count != 1)}"
