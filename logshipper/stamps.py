"""The times of stamps that were read before: a log repeats each second's text many times."""

from collections.abc import Callable

_MOST = 4096


class Stamps(dict[str, int]):
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


class ArrivalTimes(dict[str, int]):
    """Stands in for `Stamps` where a pattern has no time: the clock, in whole seconds."""

    def __init__(self, clock: Callable[[], int]) -> None:
        super().__init__()
        self._clock = clock

    def __missing__(self, text: str) -> int:
        return self._clock() // 1_000_000_000 * 1_000_000_000
