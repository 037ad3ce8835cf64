"""Histograms that add up, and the percentiles of any sum of them with a relative error of at most 2 %.

A histogram is a count for each bucket of whole numbers, such as milliseconds. Up to 24 every number has a bucket of its
own; above, a bucket is so narrow that its middle is at most 2 % from each number in it. What is over a day counts as a
day. A bucket with no count is not in the histogram.
"""

import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import TypeAlias, TypeVar

N = TypeVar("N", int, float)
ERROR = 0.02
Histogram: TypeAlias = Mapping[int, int]
"""Counts by the number of the bucket; a count below zero takes away, in a sum."""

_LARGEST = 24 * 3600 * 1000
_RATIO = (1 + ERROR) / (1 - ERROR)  # between the largest and the smallest number of a bucket


def _made_bounds() -> tuple[int, ...]:
    found = [0]
    while found[-1] < _LARGEST:
        first = found[-1] + 1
        found.append(min(_LARGEST, max(first, math.floor(first * _RATIO))))
    return tuple(found)


_BOUNDS = _made_bounds()  # the largest number of each bucket
# What stands for each bucket: the number with the smallest relative distance to both of its ends.
_MIDDLES = (0.0, *(2 * (low + 1) * high / (low + 1 + high) for low, high in pairwise(_BOUNDS)))


class Buckets(dict[float, int]):
    """The bucket of each number, remembered: `buckets[number]`."""

    _MOST = 10_000

    def __missing__(self, number: float) -> int:
        if len(self) >= self._MOST:
            self.clear()
        found = self[number] = min(bisect_left(_BOUNDS, number), len(_BOUNDS) - 1)
        return found


def added(histograms: Iterable[Histogram]) -> dict[int, int]:
    """Return the sum of histograms."""
    total: dict[int, int] = {}
    for histogram in histograms:
        add(total, histogram)
    return total


def add(total: dict[N, int], counts: Mapping[N, int]) -> None:
    """Add counts of any numbers to others."""
    for number, count in counts.items():
        total[number] = total.get(number, 0) + count


def nearest_rank(counts: Mapping[N, int], share: float) -> N | None:
    """Return the smallest number that `share` of all do not exceed, None if there is none."""
    rank = max(1, math.ceil(sum(counts.values()) * share))
    seen = 0
    for number in sorted(counts):
        seen += counts[number]
        if seen >= rank:
            return number
    return None


def percentile(histogram: Histogram, share: float) -> float | None:
    """Return the number that `share` of all do not exceed, within the error; None of an empty histogram."""
    bucket = nearest_rank(histogram, share)
    return None if bucket is None else _MIDDLES[bucket]


def numbers(histogram: Histogram) -> dict[float, int]:
    """Return the histogram by the numbers that stand for its buckets, the smallest first."""
    return {_MIDDLES[bucket]: histogram[bucket] for bucket in sorted(histogram)}


def encode(histogram: Histogram) -> bytes:
    """Return a histogram in a few bytes: for each bucket the distance from the one before and the count, as varints."""
    made, last = list[int](), 0
    for bucket in sorted(histogram):
        if count := histogram[bucket]:
            made += bucket - last, count
            last = bucket
    if not made or max(made) < 0x80:
        return bytes(made)
    return bytes(byte for number in made for byte in _varint(number))


def decode(data: bytes) -> dict[int, int]:
    """Return the histogram of its bytes."""
    histogram: dict[int, int] = {}
    add_encoded(histogram, data)
    return histogram


def add_encoded(total: dict[int, int], data: bytes) -> None:
    """Add the histogram of these bytes to another."""
    found = data if data.isascii() else list(_read(data))
    bucket = 0
    for distance, count in zip(found[::2], found[1::2], strict=True):
        bucket += distance
        total[bucket] = total.get(bucket, 0) + count


def _varint(number: int) -> Iterator[int]:
    while number >= 0x80:
        yield number & 0x7F | 0x80
        number >>= 7
    yield number


def _read(data: bytes) -> Iterator[int]:
    number = shift = 0
    for byte in data:
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            yield number
            number = shift = 0
