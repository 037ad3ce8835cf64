"""The SQLite file: how fast it takes rows, how large they are, and how long the viewer's page waits for its answer."""

import random
import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bench import pages
from bench.report import Row, Table
from logshipper.malloc import keep_memory
from logshipper.outputs.sqlite import SqliteOutput
from logshipper.points import PointRow, PointShape, Rows, Value
from logshipper.viewer.choice import Choice
from logshipper.viewer.figures import figures

DAYS = 30
WINDOWS = ("1 hour", "1 day", "30 days", "all")
_BATCH = 5000
_DIFFERENT = 50_000  # requests that are made; then they come again at other times
_SHAPE = PointShape(
    "uwsgi_log",
    ("host", "method", "path", "status_class", "uri"),
    (
        ("pid", int), ("id", int), ("currentReq", int), ("totalReq", int), ("remoteAddr", str), ("CGIVar", int),
        ("CGISize", int), ("timestamp", str), ("resSize", int), ("resTime", int), ("httpVer", float),
        ("status", int), ("headers", int), ("headersSize", int), ("coreInfo", str),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stored:
    """What storing rows took, and how large they are."""

    seconds: float
    cpu: float
    bytes: int


def compare(folder: Path, count: int, rounds: int) -> list[Table]:
    """Store rows of thirty days with the output and with SQLite alone; then time the page's answers."""
    keep_memory()  # as the shipper does
    ours = folder / "requests.db"
    ways: dict[str, tuple[Path, Callable[[Path, int], Stored]]] = {
        "the output, with its index and rollups": (ours, _with_output),
        "SQLite alone: the same rows and times, no index": (folder / "alone.db", _alone),
    }
    found: dict[str, list[Stored]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, (file, store) in ways.items():
            file.unlink(missing_ok=True)
            found[name].append(store(file, count))
    rows = [
        Row([
            name,
            f"{count / statistics.median(one.seconds for one in runs):,.0f}",
            f"{1e6 * statistics.median(one.cpu for one in runs) / count:.1f}",
            f"{runs[-1].bytes / count:.0f}",
        ])
        for name, runs in found.items()
    ]  # fmt: skip
    note = f"{count:,} requests of {DAYS} days, {_BATCH:,} in a transaction, each synced."
    stored = Table("The SQLite file", ["what", "rows/s", "CPU s a million rows", "bytes a row"], rows, note)
    return [stored, _pages(ours, count, rounds)]


def _pages(file: Path, count: int, rounds: int) -> Table:
    answers = _answers(file)
    arriving = pages.arriving(file, _SHAPE, _requests()[:1000])
    drawn = pages.in_browser(file, file.with_name("profile"), WINDOWS, rounds, arriving)
    rows = [Row([last, *answers[last], *map(str, drawn.get(last, ("no Chromium", "no Chromium")))]) for last in WINDOWS]
    columns = ["window", "requests", "read from", "server", "first paint / complete", f"at {pages.RATE:,} rows/s"]
    note = (
        f"Milliseconds over {count:,} requests: what the server needs for all cards of a window, and until Chromium "
        "has drawn something and everything, alone and while rows arrive."
    )
    return Table("The viewer's page", columns, rows, note)


def _answers(file: Path) -> dict[str, list[str]]:
    """Return of each window how many requests it has, from where they were read, and how long that took."""
    found = {}
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
        for last in WINDOWS:
            spent, shown = [], ""
            for _ in range(5):
                begin = time.perf_counter()
                answer = figures(connection, Choice.of({"last": last}))
                spent.append(1000 * (time.perf_counter() - begin))
                shown = answer["cards"]["total"][0]["value"]
            source = "rows" if answer["exact"] else "rollups"
            found[last] = [shown, source, f"{statistics.median(spent):,.0f}"]
    return found


def _with_output(file: Path, count: int) -> Stored:
    output = SqliteOutput(file)
    seconds = cpu = 0.0
    for batch in _batches(count):
        begin, begin_cpu = time.perf_counter(), time.process_time()
        output.write(Rows(batch))
        seconds, cpu = seconds + time.perf_counter() - begin, cpu + time.process_time() - begin_cpu
    output.close()
    return Stored(seconds, cpu, file.stat().st_size)


def _alone(file: Path, count: int) -> Stored:
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(f"CREATE TABLE uwsgi_log (time, {', '.join(_SHAPE.names)})")
    insert = f"INSERT INTO uwsgi_log VALUES ({', '.join('?' * (1 + len(_SHAPE.names)))})"
    seconds = cpu = 0.0
    for batch in _batches(count):
        rows = [(time_of, *values) for _, values, time_of in batch]
        begin, begin_cpu = time.perf_counter(), time.process_time()
        connection.execute("BEGIN")
        connection.executemany(insert, rows)
        connection.execute("COMMIT")
        seconds, cpu = seconds + time.perf_counter() - begin, cpu + time.process_time() - begin_cpu
    connection.close()
    return Stored(seconds, cpu, file.stat().st_size)


@cache
def _requests() -> list[tuple[Value, ...]]:
    """Return the values of different requests: 300 uris, a few of them busy, most answers quick."""
    chance = random.Random(1)
    uris = [f"/api/obj/{number}" for number in range(300)]
    chosen = chance.choices(uris, [1 / (number + 1) for number in range(300)], k=_DIFFERENT)
    made: list[tuple[Value, ...]] = []
    for number, uri in enumerate(chosen):
        method = "POST" if uri.endswith("7") else "GET"
        status = chance.choices((200, 302, 404, 500), (90, 4, 4, 2))[0]
        made.append((
            "web1", method, "/var/log/uwsgi/app.log", f"{status // 100}xx", uri,
            1000 + number % 4, 0, number // 4, number, f"10.0.2.{number % 250}", 40, 672,
            "[Fri May  5 14:51:39 2017]", chance.randrange(200, 20_000), int(chance.lognormvariate(3, 1.2)), 1.1,
            status, 2, 79, f"(1 switches on core {number % 4})",
        ))  # fmt: skip
    return made


def _batches(count: int) -> Iterator[list[PointRow]]:
    end, requests = int(time.time()) // 60 * 60, _requests()
    for first in range(0, count, _BATCH):
        yield [
            (
                _SHAPE,
                requests[number * 7919 % _DIFFERENT],
                (end - DAYS * 86_400 + number * DAYS * 86_400 // count) * 1_000_000_000 + number,
            )
            for number in range(first, min(count, first + _BATCH))
        ]
