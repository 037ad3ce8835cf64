"""Exemplars: for each bucket the last request that carried a trace, so that a slow bucket leads to a trace.

The trace is that of the W3C header `traceparent`. prometheus_client keeps no exemplars when several processes count
(its file format has no room for them), so each worker writes its own beside its counters: a small JSON file,
replaced whole, once a second at most.
"""

import json
import os
import re
import time
from bisect import bisect_left
from collections.abc import Iterable
from pathlib import Path
from threading import Lock

from prometheus_client.samples import Exemplar

from flaskapp import workers
from flaskapp.counters import BOUNDS, BUCKETS, Key

TRACEPARENT = re.compile(r"[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}(?![^-])")
BETWEEN_WRITES = 1.0  # seconds

BucketKey = tuple[str, str, str, str]  # method, route, status and the upper bound of the bucket


class Exemplars:
    """The exemplars of this process: at most one for each bucket of each counter."""

    def __init__(self) -> None:
        self.latest: dict[BucketKey, Exemplar] = {}
        self.lock = Lock()
        self.written = float("-inf")

    def keep(self, key: Key, seconds: float, traceparent: str) -> None:
        """Keep a request's trace; a header that is not well-formed is ignored."""
        found = TRACEPARENT.match(traceparent)
        if found is None:
            return
        bucket_key = (*key, BOUNDS[bisect_left(BUCKETS, seconds)])
        labels = {"trace_id": found[1], "span_id": found[2]}
        with self.lock:
            self.latest[bucket_key] = Exemplar(labels, seconds, round(time.time(), 3))
            if workers.several() and time.monotonic() - self.written >= BETWEEN_WRITES:
                self.written = time.monotonic()
                self._write()

    def _write(self) -> None:
        """Replace this worker's file in one step; a full disk costs exemplars, no request."""
        file = Path(os.environ[workers.DIRECTORY]) / f"exemplars_{workers.identity()}.json"
        part = file.with_suffix(".part")
        try:
            part.write_text(json.dumps([[*bucket_key, *exemplar] for bucket_key, exemplar in self.latest.items()]))
            part.replace(file)
        except OSError:
            part.unlink(missing_ok=True)


def read_files(folder: Path) -> dict[BucketKey, Exemplar]:
    """Return the newest exemplar of each bucket in all workers' files."""
    found: dict[BucketKey, Exemplar] = {}
    for file in folder.glob("exemplars_*.json"):
        for method, route, status, bound, labels, seconds, when in json.loads(file.read_text()):
            bucket_key, exemplar = (method, route, status, bound), Exemplar(labels, seconds, when)
            found[bucket_key] = newest([exemplar, *filter(None, [found.get(bucket_key)])]) or exemplar
    return found


def newest(exemplars: Iterable[Exemplar]) -> Exemplar | None:
    """Return the one with the latest time."""
    return max(exemplars, key=lambda each: each.timestamp or 0.0, default=None)
