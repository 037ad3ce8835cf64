"""One delivery: retry until it is acknowledged, split what is too large, find the point that is rejected."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random
from typing import Any

from logshipper.outputs.protocol import Acknowledged, Output, Rejected, RetryLater, TooLarge
from logshipper.points import AnyPoints

FIRST_PAUSE = 0.2  # seconds; doubled with each failure
LONGEST_PAUSE = 5.0
LONGEST_RETRY_AFTER = 3600.0


class Stopped(Exception):  # noqa: N818 - not an error
    """The program ends; what was not acknowledged is read again at the next start."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A try failed and will be repeated; `kind` and `may_forget` as in `RetryLater`."""

    kind: str
    reason: str
    may_forget: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """A write was acknowledged after `seconds`; `recovered`: tries before it had failed."""

    seconds: float
    recovered: bool


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a delivery: `rejected` maps the index of a point to the reason.

    If the points were too large for one write, `accepted` is how many the output took at once; otherwise it is 0.
    """

    rejected: Mapping[int, str]
    accepted: int = 0


@dataclass(slots=True)
class DeliveryContext:
    """What the deliveries of one output share: where they report each try, and the event that ends them."""

    report: Callable[[Failed | Answered], None]
    stop: threading.Event = field(default_factory=threading.Event)
    dice: Random = field(default_factory=Random)


def deliver(
    points: AnyPoints, max_points: int, output: Output[Any], context: DeliveryContext, *, sync: bool = True
) -> Receipt:
    """Write points, at most `max_points` at a time and in equal parts, until each is acknowledged or rejected.

    `sync` makes each write durable; without it the caller syncs the output. Raises Stopped.
    Points that were already accepted may be written again: writing a point twice leaves one.
    """
    rejected: dict[int, str] = {}
    if not points:  # InfluxDB 2 refuses an empty write
        return Receipt(rejected)
    count = -(-len(points) // max_points)
    bounds = [len(points) * number // count for number in range(count + 1)]
    parts = [(start, points.part(start, end)) for start, end in pairwise(bounds)][::-1]
    accepted, too_large = 0, False
    while parts:
        start, part = parts.pop()
        try:
            answer = _write(part, output, context, sync=sync)
            rejected |= {start + index: reason for index, reason in answer.rejected.items()}
            accepted = max(accepted, len(part))
        except (Rejected, TooLarge) as error:
            too_large = too_large or isinstance(error, TooLarge)
            if len(part) == 1:
                rejected[start] = error.reason
            else:
                middle = len(part) // 2
                parts += [(start + middle, part.part(middle, len(part))), (start, part.part(0, middle))]
    return Receipt(rejected, accepted if too_large else 0)


def _write(points: AnyPoints, output: Output[Any], context: DeliveryContext, *, sync: bool) -> Acknowledged:
    failures = 0
    while True:
        if context.stop.is_set():
            raise Stopped
        started = time.monotonic()
        try:
            answer = output.write(points)
            if sync:
                output.sync()
        except RetryLater as error:
            failures += 1
            context.report(Failed(error.kind, error.reason, error.may_forget))
            if context.stop.wait(pause(failures, error.retry_after, context.dice.random())):
                raise Stopped from error
        else:
            context.report(Answered(time.monotonic() - started, recovered=failures > 0))
            return answer


def pause(failures: int, retry_after: float | None, jitter: float) -> float:
    """Return how long to wait after the n-th failure in a row, in seconds.

    Obey the server's Retry-After, up to an hour; otherwise double the pause. `jitter`, between 0 and 1, takes off up to
    half of a doubled pause, so that shippers that failed together do not come back together.
    """
    if retry_after is not None:
        return min(retry_after, LONGEST_RETRY_AFTER)
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(failures - 1, 10))
    return float(longest * (0.5 + jitter / 2))
