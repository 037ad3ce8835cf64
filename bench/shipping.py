"""How fast and how soon lines get from a file into a database, and what the shipper needs for it."""

import os
import random
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from bench.logs import blocks, uwsgi_line, write_log, write_repeated
from bench.measure import ROOT, Usage, in_turn, logshipper, run
from bench.report import Row, Table
from logshipper.deliver.concurrency import BATCH, WRITERS
from tests.support.influxd import Influxd
from tests.support.waiting import wait_until

COLUMNS = ["what", "figure"]


def settings(folder: Path, files: str, output: str, *, beginning: bool = True, name: str = "run") -> Path:
    """Write a settings file with a state folder of its own, and return it."""
    file = folder / f"{name}.toml"
    file.write_text(
        f'[[inputs.logparser]]\nfiles = ["{files}"]\n'
        f"from_beginning = {str(beginning).lower()}\n{output}\n"
        f'[logshipper]\nstate_dir = "{folder}/{name}.state"\nmetrics_address = ""\n'
    )
    return file


def to_file(file: Path) -> str:
    """Return the section of a file output."""
    return f'[[outputs.file]]\nfiles = ["{file}"]'


def to_influx(server: Influxd, database: str) -> str:
    """Return the section of an InfluxDB output."""
    return f'[[outputs.influxdb]]\nurls = ["{server.url}"]\ndatabase = "{database}"'


def ship_into_influxdb(folder: Path, log: Path, lines: int) -> Usage:
    """Ship a log of this many lines into an InfluxDB of its own."""
    with _influxd(folder) as server:
        given = settings(folder, str(log), to_influx(server, server.create("ship")), name=f"s{time.monotonic_ns()}")
        usage = run(logshipper("run", "--once", "--config", str(given)))
        assert server.count("ship") == lines
        return usage


def into_influxdb(folder: Path, lines: int, rounds: int) -> Table:
    """Ship a log, and post the same points as they are: same number of writers, same number of points in a write."""
    log = write_log(folder / "ship.log", "uwsgi", lines)
    rendered = folder / "rendered.lp"
    run(logshipper("parse", str(log)), stdout=str(rendered))

    # A server of its own for each run: one goes on compacting for a while what it was given before.
    def post() -> Usage:
        with _influxd(folder) as server:
            url = f"{server.url}/write?db={server.create('post')}&precision=ns"
            return run([sys.executable, "-m", "bench.baseline_post", url, str(WRITERS), str(BATCH), str(rendered)])

    ways = {
        "the points posted as they are": post,
        "logshipper run --once": lambda: ship_into_influxdb(folder, log, lines),
    }
    found = in_turn(ways, rounds)
    base = found["the points posted as they are"].wall
    rows = [
        Row([name, f"{lines / u.wall:,.0f}", f"{base / u.wall:.2f}", f"{u.cpu / lines * 10**6:.1f}", f"{u.peak:.0f}"])
        for name, u in found.items()
    ]
    note = (
        f"{lines:,} lines into Debian's influxd on the same machine, with what the shipper starts with:"
        f" {WRITERS} writers, {BATCH:,} points in a write."
    )
    columns = ["what", "points/s", "of the limit", "client's CPU s per million", "peak memory, MB"]
    return Table("From a file into InfluxDB", columns, rows, note)


