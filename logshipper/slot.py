"""The slot: the digits of a point's time below the log's own precision.

uWSGI stamps whole seconds, and InfluxDB overwrites a point with the same tags and time. So a line's place in its
content is added to its time. The slot is computed from the content's identity and the line's offset alone: the same
line gets the same time whenever and from whichever copy of the file it is read.

A precision of P nanoseconds has P slots, in two halves: the first MiB of a file takes the lower one, the rest the
upper. Within a file two lines of one stamp never share a slot as long as fewer than P/2 bytes lie between them. The
end of a rotated file and the beginning of its successor, which may well hold the same second, never share one
either where the old file is longer than a MiB; two short files share one with a chance of 2/P for each pair of
lines that have the same stamp and tags.
"""

from collections.abc import Sequence
from itertools import accumulate

FIRST_PART = 2**20  # bytes


def starts(lines: Sequence[str], offset: int) -> list[int]:
    """Return the offset of each line, in bytes; `lines` are without their newlines, the first stands at `offset`."""
    places = list(accumulate([len(line) + 1 for line in lines], initial=offset))
    places.pop()
    return places


def slots(places: Sequence[int], identity: int, precision: int) -> Sequence[int]:
    """Return the slot of each place, in nanoseconds, each less than `precision`.

    `places` are ascending offsets in bytes; `identity` is the content's.
    """
    half = precision // 2
    if not places or not half:
        return [0] * len(places)
    base = identity % half
    above = half if places[0] >= FIRST_PART else 0
    first = (base + places[0]) % half
    if first + places[-1] - places[0] < half and (above or places[-1] < FIRST_PART):
        shift = first + above - places[0]
        return [place + shift for place in places]
    return [(base + place) % half + (half if place >= FIRST_PART else 0) for place in places]
