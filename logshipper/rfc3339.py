"""Times as the shipper writes and reads them: RFC 3339 in UTC."""

from datetime import UTC, datetime
from functools import lru_cache

_SECOND = 1_000_000_000  # nanoseconds


@lru_cache(maxsize=4096)
def _minute(minutes: int) -> str:
    return datetime.fromtimestamp(60 * minutes, UTC).strftime("%Y-%m-%dT%H:%M:")


def exact(time: int) -> str:
    """Return nanoseconds since 1970 with nine digits after the second, and Z."""
    minutes, rest = divmod(time, 60 * _SECOND)
    seconds, nanoseconds = divmod(rest, _SECOND)
    return f"{_minute(minutes)}{seconds:02d}.{nanoseconds:09d}Z"


def whole(second: int) -> str:
    """Return a second since 1970 without a zone: what the exact times of this second begin with."""
    minutes, seconds = divmod(second, 60)
    return f"{_minute(minutes)}{seconds:02d}"


def nanoseconds(text: str) -> int:
    """Return a time in UTC with up to nine digits after the second, or none, in nanoseconds since 1970."""
    second = int(datetime.fromisoformat(text[:19]).replace(tzinfo=UTC).timestamp())
    return second * _SECOND + int(text[19:].strip(".Z").ljust(9, "0"))
