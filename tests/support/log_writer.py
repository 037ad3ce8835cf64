"""A log of numbered lines: each is a valid request line with its number in the field `totalReq`."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from tests.support import request_lines

START = 1_494_000_000  # 2017-05-05T16:00:00Z
PER_SECOND = 500


def stamp(second: int) -> str:
    """Return a time as uWSGI writes it, in UTC."""
    return request_lines.stamp(datetime.fromtimestamp(second, UTC))


def line(number: int, uri: str = "", when: str = "", method: str = "GET", user: str = "") -> bytes:
    """Return the request line with this number and its newline; by default 500 lines share a second."""
    text = request_lines.line(
        uri or f"/api/obj/{number % 40}",
        ms=number % 90,
        method=method,
        at=when or stamp(START + number // PER_SECOND),
        number=number,
        user=user,
    )
    return text.encode("latin-1")


class Writer:
    """Appends numbered lines to a log, and rotates and truncates it as other programs do."""

    def __init__(self, path: Path, first: int = 0, *, make_line: Callable[[int], bytes] = line) -> None:
        self.path, self.next, self.make_line = path, first, make_line
        self.written: set[int] = set()
        self.rotations = 0
        self.lock = threading.Lock()
        self._open()

    def _open(self) -> None:
        self.handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)

    def reopen(self) -> None:
        """Reopen the log by name, as a server does on a signal after a rotation."""
        os.close(self.handle)
        self._open()

    def write(self, count: int = 1) -> None:
        """Write the next lines."""
        for first in range(self.next, self.next + count, 2000):
            numbers = range(first, min(first + 2000, self.next + count))
            with self.lock:
                self.raw(b"".join(map(self.make_line, numbers)))
                self.written.update(numbers)
        self.next += count

    def raw(self, data: bytes) -> None:
        """Write bytes as they are."""
        while data:
            data = data[os.write(self.handle, data) :]

    def rotate(self, name: str = "") -> Path:
        """Rename the file and start a new one; return the copy."""
        self.rotations += 1
        copy = self.path.with_name(name or f"{self.path.name}.{1_494_000_000 + self.rotations}")
        self.path.rename(copy)
        self.reopen()
        return copy

    def copytruncate(self) -> Path:
        """Copy the file within its folder, then truncate it."""
        self.rotations += 1
        copy = self.path.with_name(f"{self.path.name}.{1_494_000_000 + self.rotations}")
        copy.write_bytes(self.path.read_bytes())
        os.truncate(self.path, 0)
        return copy

    @contextmanager
    def in_background(self, total: int, dice: Random, *, rotate: float = 0.0) -> Iterator[threading.Thread]:
        """Write `total` lines from a thread, in bursts; after each burst rotate with the probability `rotate`."""

        def run() -> None:
            end = self.next + total
            while self.next < end and not stop.is_set():
                self.write(min(dice.randrange(1, 800), end - self.next))
                if dice.random() < rotate:
                    with self.lock:
                        self.rotate()
                stop.wait(dice.random() * 0.02)

        stop = threading.Event()
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        try:
            yield thread
            thread.join()
        finally:
            stop.set()
            thread.join()

    def close(self) -> None:
        """Close the file."""
        os.close(self.handle)
