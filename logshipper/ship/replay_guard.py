"""After a database's disk was full: do not trust its acknowledgements yet.

InfluxDB 1.6.7 leaves a hole in its write-ahead log where the disk filled up, and goes on writing after it. What it
acknowledges after a restart is lost at the next restart, until it has written that part of the log out. So while the
guard is active, the checkpoints stay where they were, and each time the server was unreachable and is back,
everything from there on is shipped again; writing a point twice leaves one. The guard ends when the server has taken
enough without going away that nothing of the damaged part can be left. A file in the state folder keeps it
across restarts of the shipper.

What this is worth: in five rounds of a full disk and a restart, 1.6.7 forgot 28,527 of 30,000 points at its last
restart, each of them acknowledged; with the guard all were shipped again. `make faults ARGS="--case 10"` repeats it.
"""

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path

log = logging.getLogger(__name__)

# Bytes of line protocol: enough to fill the segment with the hole (10 MiB, compressed) and the cache (25 MiB).
ENOUGH = 128 * 2**20
# Seconds between two replays; more of them if the only sign was a new connection, which proxies make too.
AFTER_OUTAGE = 20.0
AFTER_RECONNECT = 600.0


class ReplayGuard:
    """Whether the acknowledgements of one output can be trusted, and when to ship everything again."""

    def __init__(self, file: Path, name: str, clock: Callable[[], float] = time.monotonic) -> None:
        """Activate the guard if `file` exists."""
        self.file, self.name, self.clock = file, name, clock
        self.active = file.exists()
        self._acknowledged = 0
        self._last_replay = clock()
        self._due: float | None = None
        self._connects: dict[str, int] = {}

    def disk_was_full(self) -> None:
        """Activate the guard."""
        self._acknowledged = 0
        if self.active:
            return
        self.active, self._last_replay = True, float("-inf")
        log.warning(
            "%s: its disk was full, so a restart may lose what it acknowledged: keeping the checkpoints where they are",
            self.name,
        )
        try:
            os.close(os.open(self.file, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
        except OSError as error:
            log.error("%s: cannot write %s: %s", self.name, self.file, error.strerror)

    def went_away(self) -> None:
        """Note an outage: ship everything again when it is over."""
        self._schedule_replay(AFTER_OUTAGE)

    def connected(self, writer: str, connects: int) -> None:
        """Note how many connections a writer has made; a new one may mean that the server was restarted."""
        if 0 < self._connects.get(writer, 0) < connects:
            self._schedule_replay(AFTER_RECONNECT)
        self._connects[writer] = connects

    def _schedule_replay(self, pause: float) -> None:
        if self.active:
            self._acknowledged = 0
            due = max(self.clock(), self._last_replay + pause)
            self._due = due if self._due is None else min(due, self._due)

    def acknowledged(self, size: int) -> None:
        """Count acknowledged bytes of line protocol."""
        self._acknowledged += size
        if self.active and self._due is None and self._acknowledged >= ENOUGH:
            log.warning("%s: what it acknowledges is safe again; saving checkpoints", self.name)
            self.active = False
            self.file.unlink(missing_ok=True)

    def wants_replay(self) -> bool:
        """Return whether to ship everything again now."""
        return self._due is not None and self.clock() >= self._due

    def is_waiting(self) -> bool:
        """Return whether to ship everything again, now or later."""
        return self._due is not None

    def replay_started(self) -> None:
        """Note that shipping everything again has begun."""
        self._due, self._acknowledged, self._last_replay = None, 0, self.clock()
        log.warning("%s: shipping again what it may have lost", self.name)
