"""Histograms of response times that add up: over hours, routes and hosts, and the percentiles of any sum.

A histogram is a count of requests for each upper bound, in whole milliseconds and cumulative (`le`: less or equal),
as Prometheus has them. Up to 10 ms every millisecond has its bucket; above, a bucket's bounds are so close that its
middle is at most 5 % from every time in it. What takes longer than ten minutes counts as ten minutes.
"""

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import accumulate

ERROR = 0.05  # of a percentile, relative
RATIO = (1 + ERROR) / (1 - ERROR)  # between the longest and the shortest time of a bucket
HEAT = (5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000)  # upper ends of the heat map's rows
ANCHORS = (*HEAT[1:], 60_000, 600_000)  # bounds that there must be


def made_bounds() -> tuple[int, ...]:
    """Return the upper bounds in ms."""
    found = list(range(ANCHORS[0] + 1))
    for anchor in ANCHORS[1:]:
        while found[-1] < anchor:
            first = found[-1] + 1
            found.append(min(anchor, max(first, math.floor(first * RATIO))))
    return tuple(found)


BOUNDS = made_bounds()
# What stands for each bucket: the number with the smallest relative distance to both of its ends.
MIDDLES = tuple(
    0.0 if high == 0 else 2 * (low + 1) * high / (low + 1 + high)
    for low, high in zip((-1, *BOUNDS), BOUNDS, strict=False)
)
FIELDS = tuple(f"le_{bound}" for bound in BOUNDS)


def histogram(times: Mapping[int, int], bounds: Sequence[int] = BOUNDS) -> list[int]:
    """Return the cumulative counts of these times (ms -> how many requests), one for each bound.

    What is over the last bound of all counts as the last.
    """
    counts = [0] * (len(bounds) + 1)
    for time, n in times.items():
        counts[bisect_left(bounds, min(time, BOUNDS[-1]))] += n
    return list(accumulate(counts[:-1]))


def percentile(counts: Sequence[int], percent: float) -> float:
    """Return a percentile in ms; it takes the same rank as InfluxQL does."""
    rank = max(1, math.floor(counts[-1] * percent / 100 + 0.5))
    return MIDDLES[bisect_left(counts, rank)]


def percentile_influxql(rank: str) -> str:
    """Return the percentile as arithmetic over the fields le_…, where the field `rank` is the wanted rank less a half.

    Every bound whose count is below the rank moves the answer on by one bucket. Below or above is the sign of
    rank - count, which is never 0, and InfluxQL's nearest thing to a sign is x / abs(x).
    """
    middle = (MIDDLES[0] + MIDDLES[-1]) / 2
    steps = zip(MIDDLES, MIDDLES[1:], FIELDS, strict=False)
    terms = [f"{number((high - low) / 2)}*({rank}-{name})/abs({rank}-{name})" for low, high, name in steps]
    return f"{number(middle)}+{balanced(terms)}"


def balanced(terms: Sequence[str]) -> str:
    """Add up so that the parts nest as little as possible: InfluxDB is slow with deep expressions."""
    if len(terms) == 1:
        return terms[0]
    half = len(terms) // 2
    return f"({balanced(terms[:half])}+{balanced(terms[half:])})"


def rank_influxql(percent: int) -> str:
    """Return the rank of a percentile less a half, over the field n."""
    return f'floor(sum("n")*{percent / 100:g}+0.5)-0.5'


def number(value: float) -> str:
    """Write a constant: exact enough that the large ones of a sum leave the small ones their digits."""
    return f"{value:.9f}".rstrip("0").rstrip(".")
