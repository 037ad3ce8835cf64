"""Rotate uWSGI's log in the container, so that it does not fill the volume: nothing else does it there.

Once a minute, a log of LOG_MEGABYTES (100) or more is renamed to uwsgi.log.1, older copies move up, and the LOG_COPIES
(5) newest are kept. A graceful reload makes uWSGI open a new log; running requests still write their line to the
renamed file, and logshipper reads it to the end. The oldest copy is removed: its lines are lost only if the database
was unreachable for as long as all the copies took to fill.
"""

import os
import time
from pathlib import Path

MEGABYTE = 1_000_000
PERIOD = 60  # seconds


def main() -> None:
    """Check once a minute, for ever."""
    log = Path(os.environ["RUN_DIR"]) / "uwsgi.log"
    size = float(os.environ.get("LOG_MEGABYTES", "100")) * MEGABYTE
    copies = int(os.environ.get("LOG_COPIES", "5"))
    while True:
        if rotate(log, size, copies):
            print(f"rotate: {log} was full and is {log}.1 now", flush=True)
            (log.parent / "reload").touch()
        time.sleep(PERIOD)


def rotate(log: Path, size: float, copies: int) -> bool:
    """Rename the log if it has `size` bytes or more, and remove surplus copies; return whether it was renamed."""
    if not log.exists() or log.stat().st_size < size:
        return False
    copy(log, copies).unlink(missing_ok=True)
    for number in range(copies - 1, 0, -1):
        if copy(log, number).exists():
            copy(log, number).rename(copy(log, number + 1))
    log.rename(copy(log, 1))
    return True


def copy(log: Path, number: int) -> Path:
    """Return the name of a copy, 1 being the newest."""
    return log.with_name(f"{log.name}.{number}")


if __name__ == "__main__":
    main()
