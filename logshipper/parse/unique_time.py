"""The slot: the digits of a point's time below the log's own precision.

uWSGI stamps whole seconds, and InfluxDB overwrites a point with the same tags and time. So a line's place in its
content is added to its time. The slot is computed from the content's identity and the line's offset alone: the same
line gets the same time whenever and from whichever copy of the file it is read.

A precision of P nanoseconds has P slots in two halves: the lines of a file's first MiB take the lower one, the lines
after it the upper one. Within a file two lines of one stamp never share a slot as long as fewer than P/2 bytes lie
between them: 500 MB of lines of one second. The end of a rotated file and the beginning of its successor, which may
well hold the same second, never share one either where the old file is longer than a MiB; for two shorter files the
chance is 2/P for each pair of lines with the same stamp and tags.
"""

from collections.abc import Sequence

FIRST_PART = 2**20  # bytes


def unique_digits(offsets: Sequence[int], fingerprint: int, precision: int) -> Sequence[int]:
    """Return the slot of each place, in nanoseconds, each less than `precision`.

    `offsets` are ascending offsets in bytes; `fingerprint` is the content's.
    """
    if not offsets or precision < 2:
        return [0] * len(offsets)
    half = precision // 2
    if offsets[-1] < FIRST_PART:
        return _half(offsets, fingerprint, 0, half)
    if offsets[0] >= FIRST_PART:
        return _half(offsets, fingerprint, half, half)
    split = next(index for index, offset in enumerate(offsets) if offset >= FIRST_PART)
    return [*_half(offsets[:split], fingerprint, 0, half), *_half(offsets[split:], fingerprint, half, half)]


def _half(offsets: Sequence[int], fingerprint: int, start: int, size: int) -> list[int]:
    """Return the slots in the half of `size` slots from `start` on; the places wrap around at its end."""
    first = (fingerprint + offsets[0]) % size
    if first + offsets[-1] - offsets[0] < size:  # the rule: a chunk is short
        shift = start + first - offsets[0]
        return [offset + shift for offset in offsets]
    return [start + (fingerprint + offset) % size for offset in offsets]
