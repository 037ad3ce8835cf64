"""A pipeline: from files through a fake output to checkpoints and quarantine; only writing uses threads."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from logshipper.deliver.concurrency import Concurrency
from logshipper.deliver.writers import Writers
from logshipper.outputs.protocol import Acknowledged, OutputError, Rejected, RetryLater
from logshipper.points import Points
from logshipper.settings.options import Agent, Grok, Input, Settings
from logshipper.ship.pipeline import MAX_UNACKNOWLEDGED, Pipeline, PipelineInput
from logshipper.wiring.parsers import build_parser
from tests.support.log_writer import line
from tests.support.waiting import wait_until


class Database:
    """Takes points, or raises what `answer(body)` says; a point is known by its text."""

    def __init__(self) -> None:
        self.points: set[str] = set()
        self.writes: list[int] = []
        self.answer: Callable[[list[str]], OutputError | None] = lambda points: None

    connections = 0

    def write(self, points: Points) -> Acknowledged:
        texts = list(points)
        error = self.answer(texts)
        if error:
            raise error
        self.writes.append(len(texts))
        self.points.update(texts)
        return Acknowledged()

    def sync(self) -> None:
        pass

    def close(self) -> None:
        pass


class Shop:
    """A pipeline on a folder; `run()` goes round until all is settled."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.database = folder, Database()
        self.pipeline = self.open()

    def open(self, *files: str, batch: int = 1000) -> Pipeline:
        names = [str(self.folder / name) for name in files or ("app.log",)]
        given = Input(files=names, from_beginning=True, grok=Grok(timezone="UTC"))
        settings = Settings(agent=Agent(hostname="h"), inputs=[given])
        feed = PipelineInput("uwsgi_log", names, False, build_parser(settings, given))
        writers = Writers(lambda: self.database, Concurrency(batch, 2), lambda: None)
        self.pipeline = Pipeline("fake", [feed], self.folder / "state", writers)
        writers.fit()
        return self.pipeline

    def write(self, first: int, count: int, name: str = "app.log") -> None:
        with (self.folder / name).open("ab") as opened:
            opened.writelines(map(line, range(first, first + count)))

    def round(self) -> int:
        self.pipeline.discover()
        self.pipeline.poll()
        lines = self.pipeline.step()
        self.pipeline.save(now=True)
        return lines

    def run(self) -> None:
        def settled() -> bool:
            return not self.round() and self.pipeline.is_drained()

        wait_until(settled)

    def restart(self) -> None:
        self.pipeline.close(5)
        self.open()

    def account(self) -> str:
        return "; ".join(account.text() for _, account in self.pipeline.accounts())

    def kept(self) -> list[str]:
        return [file.read_text("latin-1") for file in sorted(self.folder.rglob("*.lines"))]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = Shop(tmp_path)
    yield made
    made.pipeline.writers.stop(1)


def test_every_line_becomes_a_point_and_the_account_balances(shop: Shop) -> None:
    shop.write(0, 5000)
    shop.run()
    assert len(shop.database.points) == 5000
    assert shop.account() == "read 5000, written 5000, rejected 0, not a request 0, in flight 0"


def test_a_restart_continues_from_the_checkpoint(shop: Shop) -> None:
    shop.write(0, 100)
    shop.run()
    shop.restart()
    shop.write(100, 50)
    shop.run()
    assert shop.account().startswith("read 50, written 50")
    assert len(shop.database.points) == 150


def test_unacknowledged_lines_are_read_again_after_a_restart(shop: Shop) -> None:
    shop.database.answer = lambda points: RetryLater("connection", "away")
    shop.write(0, 100)
    shop.round()
    shop.restart()
    shop.database.answer = lambda points: None
    shop.run()
    assert shop.account().startswith("read 100, written 100")


def test_a_new_log_gets_a_checkpoint_immediately(shop: Shop) -> None:
    shop.pipeline.discover()
    assert list((shop.folder / "state").rglob("*.json"))


