"""A cache of parsed timestamps: a log repeats the text of a second many times."""

from collections.abc import Callable

_MOST, _LONGEST = 1024, 128
_MOST_SHOWN = 100  # characters of a text that is not a date


class TimeCache(dict[str, int]):
    """Text of a timestamp -> nanoseconds since 1970; raises ValueError for any other text, `shown` as it is read."""

    def __init__(self, parse: Callable[[str], int | None], shown: Callable[[str], str] = str) -> None:
        super().__init__()
        self._parse, self._shown = parse, shown

    def __missing__(self, text: str) -> int:
        time = self._parse(text)
        if time is None:
            shown = self._shown(text)
            raise ValueError(f"no time: {shown[:_MOST_SHOWN]!r}{'…' * (len(shown) > _MOST_SHOWN)} is not a date")
        if len(self) >= _MOST:
            self.clear()
        if len(text) <= _LONGEST:  # a fraction may have a million digits
            self[text] = time
        return time


class SubsecondTime(int):
    """A time with a finer precision than its kind: `time + digits` changes only the digits below that precision."""

    precision: int

    def __new__(cls, time: int, precision: int) -> "SubsecondTime":
        """Return the time with its precision in nanoseconds."""
        made = super().__new__(cls, time)
        made.precision = precision
        return made

    def __add__(self, digits: int) -> int:
        return int(self) + digits % self.precision


class GuessedTimes(TimeCache):
    """A `TimeCache` for values that may not be dates; those get the current time, in whole seconds."""

    def __init__(self, parse: Callable[[str], int | None], clock: Callable[[], int]) -> None:
        super().__init__(parse)
        self._clock = clock

    def __missing__(self, text: str) -> int:
        try:
            return super().__missing__(text)
        except ValueError:
            return self._clock() // 1_000_000_000 * 1_000_000_000


class ArrivalTimes(dict[str, int]):
    """Replaces `TimeCache` where a pattern has no time: the current time, in whole seconds."""

    def __init__(self, clock: Callable[[], int]) -> None:
        super().__init__()
        self._clock = clock

    def __missing__(self, text: str) -> int:
        return self._clock() // 1_000_000_000 * 1_000_000_000
