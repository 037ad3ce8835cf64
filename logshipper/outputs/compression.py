"""Whether a write is gzipped: if that was measured to be faster.

Bodies of similar size are compared, with and without gzip, by the seconds of a whole write per byte of line protocol,
compression included. The faster way is used; the other one is tried now and then, and more rarely the clearer the
difference is. Whatever else happens at the same time affects both ways equally.
"""

import contextlib
import copy
import gzip
import ipaddress
import threading
import time
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

LEAST = 4096  # bytes; smaller bodies are never compressed
LEVEL = 1
# The other way is tried once in this many writes: FIRST until it was measured ENOUGH times, then SELDOM, and up to
# RARELY if it was far slower.
FIRST, SELDOM, RARELY = 4, 32, 1024
ENOUGH = 3
# The weight of old measurements, and how much faster gzip must be to be worth it.
_KEEP = 0.8
_PAYS = 0.95


class _Ways:
    """Seconds and bytes without and with gzip for bodies of one size; older measurements count less."""

    def __init__(self) -> None:
        self.seconds, self.bytes = [0.0, 0.0], [0.0, 0.0]
        self.count, self.until_try = [0, 0], FIRST

    def note(self, packed: bool, size: int, seconds: float) -> None:
        for sums, value in ((self.seconds, seconds), (self.bytes, size)):
            sums[packed] = sums[packed] * _KEEP + value
        self.count[packed] += 1
        if packed != self.better() and seconds * self.bytes[not packed] < size * self.seconds[not packed]:
            self.until_try = 0  # it was faster this time: look again

    def advantage(self) -> float:
        """Return how many times faster gzip is; 1 while that is unknown."""
        if min(self.count) < ENOUGH or not all(self.seconds):
            return 1.0
        return (self.seconds[0] / self.bytes[0]) / (self.seconds[1] / self.bytes[1])

    def better(self) -> bool:
        return self.advantage() * _PAYS > 1

    def choose(self) -> bool:
        advantage, better = self.advantage(), self.better()
        self.until_try -= 1
        if self.until_try >= 0:
            return better
        clearness = max(advantage, 1 / advantage) ** 4
        self.until_try = FIRST if min(self.count) < ENOUGH else int(min(RARELY, SELDOM * clearness))
        return not better


class Compression:
    """Shared by the writers of an output."""

    def __init__(self, fixed: bool | None = None, clock: Callable[[], float] = time.perf_counter) -> None:
        """Compress every body (`fixed` is True), none (False), or whatever is faster (None)."""
        self._fixed, self._clock = fixed, clock
        self._lock = threading.Lock()
        self._sizes: dict[int, _Ways] = {}

    def _ways(self, size: int) -> _Ways:
        """Return the measurements for bodies of about this size; new ones start as a copy of the nearest size."""
        key = size.bit_length() // 2
        if key not in self._sizes:
            near = min(self._sizes, key=lambda other: abs(other - key), default=None)
            self._sizes[key] = copy.deepcopy(self._sizes[near]) if near is not None else _Ways()
            self._sizes[key].until_try = FIRST
        return self._sizes[key]

    def choose(self, size: int) -> bool:
        """Return whether to compress a body of `size` bytes."""
        if self._fixed is not None or size < LEAST:
            return bool(self._fixed and size)
        with self._lock:
            return self._ways(size).choose()

    def note(self, packed: bool, size: int, seconds: float) -> None:
        """Record how long the write of a body took, compression included; `size` is that of the uncompressed body."""
        if self._fixed is None and size >= LEAST:
            with self._lock:
                self._ways(size).note(packed, size, seconds)

    @contextlib.contextmanager
    def of(self, body: bytes) -> Iterator[tuple[bytes, dict[str, str]]]:
        """Yield the body to send and its headers; the time of the `with` block is recorded unless it fails."""
        packed = self.choose(len(body))
        started = self._clock()
        yield (gzip.compress(body, LEVEL), {"Content-Encoding": "gzip"}) if packed else (body, {})
        self.note(packed, len(body), self._clock() - started)


def is_loopback(url: str) -> bool:
    """Return whether a URL names this machine: a loopback address or localhost."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
