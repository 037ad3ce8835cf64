"""A shipper that is killed again and again leaves a SQLite file whose rollups are what its rows say."""

import contextlib
import random
import signal
import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from logshipper.outputs.sqlite import SqliteOutput
from logshipper.points import Rows
from tests.support.processes import Server
from tests.support.request_lines import START, line
from tests.support.stored_requests import SECOND, add_all, agree, request
from tests.support.waiting import wait_until

KILLS, LINES = 3, 45_000


def rows(database: Path) -> int:
    with contextlib.closing(sqlite3.connect(database)) as connection, contextlib.suppress(sqlite3.OperationalError):
        found: int = connection.execute("SELECT count(*) FROM uwsgi_log").fetchone()[0]
        return found
    return 0


def lines(count: int) -> str:
    chance = random.Random(1)
    return "".join(
        line(
            f"/{int(chance.paretovariate(0.5)) % 400}", ms=int(chance.lognormvariate(3, 2)),
            status=chance.choice((200, 200, 404, 500)), at=START + timedelta(seconds=number // 4 - chance.randrange(9)),
        )
        for number in range(count)
    )  # fmt: skip


def test_rollups_are_what_the_rows_say_after_kills_and_a_replay(tmp_path: Path) -> None:
    log, database = tmp_path / "uwsgi.log", tmp_path / "requests.db"
    log.write_text(lines(LINES))
    run = [sys.executable, "-m", "logshipper", "run", str(log), "--to", f"sqlite:///{database}", "--timezone", "UTC"]
    for number in range(KILLS):
        shipper, before = Server(run, tmp_path / f"{number}.out").start(), rows(database)
        wait_until(lambda before=before: rows(database) > before or rows(database) == LINES)  # type: ignore[misc]
        shipper.stop(how=signal.SIGKILL)
    once = [*run, "--once"]
    subprocess.run(once, check=True, capture_output=True)
    assert rows(database) == LINES
    replay = [*once, "--state-dir", str(tmp_path / "another")]
    subprocess.run(replay, check=True, capture_output=True)
    assert rows(database) == LINES
    output = SqliteOutput(database)
    output.write(Rows([request(int(START.timestamp()) * SECOND)]))
    add_all(output)
    output.close()
    agree(database)
