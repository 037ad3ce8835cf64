"""The statistics of a report, computed from counts: nothing is sampled, and no request is looked at twice."""

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

Z95 = 1.959964
SHARES = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0))
"""The percentiles that are shown, and the longest time."""


@dataclass(frozen=True)
class Distribution:
    """How often each whole number of milliseconds occurred."""

    counts: Mapping[int, int]

    @cached_property
    def values(self) -> Sequence[int]:
        """Return the milliseconds that occurred, ascending."""
        return sorted(self.counts)

    @cached_property
    def _cumulated(self) -> Sequence[int]:
        return list(accumulate(self.counts[value] for value in self.values))

    @property
    def size(self) -> int:
        """Return the number of requests."""
        return self._cumulated[-1] if self._cumulated else 0

    @property
    def sum(self) -> int:
        """Return the milliseconds of all requests together."""
        return sum(value * count for value, count in self.counts.items())

    def percentile(self, share: float) -> int:
        """Return the milliseconds that this share of the requests did not exceed (nearest rank)."""
        return self.at(math.ceil(share * self.size))

    def at(self, rank: int) -> int:
        """Return the milliseconds of the request with this rank; the fastest has rank 1."""
        return self.values[bisect_left(self._cumulated, min(max(rank, 1), self.size))]

    def between(self, rank: float) -> float:
        """Return the time at a rank that need not be whole.

        uWSGI cuts times to whole milliseconds: requests of one millisecond are taken as spread evenly over it.
        """
        rank = min(max(rank, 0.0), float(self.size))
        index = min(bisect_left(self._cumulated, rank), len(self.values) - 1)
        count = self.counts[self.values[index]]
        return self.values[index] + (rank - (self._cumulated[index] - count)) / count

    def above(self, limit: int) -> int:
        """Return the number of requests that took longer than `limit` milliseconds."""
        return sum(count for value, count in self.counts.items() if value > limit)


@dataclass(frozen=True, slots=True)
class Shift:
    """By which factor a percentile has changed, and the bounds between which the factor is with 95 % confidence."""

    factor: float
    low: float
    high: float


def shift(before: Distribution, now: Distribution, share: float) -> Shift:
    """Return how a percentile has changed.

    Each percentile's own bounds come from the ranks that the binomial distribution allows; those of the factor are
    combined of them on a logarithmic scale (the method of variance estimates recovery).
    """
    first, second = _logs(before, share), _logs(now, share)
    change = second[0] - first[0]
    low = change - math.hypot(second[0] - second[1], first[2] - first[0])
    high = change + math.hypot(second[2] - second[0], first[0] - first[1])
    return Shift(math.exp(change), math.exp(low), math.exp(high))


def _logs(given: Distribution, share: float) -> tuple[float, float, float]:
    """Return the logarithms of a percentile and of its bounds."""
    rank = share * given.size
    spread = Z95 * math.sqrt(given.size * share * (1 - share))
    found = [math.log(max(given.between(at), 0.1)) for at in (rank, rank - spread, rank + spread)]
    return found[0], found[1], found[2]


def rank_test(before: Distribution, now: Distribution) -> tuple[float, float]:
    """Return the p-value of the Mann-Whitney test, and the chance that a request now is slower than one before.

    Requests of one millisecond are ties, which the variance accounts for.
    """
    m, n = before.size, now.size
    if not m or not n:
        return 1.0, 0.5
    below, wins, ties = 0, 0.0, 0
    for value in sorted({*before.values, *now.values}):
        earlier, later = before.counts.get(value, 0), now.counts.get(value, 0)
        wins += later * (below + earlier / 2)
        below += earlier
        ties += (earlier + later) ** 3 - (earlier + later)
    total = m + n
    variance = m * n / 12 * (total + 1 - ties / (total * (total - 1)))
    chance = wins / (m * n)
    if variance <= 0:
        return 1.0, chance
    distance = max(0.0, abs(wins - m * n / 2) - 0.5)
    return two_sided(distance / math.sqrt(variance)), chance


def two_sided(z: float) -> float:
    """Return the chance that a standard normal value is further from 0 than z."""
    return math.erfc(abs(z) / math.sqrt(2))


def exact_test(hits_before: int, all_before: int, hits_now: int, all_now: int) -> float:
    """Return the p-value of Fisher's exact test for a share that is the same before and now: the smaller tail twice.

    It is right for a handful of requests as well as for a million.
    """
    hits, total = hits_before + hits_now, all_before + all_now
    least, most = max(0, hits - all_before), min(hits, all_now)
    if least == most:
        return 1.0
    expected = hits * all_now / total
    step = 1 if hits_now >= expected else -1
    log_term = _log_choose(all_now, hits_now) + _log_choose(all_before, hits_before) - _log_choose(total, hits)
    term = tail = math.exp(log_term)
    at = hits_now
    while least <= at + step <= most:
        term *= _next_term(at, step, hits, all_before, all_now)
        at += step
        tail += term
        if term < tail * 1e-12:
            break
    return min(1.0, 2 * tail)


def _next_term(at: int, step: int, hits: int, all_before: int, all_now: int) -> float:
    """Return the factor from the chance of `at` hits now to that of one more, or one less."""
    if step > 0:
        return (all_now - at) * (hits - at) / ((at + 1) * (all_before - hits + at + 1))
    return at * (all_before - hits + at) / ((all_now - at + 1) * (hits - at + 1))


def _log_choose(total: int, chosen: int) -> float:
    return math.lgamma(total + 1) - math.lgamma(chosen + 1) - math.lgamma(total - chosen + 1)


def share_bounds(hits: int, total: int) -> tuple[float, float]:
    """Return the bounds (Wilson's) between which a share is with 95 % confidence."""
    if not total:
        return 0.0, 1.0
    share, square = hits / total, Z95 * Z95
    middle = (share + square / (2 * total)) / (1 + square / total)
    half = Z95 / (1 + square / total) * math.sqrt(share * (1 - share) / total + square / (4 * total * total))
    return max(0.0, middle - half), min(1.0, middle + half)


def holm(p_values: Sequence[float]) -> list[float]:
    """Return the p-values corrected for their number (Holm): the more routes, the clearer a change must be."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    corrected, highest = [1.0] * len(p_values), 0.0
    for position, index in enumerate(order):
        highest = max(highest, min(1.0, p_values[index] * (len(p_values) - position)))
        corrected[index] = highest
    return corrected
