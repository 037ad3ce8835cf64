"""Messages on stderr: of equal ones in a row, the first and a count."""

import logging
import sys
import time
from collections.abc import Callable
from typing import TextIO

# Seconds until a message that keeps coming is shown again, with its count.
REPEATED = 60.0


class CountingHandler(logging.StreamHandler[TextIO]):
    """Writes messages, and instead of equal ones in a row how many there were."""

    def __init__(self, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(stream or sys.stderr)
        self.clock = clock
        self._last: tuple[int, str] | None = None
        self._since = 0.0
        self._more: logging.LogRecord | None = None
        self._count = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Write a message, or count it if it is the one before again."""
        message = record.levelno, record.getMessage()
        if message == self._last and self.clock() - self._since < REPEATED:
            self._more, self._count = record, self._count + 1
            return
        self._say_count()
        self._last, self._since = message, self.clock()
        super().emit(record)

    def close(self) -> None:
        """Write what was counted, and end."""
        self._say_count()
        super().close()

    def _say_count(self) -> None:
        if self._more is None:
            return
        more, count, self._more, self._count = self._more, self._count, None, 0
        times = "once more" if count == 1 else f"{count} times more"
        super().emit(logging.makeLogRecord({**more.__dict__, "msg": f"the message before, {times}", "args": ()}))
