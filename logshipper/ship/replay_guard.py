"""What to do about a database whose disk was full: not to take its acknowledgements for the last word.

InfluxDB 1.6.7 leaves a hole in its write-ahead log where the disk had filled up, and writes on behind it. What it
acknowledges after a restart is then lost at the next one, until that part of the log was written out as a whole. So
while an output is distrusted the checkpoints stay where they were, and each time that the server has gone away and
come back everything from there on is shipped again: points replace themselves. It is trusted again when it has taken
so much without going away that nothing of the damaged part can be left. A file in the state folder tells of this
across restarts of the shipper.
"""

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path

log = logging.getLogger(__name__)

# The segment with the hole takes 10 MiB, compressed, and the cache is written out at 25 MiB; this is line protocol.
ENOUGH = 128 * 2**20
# Seconds between two such repetitions; where only a connection was made anew, which proxies do too, more of them.
AFTER_OUTAGE = 20.0
AFTER_RECONNECT = 600.0


class ReplayGuard:
    """Whether one output is distrusted, and when all is to be shipped again."""

    def __init__(self, file: Path, name: str, clock: Callable[[], float] = time.monotonic) -> None:
        """`file` stands for the distrust as long as it is there."""
        self.file, self.name, self.clock = file, name, clock
        self.active = file.exists()
        self._taken = 0
        self._repeated = clock()
        self._due: float | None = None
        self._connects: dict[str, int] = {}

    def disk_was_full(self) -> None:
        """Begin to distrust."""
        self._taken = 0
        if self.active:
            return
        self.active, self._repeated = True, float("-inf")
        log.warning(
            "%s: after its full disk it may forget what it takes; checkpoints wait until that is over", self.name
        )
        try:
            os.close(os.open(self.file, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
        except OSError as error:
            log.error("%s: cannot write %s: %s", self.name, self.file, error.strerror)

    def went_away(self) -> None:
        """Note an outage; all is to be shipped again when it is over."""
        self._ask_again(AFTER_OUTAGE)

    def connected(self, writer: str, connects: int) -> None:
        """Note how many connections a writer has made: a new one may mean that the server was restarted."""
        if 0 < self._connects.get(writer, 0) < connects:
            self._ask_again(AFTER_RECONNECT)
        self._connects[writer] = connects

    def _ask_again(self, pause: float) -> None:
        if self.active:
            self._taken = 0
            due = max(self.clock(), self._repeated + pause)
            self._due = due if self._due is None else min(due, self._due)

    def taken(self, size: int) -> None:
        """Note that so many bytes of line protocol were acknowledged."""
        self._taken += size
        if self.active and self._due is None and self._taken >= ENOUGH:
            log.warning("%s: trusted again", self.name)
            self.active = False
            self.file.unlink(missing_ok=True)

    def wants_repetition(self) -> bool:
        """Tell whether all is to be shipped again now."""
        return self._due is not None and self.clock() >= self._due

    def is_waiting(self) -> bool:
        """Tell whether all is to be shipped again, now or later."""
        return self._due is not None

    def repeated(self) -> None:
        """Note that the repetition has begun."""
        self._due, self._taken, self._repeated = None, 0, self.clock()
        log.warning("%s: shipping again what it may have forgotten", self.name)