def memory(folder: Path, most_lines: int, most_files: int) -> Table:
    """Return the peak memory for growing logs and growing numbers of logs, with InfluxDB's client in use."""
    rows = []
    with _influxd(folder) as server:
        for count in _powers(10_000, most_lines):
            log = write_log(folder / f"m{count}.log", "uwsgi", count)
            rows.append(_memory_row(folder, f"{count:,} lines in one log", str(log), server, f"lines{count}"))
            log.unlink()
        cases = [*((count, 20_000) for count in _powers(1, most_files)), (most_files, 200 * most_files)]
        for count, lines in dict.fromkeys(cases):
            place = folder / f"files{count}of{lines}"
            place.mkdir()
            for number in range(count):
                write_log(place / f"{number}.log", "uwsgi", max(1, lines // count), seed=number)
            rows.append(_memory_row(folder, f"{lines:,} lines in {count:,} logs", f"{place}/*.log", server, place.name))
    return Table(
        "Memory", ["input", "CPU s", "wall s", "peak memory, MB"], rows, "`run --once` into InfluxDB, one run each."
    )


def _memory_row(folder: Path, name: str, files: str, server: Influxd, database: str) -> Row:
    given = settings(folder, files, to_influx(server, server.create(database)), name=database)
    usage = run(logshipper("run", "--once", "--config", str(given)))
    return Row([name, f"{usage.cpu:.1f}", f"{usage.wall:.1f}", f"{usage.peak:.0f}"])


def _powers(first: int, most: int) -> Iterator[int]:
    while first <= most:
        yield first
        first *= 10


def latency(folder: Path, seconds: int, rate: int) -> Table:
    """Measure the time from the end of a line in the file to its row in a query, with the default settings."""
    log, written = folder / "latency.log", dict[int, float]()
    log.touch()
    with _influxd(folder) as server:
        given = folder / "latency.toml"
        given.write_text(
            f'[[inputs.logparser]]\nfiles = ["{log}"]\nfrom_beginning = true\n{to_influx(server, "latency")}\n'
            f'[logshipper]\nstate_dir = "{folder}/latency.state"\nmetrics_address = ""\n'
        )
        text = iter(
            "".join(islice(blocks("uwsgi", 100 * rate), 1 + seconds * rate // 10_000)).splitlines(keepends=True)
        )
        delays: list[float] = []
        with _following(given), log.open("a", buffering=1) as opened:
            opened.write(next(text))
            wait_until(lambda: server.count("latency") == 1)
            seen, number, began = 1, 1, time.monotonic()
            while number < seconds * rate:
                due = 1 + int((time.monotonic() - began) * rate)
                for _ in range(min(due, seconds * rate) - number):
                    opened.write(next(text))
                    number += 1
                    written[number] = time.monotonic()
                now = server.count("latency")
                asked = time.monotonic()
                delays += [asked - written[one] for one in range(seen + 1, now + 1)]
                seen = max(seen, now)
    cuts = statistics.quantiles(delays, n=100)
    rows = [Row(["p50", f"{cuts[49] * 1000:.0f} ms"]), Row(["p99", f"{cuts[98] * 1000:.0f} ms"])]
    return Table(
        f"From the line to the query, {rate:,} lines per second", COLUMNS, rows,
        f"{len(delays):,} lines; the time of the query is included: one loop writes and asks in turn.",
    )  # fmt: skip


def idle(folder: Path, files: int, seconds: float) -> Table:
    """Measure what it costs to follow logs that nobody writes to, and how soon a new line in one is noticed."""
    place, out = folder / "idle", folder / "idle.lp"
    place.mkdir()
    for number in range(files):
        write_log(place / f"{number}.log", "uwsgi", 1, seed=number)
    given = settings(folder, f"{place}/*.log", to_file(out), name="idle")
    with _following(given) as process:
        wait_until(lambda: out.exists() and out.read_bytes().count(b"\n") == files, "all logs are read", 300)
        wait_until(lambda: _is_settled(process.pid), "the positions in all logs are saved", 600)
        before = _cpu(process.pid)
        time.sleep(seconds)
        share = (_cpu(process.pid) - before) / seconds
        size, started = out.stat().st_size, time.monotonic()
        with (place / "0.log").open("a") as opened:
            opened.write(next(blocks("uwsgi", 1, seed=99)))
        wait_until(lambda: out.stat().st_size > size, "a line is noticed")
        noticed = time.monotonic() - started
    rows = [
        Row([f"{files:,} logs, nobody writes", f"{share * 100:.2f} % of a core"]),
        Row(["a line in one of them is shipped after", f"{noticed * 1000:.0f} ms"]),
    ]
    return Table("Following many logs", COLUMNS, rows, f"CPU over {seconds:.0f} s.")


def resume(folder: Path, gigabytes: float) -> Table:
    """Measure how soon a large log that was already shipped is followed again."""
    log, out = folder / "large.log", folder / "large.lp"
    write_repeated(log, gigabytes)
    given = settings(folder, str(log), to_file(out), beginning=False, name="large")
    run(logshipper("run", "--once", "--config", str(given)))
    with log.open("a") as opened:
        opened.write(uwsgi_line(random.Random(5), 7, 10))
    started = time.monotonic()
    with _following(given):
        wait_until(lambda: out.exists() and out.stat().st_size > 0, "the line behind the shipped ones")
        took = time.monotonic() - started
    size = log.stat().st_size
    log.unlink()
    return Table(
        "Starting again",
        COLUMNS,
        [Row([f"a shipped log of {size / 10**9:.1f} GB: a new line is shipped after", f"{took:.2f} s"])],
        "Includes the start of Python.",
    )


@contextmanager
def _influxd(folder: Path) -> Iterator[Influxd]:
    server = Influxd(folder / f"influxd{time.monotonic_ns()}").start()
    try:
        yield server
    finally:
        server.kill()


@contextmanager
def _following(given: Path) -> Iterator[subprocess.Popen[bytes]]:
    command: Sequence[str] = logshipper("run", "--config", str(given))
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, cwd=ROOT) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)


def _is_settled(pid: int) -> bool:
    before = _cpu(pid)
    time.sleep(2)
    return _cpu(pid) - before < 0.01


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
