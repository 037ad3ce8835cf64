"""Old files become the points that following them would have made, on any number of cores, and only once."""

import bz2
import fcntl
import gzip
import lzma
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from logshipper.backfill import ranges as module
from logshipper.backfill.ledger import Ledger
from logshipper.backfill.ranges import FileRange, OldFile, live_log, old_file, ranges
from logshipper.backfill.worker import RangeReport, Shipment
from logshipper.deliver.retry import DeliveryState
from logshipper.model import Fingerprint
from logshipper.outputs.protocol import Output, Rejected
from tests.support.parsing import LINE, parser
from tests.support.processes import is_running
from tests.support.proxy import Exchange, Proxy, answer
from tests.support.waiting import DEADLINE, wait_until

LONG = "?q=" + "x" * 1000  # so that few lines fill the parts in which files are shipped
TRACEBACK = 'Traceback (most recent call last):\n  File "/srv/app.py", line 3, in view\n    x[1]\nKeyError: 1\n'


def lines(count: int, first: int = 0, query: str = "") -> str:
    """Return a log: requests, now and then a traceback and a damaged line; `query` makes the lines longer."""
    text = []
    for number in range(first, first + count):
        line = LINE.replace("req: 2/2", f"req: {number}/{number}").replace("124", f"{number % 50}{query}")
        text.append(line[:-9] + "\n" if number % 997 == 5 else line + "\n")
        if number % 401 == 7:
            text.append(TRACEBACK)
    return "".join(text)


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
def test_a_rotated_file_gives_the_points_of_its_live_log(place: Place, suffix: str) -> None:
    text = lines(3000)
    expected = place.live(text)
    file = place.folder / f"app.log.1{suffix}"
    file.write_bytes(PACKERS[suffix](text.encode()) if suffix else text.encode())
    done = place.backfill(file)
    assert sorted(place.shipped()) == sorted(expected), done.stderr
    assert done.returncode == 1  # damaged lines were rejected
    assert "rejected 4 (no pattern matches 4), not a request 32 (traceback 32)" in done.stderr


@pytest.mark.parametrize("suffix", ["", *PACKERS])
def test_a_line_that_is_too_long_is_rejected(place: Place, suffix: str) -> None:
    text = lines(5).encode() + b"x" * (2**20 + 5) + b"\n" + lines(5).encode()
    file = place.folder / f"app.log.1{suffix}"
    file.write_bytes(PACKERS[suffix](text) if suffix else text)
    assert "read 11, written 10, rejected 1 (longer than the limit of a line 1)" in place.backfill(file).stderr


class _Picky:
    """An output that refuses the points with a text, and an empty write as InfluxDB 2 does."""

    def __init__(self, text: bytes) -> None:
        self.text = text

    def write(self, body: bytes) -> None:
        if not body or self.text in body:
            raise Rejected("no")

    def close(self) -> None:
        pass


def _shipped(file: Path, outputs: Sequence[Output]) -> tuple[list[RangeReport], Shipment]:
    old = old_file(str(file), [[str(file.with_suffix(""))]])
    assert old
    shipment = Shipment(FileRange(old, 0, old.size), {}, parser())
    return list(shipment.steps(outputs, 1000, DeliveryState(lambda kind, reason: None))), shipment


def test_a_line_that_two_outputs_refuse_is_rejected_once(tmp_path: Path) -> None:
    file = tmp_path / "app.log.1"
    file.write_text(lines(3).replace("/api/obj/1", "/bad"))
    reports, _ = _shipped(file, [_Picky(b"/bad"), _Picky(b"/bad")])
    (report,) = reports
    assert [aside.line for aside, _ in report.rejected] == [
        line.encode() for line in file.read_text().splitlines()[1:2]
    ]
    assert (report.lines, report.written) == (3, 2)


def test_of_lines_that_are_no_requests_nothing_is_held_or_written(tmp_path: Path) -> None:
    file = tmp_path / "app.log.1"
    file.write_text("*** Operational MODE: preforking ***\n" * 50_000)
    reports, shipment = _shipped(file, [_Picky(b"\0")])
    assert reports[0].noise.total() == 50_000
    assert shipment.held == []


def test_several_processes_ship_pieces_of_one_file(place: Place) -> None:
    text = lines(20_000, query=LONG)
    expected = place.live(text)
    file = place.folder / "app.log.1"
    file.write_text(text)
    assert file.stat().st_size > module.RANGE_BYTES
    done = place.backfill(file, more=("--jobs", "3"))
    assert sorted(place.shipped()) == sorted(expected), done.stderr


def test_what_was_shipped_is_not_shipped_again_unless_that_is_wanted(place: Place) -> None:
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


