"""Where the requests are counted: a counter for each method, route and status, in memory or in the worker's file.

The file has the format of prometheus_client's multiprocess mode (prometheus_client.mmap_dict), so its
collector reads it. The library's own way to count in it takes several microseconds for a histogram, a tenth of a quick
request; a counter writes the two numbers directly instead. Each is eight aligned bytes and changes in one step: who
reads sees the old number or the new one, and a worker that is killed leaves one or the other.
"""

import os
from bisect import bisect_left
from collections.abc import Iterator, MutableSequence
from itertools import accumulate
from pathlib import Path
from threading import Lock

from prometheus_client.mmap_dict import MmapedDict, mmap_key
from prometheus_client.utils import floatToGoString

from flaskapp import workers

NAME = "flask_requests"
LABELS = ["method", "route", "status"]
# Upper bounds in seconds: fine enough to tell 5 ms from 95 ms, and 5 s from 8 s.
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
BOUNDS = [*map(floatToGoString, BUCKETS), "+Inf"]  # all of them, as Prometheus writes them
FILE_SIZE = 1 << 16  # bytes, as the library makes a file; it doubles when it is full

Key = tuple[str, str, str]  # method, route, status


class RequestCounter:
    """The requests of one method, route and status in this process.

    `numbers[indexes[i]]` counts those in bucket i alone; `numbers[sum_index]` is the sum of the seconds. A request of
    up to `quick` seconds belongs to the first bucket and may be counted by hand; any other by `observe`.
    """

    __slots__ = ("first_bucket", "indexes", "lock", "numbers", "quick", "sum_index")

    def __init__(self, numbers: MutableSequence[float], indexes: list[int], *, threads: bool = False) -> None:
        self.numbers, self.indexes = numbers, indexes
        self.first_bucket, self.sum_index = indexes[0], indexes[-1]
        self.lock = Lock()
        # Where threads share the counter, each has to hold the lock: nothing is quick.
        self.quick = -1.0 if threads else BUCKETS[0]

    def observe(self, seconds: float) -> None:
        """Count a request that took `seconds`."""
        index = self.indexes[bisect_left(BUCKETS, seconds)]
        with self.lock:
            self.numbers[self.sum_index] += seconds
            self.numbers[index] += 1.0


class Counters:
    """All counters of this process, made when the first request of their kind comes."""

    def __init__(self) -> None:
        self.counters: dict[Key, RequestCounter] = {}
        self.file: MmapedDict | None = None
        self.lock = Lock()

    def get(self, key: Key, *, threads: bool = False) -> RequestCounter:
        """Return the key's counter; `threads` says whether several may count in it at once.

        OSError where the file cannot be made or has no room to grow.
        """
        with self.lock:
            if key not in self.counters:
                numbers, indexes = self._in_file(key) if workers.several() else self._in_memory()
                self.counters[key] = RequestCounter(numbers, indexes, threads=threads)
            return self.counters[key]

    def read(self) -> Iterator[tuple[Key, list[float], float]]:
        """Yield for each counter its key, the cumulative counts and the seconds."""
        for key, counter in sorted(self.counters.items()):
            *counts, seconds = (counter.numbers[index] for index in counter.indexes)
            yield key, list(accumulate(counts)), seconds

    def _in_memory(self) -> tuple[MutableSequence[float], list[int]]:
        size = len(BOUNDS) + 1
        return [0.0] * size, list(range(size))

    def _in_file(self, key: Key) -> tuple[MutableSequence[float], list[int]]:
        """Return the worker's file as numbers, those that a predecessor left in it too, and the key's indexes in it.

        When the file grows, the library maps it again; the mapping that a counter holds stays valid.
        """
        names = [mmap_key(NAME, f"{NAME}_bucket", [*LABELS, "le"], [*key, bound], "Requests.") for bound in BOUNDS]
        names.append(mmap_key(NAME, f"{NAME}_sum", LABELS, list(key), "Requests."))
        file = self._with_room(sum(map(len, names)) + 32 * len(names))
        for name in names:
            file.read_value(name)  # type: ignore[no-untyped-call]  # makes it where it is missing
        indexes = [file._positions[name] // 8 for name in names]
        numbers: MutableSequence[float] = memoryview(file._m).cast("d")  # type: ignore[assignment]
        return numbers, indexes

    def _with_room(self, size: int) -> MmapedDict:
        """Return the worker's file with room for `size` more bytes.

        The room is allocated on the disk first: writing to a page of a mapped file for which a full disk has no room
        kills the process (SIGBUS).
        """
        if self.file is None:
            folder = Path(os.environ[workers.DIRECTORY])
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / f"histogram_{workers.identity()}.db"
            with path.open("ab") as made:
                os.posix_fallocate(made.fileno(), 0, FILE_SIZE)
            self.file = MmapedDict(str(path))  # type: ignore[no-untyped-call]
        capacity = self.file._capacity
        while self.file._used + size > capacity:
            capacity *= 2
        os.posix_fallocate(self.file._f.fileno(), 0, capacity)
        return self.file
