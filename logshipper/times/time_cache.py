"""The times of stamps that were read before: a log repeats each second's text many times."""

from collections.abc import Callable

_MOST = 1024


class TimeCache(dict[str, int]):
    """Text of a stamp -> nanoseconds since 1970; ValueError for a text that is no stamp."""

    def __init__(self, parse: Callable[[str], int | None]) -> None:
        super().__init__()
        self._parse = parse

    def __missing__(self, text: str) -> int:
        time = self._parse(text)
        if time is None:
            raise ValueError(f"no time: {text!r} is not a date")
        if len(self) >= _MOST:
            self.clear()
        self[text] = time
        return time


class SubsecondTime(int):
    """A time that is known to less than the slot's room: `time + slot` stays within what it is known to."""

    room: int

    def __new__(cls, time: int, room: int) -> "SubsecondTime":
        """Return the time, known to `room` nanoseconds."""
        made = super().__new__(cls, time)
        made.room = room
        return made

    def __add__(self, slot: int) -> int:
        return int(self) + slot % self.room


class GuessedTimes(TimeCache):
    """Like `TimeCache` for values that nobody said to be dates: the clock, in whole seconds, where they are none."""

    def __init__(self, parse: Callable[[str], int | None], clock: Callable[[], int]) -> None:
        super().__init__(parse)
        self._clock = clock

    def __missing__(self, text: str) -> int:
        try:
            return super().__missing__(text)
        except ValueError:
            return self._clock() // 1_000_000_000 * 1_000_000_000


class ArrivalTimes(dict[str, int]):
    """Stands in for `TimeCache` where a pattern has no time: the clock, in whole seconds."""

    def __init__(self, clock: Callable[[], int]) -> None:
        super().__init__()
        self._clock = clock

    def __missing__(self, text: str) -> int:
        return self._clock() // 1_000_000_000 * 1_000_000_000
