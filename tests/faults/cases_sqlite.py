"""A SQLite file and its sums: case 37."""

import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random

from logshipper.histogram import ERROR, added, nearest_rank, percentile
from logshipper.outputs.sqlite import SqliteOutput
from logshipper.points import Rows
from logshipper.rollups import ALL, DAY, HOUR
from tests.faults.oracle import Outcome
from tests.faults.world import World
from tests.support.request_lines import START, line
from tests.support.stored_requests import SECOND, add_all, agree, from_rows, request, rollups

_LATE = timedelta(hours=3)


def kill_while_storing(world: World) -> Outcome:
    """37: SIGKILL a shipper into SQLite, replay, late lines, a backfill: each row once, the sums as the rows say."""
    kills, lines = world.size(50, 3), world.size(300_000, 24_000)
    file = world.folder / "requests.db"
    output = f'[[outputs.sqlite]]\n  path = "{file}"'
    writer, older = world.writer(), world.writer("older.log", first=10**7)
    writer.make_line = _line
    shipper = world.shipper(output=output).start()
    for _ in range(kills):
        with writer.in_background(lines // kills, world.dice):
            time.sleep(world.dice.random() * world.size(15, 6) / 10)  # the random moment
            shipper.kill()
        shipper.start()
    shipper.stop()
    writer.make_line, older.make_line = partial(_line, late=_LATE), partial(_line, late=timedelta(days=130))
    writer.write(lines // 20)
    older.write(lines // 10)
    shipper.once()
    world.shipper(output=output).once()  # it reads all of it again
    for _ in range(2):
        backfill = [sys.executable, "-m", "logshipper", "backfill", "--again", "--config", str(shipper.config)]
        subprocess.run([*backfill, str(older.path)], check=True, capture_output=True)
    return _judged(file, world, kills)


def _line(number: int, late: timedelta = timedelta()) -> bytes:
    """Return a line whose stamp is near its turn, from one of 400 uris."""
    chance = Random(number)
    text = line(
        f"/{int(chance.paretovariate(0.5)) % 400}", ms=int(chance.lognormvariate(3, 2)), number=number,
        status=chance.choice((200, 200, 404, 500)),
        at=START + timedelta(seconds=number // 4 - chance.randrange(9)) - late,
    )  # fmt: skip
    return text.encode()


def _judged(file: Path, world: World, kills: int) -> Outcome:
    """Compare the rows with what was written, and the sums with what an independent query makes of the rows."""
    written = world.written()
    with closing(sqlite3.connect(file)) as connection:
        stored = Counter(number for (number,) in connection.execute("SELECT totalReq FROM uwsgi_log"))
        (check,) = connection.execute("PRAGMA integrity_check").fetchone()
    output = SqliteOutput(file)
    output.write(Rows([request(int(START.timestamp()) * SECOND)]))
    add_all(output)
    output.close()
    agree(file)
    days, of_rows = rollups(file, DAY, ALL), from_rows(file, DAY, ALL)
    assert days
    assert all(of_rows[key] == sums for key, sums in days.items()), "the sums by day"
    _percentiles_agree(file)
    lost, doubled = len(written - stored.keys()), sum(stored.values()) - len(stored)
    faults = [f"{lost} lost" * bool(lost), f"{doubled} doubled" * bool(doubled), check * (check != "ok")]
    return Outcome(
        runs=kills, lines=len(written), lost=lost, doubled=doubled, deviation="; ".join(filter(None, faults)),
        memory=max(one.peak for one in world.shippers), note=f"{len(rollups(file, HOUR, ALL))} sums by hour compared",
    )  # fmt: skip


def _percentiles_agree(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        exact = dict(connection.execute("SELECT resTime, count(*) FROM uwsgi_log GROUP BY resTime"))
    summed = added(times for _, _, times in rollups(file, HOUR, ALL).values())
    for share in (0.5, 0.95, 0.99):
        right, found = nearest_rank(exact, share), percentile(summed, share)
        assert right is not None
        assert found is not None
        assert abs(found - right) <= 1.000001 * ERROR * right, (share, found, right)


CASES: dict[int, Callable[[World], Outcome]] = {37: kill_while_storing}
