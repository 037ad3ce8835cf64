"""Request lines as uWSGI writes them, and SQLite files that the real shipper made of them."""

import subprocess
import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

START = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


def line(
    uri: str = "/", *, ms: int = 5, status: int = 200, method: str = "GET", at: datetime = START, number: int = 1
) -> str:
    """Return one line of the log, with its newline; `at` is UTC, `number` the server's count of requests."""
    return (
        f"[pid: 13|app: 0|req: {number}/{number}] 10.0.2.2 () {{40 vars in 672 bytes}} [{at:%a %b %e %H:%M:%S %Y}]"
        f" {method} {uri} => generated 14 bytes in {ms} msecs (HTTP/1.1 {status})"
        " 2 headers in 79 bytes (1 switches on core 0)\n"
    )


def spread(uris: Iterable[str], *, every: float = 1.0, **more: int) -> list[str]:
    """Return a line for each uri, `every` so many seconds one."""
    return [
        line(uri, at=START + timedelta(seconds=every * number), number=number + 1, **more)  # type: ignore[arg-type]
        for number, uri in enumerate(uris)
    ]


def ship(lines: Iterable[str], folder: Path) -> Path:
    """Append the lines to a log in the folder, let `logshipper run --once` read it, and return the SQLite file."""
    log, database = folder / "uwsgi.log", folder / "requests.db"
    with log.open("a") as file:
        file.writelines(lines)
    command = [sys.executable, "-m", "logshipper", "run", str(log), "--once", "--to", f"sqlite:///{database}"]
    done = subprocess.run(command, capture_output=True, text=True, env={"TZ": "UTC"}, check=False)
    assert done.returncode == 0, done.stderr
    return database
