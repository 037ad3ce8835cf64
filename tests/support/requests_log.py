"""SQLite files made from request lines, by the real shipper or by its stages in this process."""

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from logshipper.model import Chunk
from logshipper.outputs.sqlite import SqliteOutput
from logshipper.points import Rows, joined
from logshipper.settings.options import Agent, Grok, Input, Settings
from logshipper.wiring.parsers import build_parser


def ship(lines: Iterable[str], folder: Path) -> Path:
    """Append the lines to a log in the folder, let `logshipper run --once` read it, and return the SQLite file."""
    log, database = folder / "uwsgi.log", folder / "requests.db"
    with log.open("a") as file:
        file.writelines(lines)
    command = [sys.executable, "-m", "logshipper", "run", str(log), "--once", "--to", f"sqlite:///{database}"]
    done = subprocess.run(command, capture_output=True, text=True, env={"TZ": "UTC"}, check=False)
    assert done.returncode == 0, done.stderr
    return database


def store(lines: Iterable[str], folder: Path) -> Path:
    """Store the points that the shipper would make of these lines, and return the SQLite file."""
    log, database = str(folder / "uwsgi.log"), folder / "requests.db"
    given = Input(files=[log], grok=Grok(timezone="UTC"))
    parser = build_parser(Settings(agent=Agent(hostname="h"), inputs=[given]), given, rows=True)
    data, memory = "".join(lines).encode(), parser.memory(log)
    batch = parser.parse(Chunk(log, 1, 0, data, len(data)), memory)
    output = SqliteOutput(database)
    made = joined([batch.written(), parser.finish(memory)])
    assert isinstance(made, Rows)
    output.write(made)
    output.close()
    return database