def test_a_backfill_that_was_killed_goes_on_where_it_was(place: Place) -> None:
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


def test_a_last_line_without_its_newline_counts_in_an_old_file_and_not_in_a_live_one(place: Place) -> None:
    old = place.folder / "app.log.1"
    for file in (old, place.log):
        file.write_text(lines(2, first=int(file == old)) + LINE)
    place.backfill(old, place.log)
    assert len(place.shipped()) == 5


def test_a_line_that_is_refused_is_kept(place: Place) -> None:
    file = place.folder / "app.log.1"
    file.write_text(f"{LINE}\n{LINE[:-9]}\n" + "x" * 2**21 + f"\n{LINE}\n")
    done = place.backfill(file)
    assert done.returncode == 1
    (kept,) = place.folder.glob("state/backfill/*/quarantine/*.lines")
    assert kept.read_text() == LINE[:-9] + "\n" + "x" * 2**21 + "\n"
    assert len(place.shipped()) == 2


def test_a_file_that_cannot_be_read_is_said(place: Place) -> None:
    done = place.backfill(place.folder / "none.log")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "none.log: cannot read the file: No such file" in done.stderr


def test_a_second_one_at_the_same_time_is_refused(place: Place) -> None:
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


# -- whose copy a file is --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "live"),
    [
        ("app.log.1", "app.log"), ("app.log-20260101.gz", "app.log"), ("app.log", "app.log"),
        ("other.log.1", "other.log.1"),
        ("old/app.log.1", "old/app.log.1"), ("web.access.log.2.xz", "web.access.log"), ("one.log", "one.log"),
    ],
)  # fmt: skip
def test_a_file_belongs_to_the_log_that_it_was_rotated_from(tmp_path: Path, name: str, live: str) -> None:
    for there in ("web.access.log", "web.log", "one.log"):
        (tmp_path / there).touch()
    inputs = [[f"{tmp_path}/app.log"], [f"{tmp_path}/[ow]*.log"]]
    assert live_log(f"{tmp_path}/{name}", inputs)[1] == f"{tmp_path}/{live}"


def test_a_file_that_holds_nothing_is_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.log").touch()
    assert old_file(str(tmp_path / "a.log"), []) is None


# -- pieces ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [3_000, 10_000, 100_000])
def test_pieces_follow_one_another_and_begin_with_a_request_after_a_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(module, "RANGE_BYTES", size)
    text = lines(2000)
    (tmp_path / "a.log").write_text(text)
    file = old_file(str(tmp_path / "a.log"), [])
    assert file
    found = list(ranges(file, parser(), 0))
    assert [part.start for part in found] == [0, *(part.end for part in found[:-1])]
    assert found[-1].end == len(text)
    assert all(size <= part.end - part.start < 3 * size for part in found[:-1])
    for part in found[1:]:
        before, after = text[: part.start].splitlines()[-1], text[part.start :].splitlines()[0]
        assert [line[:6] + line[-1] for line in (before, after)] == ["[pid: )"] * 2


def test_a_text_without_requests_is_one_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RANGE_BYTES", 1000)
    (tmp_path / "a.log").write_text("nothing\n" * 1000)
    file = old_file(str(tmp_path / "a.log"), [])
    assert file
    assert [(part.start, part.end) for part in ranges(file, parser(), 0)] == [(0, 8000)]


def test_the_ledger_joins_parts_and_survives(tmp_path: Path) -> None:
    file = OldFile("/old", "/live", 0, Fingerprint(0, 5, 7), 100, 100, False)
    ledger = Ledger(tmp_path)
    for start, end in [(0, 10), (30, 40), (10, 30), (60, 70)]:
        ledger.add(file, start, end)
    assert Ledger(tmp_path).parts(file) == [(0, 40), (60, 70)]
    Ledger(tmp_path).forget(file)
    assert Ledger(tmp_path).parts(file) == []


def test_a_damaged_ledger_ships_again(tmp_path: Path) -> None:
    file = OldFile("/old", "/live", 0, Fingerprint(0, 5, 7), 100, 100, False)
    Ledger(tmp_path).add(file, 0, 10)
    next(tmp_path.glob("*.json")).write_text('{"parts": [')
    assert Ledger(tmp_path).parts(file) == []


def test_a_worker_does_not_outlive_its_parent(place: Place) -> None:
    file = place.folder / "app.log.1"
    file.write_text(lines(5))
    with place.stuck():
        process = subprocess.Popen(place.command("backfill", "--config", str(place.settings), str(file), "--jobs", "2"))
        children = wait_until(lambda: len(found := workers_of(process)) == 2 and found, what="two workers")
        process.kill()
        process.wait()
        wait_until(lambda: not any(map(is_running, children or [])), what="the end of the workers")
