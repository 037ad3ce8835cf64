"""Old files into a file output: on one core and on two, and a large one that is killed half way."""

import os
import subprocess
import tempfile
import time
from functools import partial
from pathlib import Path

from bench.logs import write_log, write_repeated
from bench.measure import ROOT, Usage, in_turn, logshipper, run
from bench.report import Row, Table
from bench.shipping import COLUMNS, settings, to_file
from tests.support.waiting import wait_until

PROCESSES = (("one process", 1), ("two processes", 2))


def compare(folder: Path, lines: int, rounds: int) -> Table:
    """Ship one old file into a file output with one process and with two, on disk and in memory."""
    log = write_log(folder / "old.log.1", "uwsgi", lines)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(dir="/dev/shm") as memory:
        for name, place in (("on disk", folder), ("in memory", Path(memory))):
            out = place / "old.lp"
            given = settings(folder, str(folder / "old.log"), to_file(out), name=f"old{len(rows)}")
            found = in_turn(
                {f"{count}, {name}": partial(_ship, given, log, out, jobs) for count, jobs in PROCESSES}, rounds
            )
            base = next(iter(found.values())).wall
            rows += [
                Row([text, f"{lines / u.wall:,.0f}", f"{base / u.wall:.2f}", f"{u.cpu:.1f}", f"{u.peak:.0f}"])
                for text, u in found.items()
            ]
            out.unlink()
    columns = ["what", "lines/s", "times one process", "CPU s", "peak memory of a process, MB"]
    return Table("Backfill", columns, rows, f"{lines:,} lines of one plain file into a file output, synced.")


def _ship(given: Path, log: Path, out: Path, jobs: int) -> Usage:
    out.unlink(missing_ok=True)
    return run(logshipper("backfill", "--config", str(given), "--again", "--jobs", str(jobs), str(log)))


def resumed(folder: Path, gigabytes: float) -> Table:
    """Kill the backfill of a large file half way, and resume it."""
    log, out = folder / "large.log.1", folder / "large.lp"
    lines = write_repeated(log, gigabytes)
    given = settings(folder, str(folder / "large.log"), to_file(out), name="large")
    command = logshipper("backfill", "--config", str(given), "--jobs", "2", str(log))
    size, started = log.stat().st_size, time.monotonic()
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, cwd=ROOT) as process:
        wait_until(lambda: out.exists() and out.stat().st_size > 0.8 * size, "half of the points", 3600)
        took = time.monotonic() - started
        process.kill()
    wait_until(lambda: not _others_write(out), "the end of its processes")
    before = _count_lines(out)
    usage = run(command)
    after = _count_lines(out)
    assert after >= lines
    rows = [
        Row([f"a log of {size / 10**9:.1f} GB, {lines:,} lines: killed after", f"{took:.0f} s, {before:,} points"]),
        Row(["the second run shipped", f"{after - before:,} points in {usage.wall:.0f} s"]),
        Row(["points that are in the file twice", f"{after - lines:,}"]),
        Row(["peak memory of a process", f"{usage.peak:.0f} MB"]),
    ]
    log.unlink()
    out.unlink()
    return Table("A large backfill, killed and resumed", COLUMNS, rows, "Two processes, a file output on disk.")


def _count_lines(file: Path) -> int:
    with file.open("rb") as opened:
        return sum(block.count(b"\n") for block in iter(partial(opened.read, 2**20), b""))


def _others_write(file: Path) -> bool:
    """Return whether any process has the file open."""
    links = (link for process in Path("/proc").glob("[0-9]*") for link in process.glob("fd/*"))
    return any(_target(link) == str(file) for link in links)


def _target(link: Path) -> str:
    try:
        return os.readlink(link)
    except OSError:
        return ""
