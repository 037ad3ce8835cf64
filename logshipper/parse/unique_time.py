"""Unique times: the digits of a point's time below the log's own precision.

uWSGI logs whole seconds, and InfluxDB overwrites a point with the same tags and time. So these digits are computed
from the fingerprint of the file's content and the line's offset: the same line gets the same time whenever it is read,
and from whichever copy of the file.

Who asks: `parser` and `json_points` for lines, `events/log_events` for events, always with a second. Who adds the
digits: `time_of` in `encoder`; `cell_form` for raw cells; `parser` for a line of a JSON log that is not JSON itself;
`log_events` for events. `wiring.parsers` knows the precision of lines: that of the log's format, or 1 nanosecond, which
leaves no room for digits, if the setting `unique_timestamp` is off. Where one time is finer than the log's format,
`SubsecondTime` (`times/time_cache`) drops the digits that it has itself.

A precision of P nanoseconds leaves room for P values, in two halves: lines in a file's first MiB get the lower half,
later lines the upper one. So the end of a rotated file that is longer than a MiB never gets the digits of its
successor's beginning, though both may be of the same second. For two shorter files the chance is 2/P for each pair of
lines with the same time and tags. Within a file, two lines of the same time never get the same digits if fewer than
P/2 bytes lie between them: 500 MB for whole seconds.
"""

from collections.abc import Sequence

FIRST_PART = 2**20  # bytes


def unique_digits(offsets: Sequence[int], fingerprint: int, precision: int) -> Sequence[int]:
    """Return the unique digits of the line at each offset, in nanoseconds, each less than `precision`.

    `offsets` are in bytes and ascend; `fingerprint` is that of the content.
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
    """Return digits from `start` to before `start + size`; offsets wrap around at the end."""
    first = (fingerprint + offsets[0]) % size
    if first + offsets[-1] - offsets[0] < size:  # nearly always: a chunk is short
        shift = start + first - offsets[0]
        return [offset + shift for offset in offsets]
    return [start + (fingerprint + offset) % size for offset in offsets]
