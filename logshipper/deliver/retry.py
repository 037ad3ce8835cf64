"""One delivery: retry until it is acknowledged, split what is too large, find the point that is refused."""

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random

from logshipper.model import Points
from logshipper.outputs.protocol import Output, Rejected, RetryLater, TooLarge

FIRST_PAUSE = 0.2  # seconds; doubled with each failure
LONGEST_PAUSE = 5.0
LONGEST_RETRY_AFTER = 3600.0


class Stopped(Exception):  # noqa: N818 - not an error
    """The program ends; what was not acknowledged is read again at the next start."""


@dataclass(slots=True)
class DeliveryState:
    """What the deliveries of one output share.

    `report(kind, reason)` is called for each failed try, and with "" and "" for a success after one;
    `count_write(seconds)` for each write that was answered. `troubles` holds the kind of each failure, or "" and how
    many points were accepted at once after more had been too large.
    """

    report: Callable[[str, str], None]
    count_write: Callable[[float], None] = lambda seconds: None
    stop: threading.Event = field(default_factory=threading.Event)
    troubles: queue.SimpleQueue[tuple[str, int]] = field(default_factory=queue.SimpleQueue)
    dice: Random = field(default_factory=Random)


def deliver(points: Points, most: int, output: Output, control: DeliveryState) -> dict[int, str]:
    """Write points, at most `most` at a time and in equal parts; return those that were refused: index -> reason.

    Raises Stopped. Points that were already accepted may be written again: they replace themselves.
    """
    refused: dict[int, str] = {}
    if not points:  # InfluxDB 2 refuses an empty write
        return refused
    count = -(-len(points) // most)
    bounds = [len(points) * number // count for number in range(count + 1)]
    parts = [(start, points.part(start, end)) for start, end in pairwise(bounds)][::-1]
    accepted, too_large = 0, False
    while parts:
        start, part = parts.pop()
        try:
            _write(part.body, output, control)
            accepted = max(accepted, len(part))
        except (Rejected, TooLarge) as error:
            too_large = too_large or isinstance(error, TooLarge)
            if len(part) == 1:
                refused[start] = error.reason
            else:
                middle = len(part) // 2
                parts += [(start + middle, part.part(middle, len(part))), (start, part.part(0, middle))]
    if too_large:
        control.troubles.put(("", accepted))
    return refused


def _write(body: bytes, output: Output, control: DeliveryState) -> None:
    failures = 0
    while True:
        if control.stop.is_set():
            raise Stopped
        started = time.monotonic()
        try:
            output.write(body)
        except RetryLater as error:
            failures += 1
            control.report(error.kind, error.reason)
            control.troubles.put((error.kind, 0))
            if control.stop.wait(pause(failures, error.retry_after, control.dice.random())):
                raise Stopped from error
        else:
            control.count_write(time.monotonic() - started)
            if failures:
                control.report("", "")
            return


def pause(failures: int, retry_after: float | None, jitter: float) -> float:
    """Return how long to wait after the n-th failure in a row, in seconds.

    Obey the server's Retry-After, up to an hour; otherwise double the pause. `jitter`, between 0 and 1, spreads
    shippers that failed together over half of it.
    """
    if retry_after is not None:
        return min(retry_after, LONGEST_RETRY_AFTER)
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(failures - 1, 10))
    return float(longest * (0.5 + jitter / 2))
