"""Times as the shipper writes and reads them: RFC 3339 in UTC."""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache

_SECOND = 1_000_000_000  # nanoseconds


@lru_cache(maxsize=4096)
def _minute(minutes: int) -> str:
    return datetime.fromtimestamp(60 * minutes, UTC).strftime("%Y-%m-%dT%H:%M:")


class _Seconds(dict[int, str]):
    """What the times of a second begin with, remembered."""

    _MOST = 4096

    def __missing__(self, second: int) -> str:
        if len(self) >= self._MOST:
            self.clear()
        found = self[second] = whole(second) + "."
        return found


_seconds = _Seconds()


def exact(time: int) -> str:
    """Return nanoseconds since 1970 with nine digits after the second, and Z."""
    return all_exact((time,))[0]


def all_exact(times: Iterable[int]) -> list[str]:
    """Return what `exact` returns for each of these."""
    # 10^9 is added for the zeros in front, and its 1 is cut off: faster than a format.
    return [f"{_seconds[time // _SECOND]}{str(_SECOND + time % _SECOND)[1:]}Z" for time in times]


def whole(second: int) -> str:
    """Return a second since 1970 without a zone: what the exact times of this second begin with."""
    minutes, seconds = divmod(second, 60)
    return f"{_minute(minutes)}{seconds:02d}"


def nanoseconds(text: str) -> int:
    """Return a time in UTC with up to nine digits after the second, or none, in nanoseconds since 1970."""
    second = int(datetime.fromisoformat(text[:19]).replace(tzinfo=UTC).timestamp())
    return second * _SECOND + int(text[19:].strip(".Z").ljust(9, "0"))
