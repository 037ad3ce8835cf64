"""The periods of a report: the one that is reported, and the one that it is compared with."""

from collections.abc import Sequence
from dataclasses import dataclass

from logshipper.model import SAME_DEPLOY

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
# How far back the requests before a deploy may go.
LONGEST_BEFORE = 7 * 24 * HOUR


@dataclass(frozen=True, slots=True)
class ReportChoice:
    """What the reader asks for: the last `length` nanoseconds or the time since the last deploy, by route or by uri."""

    length: int
    since_deploy: bool = False
    each_uri: bool = False


@dataclass(frozen=True, slots=True)
class Period:
    """The times [start, end), in nanoseconds since 1970."""

    start: int
    end: int

    @property
    def seconds(self) -> float:
        """Return the length in seconds."""
        return (self.end - self.start) / SECOND


@dataclass(frozen=True, slots=True)
class Comparison:
    """The period that is reported and the one before it; `deploy` is the reload or start between them, if that is it.

    `deploy` is in nanoseconds since 1970, 0 if the periods were chosen by their length.
    """

    before: Period
    now: Period
    deploy: int = 0


def last_period(end: int, length: int) -> Comparison:
    """Return the last `length` nanoseconds up to the request at `end`, and as many before them."""
    stop = end // SECOND * SECOND + SECOND
    start = stop - length
    return Comparison(Period(start - length, start), Period(start, stop))


def since_deploy(deploys: Sequence[int], end: int) -> Comparison | None:
    """Return what came before and after the last deploy; None without one.

    What came before begins with the last deploy that is at least an hour earlier, or half as long as the period after:
    when a server was started several times in a row, the attempts between say little.
    """
    found = _together([time // SECOND * SECOND for time in deploys])
    if not found:
        return None
    stop = max(end // SECOND * SECOND, found[-1]) + SECOND
    # The message has the time of a second in which the old code may still have answered.
    last = found[-1] + SECOND
    least = min(HOUR, (stop - last) // 2)
    earlier = [one for one in found[:-1] if one <= last - least]
    start = max(earlier[-1] if earlier else 0, last - LONGEST_BEFORE)
    return Comparison(Period(start, last), Period(last, stop), deploy=found[-1])


def _together(deploys: Sequence[int]) -> list[int]:
    """Return one time for messages that belong together: the last of them."""
    found: list[int] = []
    for time in sorted(deploys):
        if found and time - found[-1] <= SAME_DEPLOY * SECOND:
            found[-1] = time
        else:
            found.append(time)
    return found