def test_bad_lines_are_rejected_and_good_ones_delivered(shop: Shop) -> None:
    shop.write(0, 10)
    with (shop.folder / "app.log").open("ab") as opened:
        opened.write(b"[pid: no request\nsomething the app said\n")
    shop.write(10, 10)
    shop.run()
    assert len([point for point in shop.database.points if point.startswith("uwsgi_log")]) == 20
    assert shop.kept() == ["[pid: no request\n"]
    assert "rejected 1 (no pattern matches 1), not a request 1 (app_output 1), in flight 0" in shop.account()


def test_lines_whose_points_are_refused_are_rejected(shop: Shop) -> None:
    shop.database.answer = lambda points: (
        Rejected("beyond retention") if any("totalReq=7i" in point for point in points) else None
    )
    shop.write(0, 20)
    shop.run()
    assert shop.kept() == [line(7).decode()]
    assert "read 20, written 19, rejected 1 (refused by the output 1)" in shop.account()


def test_the_position_waits_until_the_quarantine_can_be_written(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (shop.folder / "app.log").write_bytes(b"[pid: no request\n")
    monkeypatch.setattr("logshipper.ship.pipeline_log.QUARANTINE_PAUSE", 0.0)
    with monkeypatch.context() as patch:
        patch.setattr("logshipper.state.quarantine._open_own", _fail)
        for _ in range(3):
            shop.round()
        assert not shop.pipeline.is_drained()
    assert caplog.text.count("cannot write the quarantine") == 1
    shop.run()
    assert shop.kept() == ["[pid: no request\n"]


def _fail(file: Path) -> int:
    raise OSError(28, "No space left on device")


def test_an_unwritable_checkpoint_is_logged_once_and_shipping_continues(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    shop.write(0, 10)
    with monkeypatch.context() as patch:
        patch.setattr("logshipper.atomic_write.write_private", lambda file, data: _fail(file))
        shop.run()
        shop.write(10, 10)
        shop.run()
    assert len(shop.database.points) == 20
    assert caplog.text.count("cannot write the checkpoint") == 1
    shop.write(20, 1)
    shop.run()
    assert "checkpoint can be written again" in caplog.text


def test_a_deleted_state_folder_is_created_again(shop: Shop) -> None:
    import shutil

    shop.write(0, 10)
    shop.run()
    shutil.rmtree(shop.folder / "state")
    shop.round()
    shop.restart()
    shop.run()
    assert shop.account().startswith("read 0")


@pytest.mark.slow
def test_files_take_turns(shop: Shop) -> None:
    shop.open("a.log", "b.log", batch=100)
    order: list[str] = []
    shop.database.answer = lambda points: order.extend("ab"["b.log" in point] for point in points)
    shop.write(0, 6000, "a.log")
    shop.write(10_000, 20, "b.log")
    shop.run()
    assert order.index("b") < 4000


@pytest.mark.slow
def test_reading_stops_when_too_many_bytes_are_unacknowledged(shop: Shop) -> None:
    shop.database.answer = lambda points: RetryLater("connection", "away")
    shop.write(0, 200_000)
    for _ in range(5):
        shop.round()
    _, account = next(shop.pipeline.accounts())
    assert account.bytes_read < MAX_UNACKNOWLEDGED
    assert account.in_flight == account.read


def test_lines_that_are_not_requests_are_counted(shop: Shop) -> None:
    (shop.folder / "app.log").write_bytes(b"said by the app\n" * 10)
    shop.run()
    assert shop.account().endswith("not a request 10 (app_output 10), in flight 0")


def test_after_a_full_disk_and_an_outage_everything_is_sent_again(shop: Shop) -> None:
    answers = iter(
        [RetryLater("disk", "no space left", may_forget=True), None, RetryLater("connection", "refused"), None]
    )
    shop.write(0, 100)
    shop.run()
    shop.database.answer = lambda points: next(answers, None)
    shop.write(100, 100)
    shop.run()
    shop.database.points = {point for point in shop.database.points if _number(point) < 100}  # it has forgotten them
    shop.write(200, 100)
    shop.run()
    assert {_number(point) for point in shop.database.points} == set(range(300))
    assert "DIFFERENCE" not in shop.account()


def _number(point: str) -> int:
    return int(point.split("totalReq=")[1].split("i", maxsplit=1)[0])
