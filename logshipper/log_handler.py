"""Messages on stderr: of equal ones in a row, the first and a count; as text, as JSON, or as the journal likes them."""

import json
import logging
import os
import sys
import time
from collections.abc import Callable
from typing import TextIO

from logshipper.printable import PrintableFormatter

# Seconds until a message that keeps coming is shown again, with its count.
REPEATED = 60.0


class CountingHandler(logging.StreamHandler[TextIO]):
    """Writes messages, and instead of equal ones in a row how many there were."""

    def __init__(self, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(stream or sys.stderr)
        self.clock = clock
        self.before: Callable[[], None] | None = None  # called before each message is written
        self._last: tuple[int, str] | None = None
        self._since = 0.0
        self._more: logging.LogRecord | None = None
        self._count = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Write a message; if it repeats the previous one, only count it."""
        message = record.levelno, record.getMessage()
        if message == self._last and self.clock() - self._since < REPEATED:
            self._more, self._count = record, self._count + 1
            return
        self._say_count()
        self._last, self._since = message, self.clock()
        self._write(record)

    def close(self) -> None:
        """Write what was counted, and end."""
        self._say_count()
        super().close()

    def _say_count(self) -> None:
        if self._more is None:
            return
        more, count, self._more, self._count = self._more, self._count, None, 0
        times = "once more" if count == 1 else f"{count} times more"
        self._write(logging.makeLogRecord({**more.__dict__, "msg": f"the message before, {times}", "args": ()}))

    def _write(self, record: logging.LogRecord) -> None:
        if self.before:
            self.before()
        super().emit(record)


class JsonFormatter(PrintableFormatter):
    """Writes each message as a JSON object on one line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        text = super().format(record)
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        return json.dumps({"time": f"{moment}.{int(record.msecs):03}Z", "level": record.levelname, "message": text})


class JournalFormatter(PrintableFormatter):
    """Writes each message with its priority as systemd's journal reads it, and without a time."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        priority = 3 if record.levelno >= logging.ERROR else 4 if record.levelno >= logging.WARNING else 6
        lines = super().format(record).split("\n")
        return "\n".join(f"<{7 if record.levelno < logging.INFO else priority}>{line}" for line in lines)


def formatter(log_format: str) -> logging.Formatter:
    """Return the formatter for `text` or `json`."""
    if log_format == "json":
        return JsonFormatter()
    if _is_journal():
        return JournalFormatter()
    return PrintableFormatter("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S")


def _is_journal() -> bool:
    """Return whether stderr goes to systemd's journal."""
    try:
        state = os.fstat(sys.stderr.fileno())
    except (OSError, ValueError):
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{state.st_dev}:{state.st_ino}"
