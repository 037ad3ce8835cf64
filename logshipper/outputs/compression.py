"""Whether what is sent is compressed: where that was found to be faster.

Bodies of about one size are compared: the seconds of a whole write for each byte of line protocol, packing included,
with gzip and without. The better way is taken, and the other one is tried now and then, the more rarely the clearer
the difference is. What two writers do at a time hits both ways alike.
"""

import contextlib
import copy
import gzip
import ipaddress
import threading
import time
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

LEAST = 4096  # bytes; smaller bodies are sent as they are
LEVEL = 1
# The other way is tried once in so many writes until it was measured often enough, then seldom, and more rarely where
# it was far slower.
FIRST, SELDOM, RARELY = 4, 32, 1024
ENOUGH = 3
# How fast old measurements are forgotten, and how much faster gzip must be for its pains.
_KEEP = 0.8
_PAYS = 0.95


class _Ways:
    """Seconds and bytes without gzip and with it, for bodies of one size, older ones counting less."""

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
        """Return how many times faster gzip is; 1 where that is not known yet."""
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
        """Compress each body or none where that is `fixed`; None to find out."""
        self._fixed, self._clock = fixed, clock
        self._lock = threading.Lock()
        self._sizes: dict[int, _Ways] = {}

    def _ways(self, size: int) -> _Ways:
        """Return what is known of bodies of about this size; at first that is what is known of the nearest ones."""
        key = size.bit_length() // 2
        if key not in self._sizes:
            near = min(self._sizes, key=lambda other: abs(other - key), default=None)
            self._sizes[key] = copy.deepcopy(self._sizes[near]) if near is not None else _Ways()
            self._sizes[key].until_try = FIRST
        return self._sizes[key]

    def choose(self, size: int) -> bool:
        """Tell whether to compress a body of so many bytes."""
        if self._fixed is not None or size < LEAST:
            return bool(self._fixed and size)
        with self._lock:
            return self._ways(size).choose()

    def note(self, packed: bool, size: int, seconds: float) -> None:
        """Note how long a write of so many bytes took, before compression, packing included."""
        if self._fixed is None and size >= LEAST:
            with self._lock:
                self._ways(size).note(packed, size, seconds)

    @contextlib.contextmanager
    def of(self, body: bytes) -> Iterator[tuple[bytes, dict[str, str]]]:
        """Give the body as it is to be sent and its headers; what is done inside is timed, unless it fails."""
        packed = self.choose(len(body))
        started = self._clock()
        yield (gzip.compress(body, LEVEL), {"Content-Encoding": "gzip"}) if packed else (body, {})
        self.note(packed, len(body), self._clock() - started)


def is_loopback(url: str) -> bool:
    """Tell whether a URL leads to this machine, as far as its text says so."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
