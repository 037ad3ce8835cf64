"""Requests as rows, stored in a SQLite file, and its rollups beside what its rows say."""

import random
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

from logshipper.histogram import Buckets, decode
from logshipper.outputs.sqlite import SqliteOutput
from logshipper.points import PointRow, PointShape, Rows
from logshipper.rollups import ALL, HOUR, MINUTE, ROUTE, TABLE, URI

SECOND = 1_000_000_000
START = 1_772_323_200  # a midnight in UTC
KIND = {ALL: "''", URI: "uri", ROUTE: "route"}
SHAPE = PointShape(
    "uwsgi_log", ("host", "method", "status_class", "uri"), (("resSize", int), ("resTime", int), ("status", int))
)


def request(time: int, uri: str = "/", ms: int = 5, status: int = 200, method: str = "GET") -> PointRow:
    return SHAPE, ("h", method, f"{status // 100}xx", uri, 100 + ms, ms, status), time


def some_requests(count: int, seconds: int, uris: int, seed: int = 1) -> list[PointRow]:
    """Return requests in the order of a log, that is roughly that of time."""
    chance = random.Random(seed)
    made = []
    for number in range(count):
        time = (START + number * seconds // count - chance.randrange(200)) * SECOND + number
        uri, ms = f"/{int(chance.paretovariate(0.5)) % uris}", int(chance.lognormvariate(3, 2))
        made.append(request(time, uri, ms, chance.choice([200, 200, 404, 500]), chance.choice(["GET", "POST"])))
    return made


def write(file: Path, *batches: list[PointRow]) -> None:
    """Store the batches in one process, and add all rows to the rollups."""
    output = SqliteOutput(file)
    for batch in batches:
        assert not output.write(Rows(batch)).rejected
    add_all(output)
    output.close()


def add_all(output: SqliteOutput) -> None:
    """Add the rows that wait to the rollups."""
    if output._rollups:
        output._rollups.must_write()
        with output._transaction():
            pass


def rollups(file: Path, width: int, kind: int) -> dict[Any, tuple[int, int, dict[int, int]]]:
    with closing(sqlite3.connect(file)) as connection:
        found = connection.execute(
            f'SELECT start, value, method, status_class, requests, bytes, times FROM "{TABLE}"'
            " WHERE width = ? AND kind = ? AND requests <> 0",
            (width, kind),
        )
        return {tuple(row[:4]): (row[4], row[5], decode(row[6])) for row in found}


def from_rows(file: Path, width: int, kind: int) -> dict[Any, tuple[int, int, dict[int, int]]]:
    """Return what the rollups must be, computed from the rows."""
    buckets, made = Buckets(), dict[Any, tuple[int, int, Counter[int]]]()
    with closing(sqlite3.connect(file)) as connection:
        for time, *key, size, ms in connection.execute(
            f"SELECT strftime('%s', substr(time, 1, 19)) + 0, {KIND[kind]}, method, status_class, resSize, resTime"
            " FROM uwsgi_log"
        ):
            period = (time // width * width, *key)
            count, total, times = made.get(period, (0, 0, Counter()))
            times[buckets[ms]] += 1
            made[period] = (count + 1, total + size, times)
    return {key: (count, total, dict(times)) for key, (count, total, times) in made.items()}


def agree(file: Path) -> None:
    for width, kind in ((MINUTE, ALL), (HOUR, ALL), (HOUR, URI)):
        assert rollups(file, width, kind) == from_rows(file, width, kind), (width, kind)
