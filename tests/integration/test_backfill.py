"""Old files become the same points as if they had been followed, on any number of cores, and only once."""

import bz2
import fcntl
import gzip
import lzma
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from logshipper.backfill import ranges as module
from tests.support.backfill_log import lines
from tests.support.processes import is_running
from tests.support.proxy import Exchange, Proxy, answer
from tests.support.request_lines import LINE
from tests.support.waiting import DEADLINE, wait_until

LONG = "?q=" + "x" * 1000  # so that few lines fill the parts in which files are shipped


def read(file: Path) -> list[str]:
    """Return each point of a file as text; their strings may hold several lines."""
    return in_points(file.read_text())


def in_points(text: str) -> list[str]:
    return re.split(r"\n(?=uwsgi_(?:log|event),)", text.rstrip("\n"))


class Place:
    """A folder with a log, its settings, and the points that were shipped."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.log, self.points = folder, folder / "app.log", folder / "points.lp"
        self.settings = folder / "settings.toml"
        self.settings.write_text(
            f"""
[agent]
hostname = "h"
metric_batch_size = 1000
[[inputs.logparser]]
files = ["{self.log}"]
from_beginning = true
[inputs.logparser.grok]
timezone = "UTC"
[[outputs.file]]
files = ["{self.points}"]
[logshipper]
state_dir = "{folder}/state"
metrics_address = ""
"""
        )

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "logshipper", *arguments]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(self.command(*arguments), capture_output=True, text=True, check=False)

    def backfill(self, *files: Path, more: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        return self.run("backfill", "--config", str(self.settings), *map(str, files), *more)

    def live(self, text: str) -> set[str]:
        """Return the points that following the log makes of a text."""
        folder = self.folder / "live"
        folder.mkdir()
        self.log.write_text(text)
        settings = self.settings.read_text().replace(f'"{self.points}"', f'"{folder}/points.lp"')
        (folder / "settings.toml").write_text(settings.replace("/state", "/live/state"))
        self.run("run", "--once", "--config", str(folder / "settings.toml"))
        self.log.unlink()
        return set(read(folder / "points.lp"))

    def shipped(self) -> list[str]:
        return read(self.points)

    @contextmanager
    def stuck(self) -> Iterator[None]:
        """Hold the lock that whoever appends to the points needs, so that a backfill gets no further."""
        with self.points.open("a") as opened:
            fcntl.flock(opened, fcntl.LOCK_EX)
            yield


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


PACKERS: dict[str, Callable[[bytes], bytes]] = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}


@pytest.mark.parametrize("suffix", ["", *PACKERS])
def test_a_rotated_file_gives_the_same_points_as_following_its_log(place: Place, suffix: str) -> None:
    text = lines(3000)
    expected = place.live(text)
    file = place.folder / f"app.log.1{suffix}"
    file.write_bytes(PACKERS[suffix](text.encode()) if suffix else text.encode())
    done = place.backfill(file)
    assert sorted(place.shipped()) == sorted(expected), done.stderr
    assert done.returncode == 1  # damaged lines were rejected
    assert "rejected 4 (no pattern matches 4), not a request 32 (traceback 32)" in done.stderr


@pytest.mark.parametrize("suffix", ["", *PACKERS])
def test_an_oversize_line_is_rejected(place: Place, suffix: str) -> None:
    text = lines(5).encode() + b"x" * (2**20 + 5) + b"\n" + lines(5).encode()
    file = place.folder / f"app.log.1{suffix}"
    file.write_bytes(PACKERS[suffix](text) if suffix else text)
    assert "read 11, written 10, rejected 1 (longer than the limit of a line 1)" in place.backfill(file).stderr


def test_several_processes_ship_ranges_of_one_file(place: Place) -> None:
    text = lines(20_000, query=LONG)
    expected = place.live(text)
    file = place.folder / "app.log.1"
    file.write_text(text)
    assert file.stat().st_size > module.RANGE_BYTES
    done = place.backfill(file, more=("--jobs", "3"))
    assert sorted(place.shipped()) == sorted(expected), done.stderr


def test_a_shipped_file_is_shipped_again_only_with_the_option_again(place: Place) -> None:
    file = place.folder / "app.log.1"
    file.write_text(lines(5))
    place.backfill(file)
    assert "read 0," in place.backfill(file).stderr
    assert len(place.shipped()) == 5
    place.backfill(file, more=("--again",))
    assert len(place.shipped()) == 10
    assert len(set(place.shipped())) == 5


class Database(Proxy):
    """Takes points, until one of a request beyond `most` comes: that write is not answered."""

    def __init__(self, most: int) -> None:
        super().__init__(0)
        self.points: set[str] = set()
        self.most, self.mode = most, self.take

    def take(self, exchange: Exchange) -> None:
        exchange.read_body()
        found = in_points(exchange.body.decode())
        if any(int(number) > self.most for point in found for number in re.findall(r"totalReq=(\d+)i", point)):
            self.hold(self.take)
        else:
            self.points.update(found)
            answer(204, body="")(exchange)


def test_a_killed_backfill_is_resumed_where_it_stopped(place: Place) -> None:
    text = lines(20_000, query=LONG)
    expected = place.live(text)
    file = place.folder / "app.log.1"
    file.write_text(text)
    database = Database(most=19_000)  # so that it is stuck in the second part
    settings = place.settings.read_text()
    output = f'[[outputs.influxdb]]\nurls = ["{database.url}"]\n'
    place.settings.write_text(settings.replace(f'[[outputs.file]]\nfiles = ["{place.points}"]\n', output))
    process = subprocess.Popen(place.command("backfill", "--config", str(place.settings), str(file), "--jobs", "1"))
    wait_until(lambda: list(place.folder.glob("state/backfill/*/*.json")), what="a part is noted")
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert database.points < expected
    database.most = 20_000
    done = place.backfill(file)
    database.close()
    read = int(done.stderr.split("read ")[1].split(",")[0])
    assert 0 < read < text.count("\n")
    assert database.points == expected


def test_an_unfinished_last_line_is_shipped_from_an_old_file_but_not_from_a_live_log(place: Place) -> None:
    old = place.folder / "app.log.1"
    for file in (old, place.log):
        file.write_text(lines(2, first=int(file == old)) + LINE)
    place.backfill(old, place.log)
    assert len(place.shipped()) == 5


def test_a_rejected_line_is_quarantined(place: Place) -> None:
    file = place.folder / "app.log.1"
    file.write_text(f"{LINE}\n{LINE[:-9]}\n" + "x" * 2**21 + f"\n{LINE}\n")
    done = place.backfill(file)
    assert done.returncode == 1
    (kept,) = place.folder.glob("state/backfill/*/quarantine/*.lines")
    assert kept.read_text() == LINE[:-9] + "\n" + "x" * 2**21 + "\n"
    assert len(place.shipped()) == 2


def test_an_unreadable_file_gives_one_line_with_the_reason(place: Place) -> None:
    done = place.backfill(place.folder / "none.log")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "none.log: cannot read the file: No such file" in done.stderr


def test_a_second_backfill_at_the_same_time_is_refused(place: Place) -> None:
    file = place.folder / "app.log.1"
    file.write_text(lines(5))
    command = place.command("backfill", "--config", str(place.settings), str(file))
    with place.stuck(), subprocess.Popen(command) as first:
        wait_until(lambda: workers_of(first), what="the first one is at work")
        assert "another logshipper uses" in place.backfill(file).stderr
        first.send_signal(signal.SIGTERM)
        assert first.wait(DEADLINE) == 1


def workers_of(process: "subprocess.Popen[bytes]") -> list[int]:
    """Return the pids of a backfill's workers."""
    return [int(child) for child in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


# -- pieces ----------------------------------------------------------------------------------------------


def test_a_worker_does_not_outlive_its_parent(place: Place) -> None:
    file = place.folder / "app.log.1"
    file.write_text(lines(5))
    with place.stuck():
        process = subprocess.Popen(place.command("backfill", "--config", str(place.settings), str(file), "--jobs", "2"))
        children = wait_until(lambda: len(found := workers_of(process)) == 2 and found, what="two workers")
        process.kill()
        process.wait()
        wait_until(lambda: not any(map(is_running, children or [])), what="the end of the workers")
