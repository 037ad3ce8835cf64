"""One log in a pipeline: read, in flight, settled, saved; the checkpoint never runs ahead."""

import time
from pathlib import Path

import pytest

from logshipper.account import Account
from logshipper.follow.log import LiveLog
from logshipper.follow.open_files import FollowContext
from logshipper.points import as_text
from logshipper.ship.first_look import FirstLook
from logshipper.ship.in_flight import TrackedChunk
from logshipper.ship.log_once import LogOnce
from logshipper.ship.pipeline_log import PipelineLog, Progress
from logshipper.state.checkpoint import CheckpointStore
from logshipper.state.quarantine import Quarantine
from tests.support.parsing import parser
from tests.support.request_lines import line


class Setup:
    """A log in a folder, and how a pipeline sees it."""

    def __init__(self, folder: Path) -> None:
        self.path, self.store = folder / "app.log", CheckpointStore(folder / "state")
        self.quarantine = Quarantine(folder / "quarantine", str(self.path))
        self.path.touch()
        self.log = self.open()

    def open(self) -> PipelineLog:
        found = self.store.load(str(self.path))
        live_log = LiveLog(str(self.path), FollowContext())
        live_log.begin(found.saved if found else None, from_end=False)
        first_look = FirstLook(str(self.path), self.quarantine.lines)
        problems = LogOnce("fake")
        return PipelineLog(live_log, parser(), found, self.store, self.quarantine, Account(), first_look, problems)

    def write(self, *texts: str) -> None:
        with self.path.open("a") as opened:
            opened.writelines(texts)

    def read(self, limit: int = 2**16, *, final: bool = False) -> TrackedChunk[Progress]:
        self.log.live_log.poll()
        found = self.log.read(limit, final)
        assert found
        return found[0]

    def acknowledge(self, tracked: TrackedChunk[Progress]) -> None:
        assert tracked.sent
        self.log.acknowledge(tracked, tracked.sent.outcome())

    def offset(self) -> int:
        self.log.save()
        found = self.store.load(str(self.path))
        assert found
        return found.saved.bookmarks[0].offset


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    return Setup(tmp_path)


def test_the_checkpoint_waits_for_the_earliest_unacknowledged_chunk(setup: Setup) -> None:
    setup.write(line("/a", number=1))
    first = setup.read()
    setup.write(line("/b", number=2))
    second = setup.read()
    setup.acknowledge(second)
    setup.log.settle()
    assert (setup.offset(), setup.log.account.in_flight) == (0, 2)
    setup.acknowledge(first)
    assert setup.log.settle() == setup.path.stat().st_size == setup.offset()
    assert (setup.log.account.written, setup.log.account.in_flight, setup.log.account.difference) == (2, 0, 0)


def test_a_restart_reads_unacknowledged_lines_again(setup: Setup) -> None:
    setup.write(line("/a", number=1))
    setup.read()
    setup.log.save()
    setup.log = setup.open()
    assert setup.read().lines == 1


def test_an_incomplete_line_is_not_in_flight(setup: Setup) -> None:
    setup.write(line("/a", number=1)[:50])
    setup.log.live_log.poll()
    assert setup.log.read(2**16, True) is None
    assert setup.log.is_drained()
    assert setup.log.account == Account()


def test_a_rejected_line_is_not_settled_until_it_is_quarantined(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("logshipper.ship.pipeline_log.QUARANTINE_PAUSE", 0.0)
    setup.write("[pid: no request\n")
    tracked = setup.read()
    setup.acknowledge(tracked)
    with monkeypatch.context() as patch:
        patch.setattr("logshipper.state.quarantine._open_own", _fail)
        setup.log.settle()
        assert setup.log.quarantine_waits
        assert setup.offset() == 0
    setup.log.settle()
    assert setup.quarantine.lines.read_text() == "[pid: no request\n"
    assert setup.offset() == setup.path.stat().st_size


def test_an_oversize_line_is_read_again_until_it_is_quarantined(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("logshipper.ship.pipeline_log.QUARANTINE_PAUSE", 0.0)
    setup.write("x" * 2**21 + "\n")
    with monkeypatch.context() as patch:
        patch.setattr("logshipper.state.quarantine._open_own", _fail)
        setup.log.live_log.poll()
        assert setup.log.read(2**16, False) is None
    setup.acknowledge(setup.read())
    setup.log.settle()
    assert setup.quarantine.lines.stat().st_size == 2**21 + 1
    assert setup.log.account.rejected.total() == 1


def test_lines_given_back_are_removed_from_the_account(setup: Setup) -> None:
    setup.write(line("/a", number=1))
    setup.read()
    setup.log.give_back()
    assert (setup.log.account.read, setup.log.account.difference) == (0, 0)


def test_lag_is_the_age_of_the_oldest_line_in_flight(setup: Setup) -> None:
    setup.write(line("/a", number=1))
    tracked = setup.read()
    assert setup.log.lag_seconds(tracked.progress.read_at + 7) == 7
    setup.acknowledge(tracked)
    setup.log.settle()
    assert setup.log.lag_seconds(time.monotonic()) < 60


def _fail(file: Path) -> int:
    raise OSError(28, "No space left on device")


def test_waiting_events_are_sent_once_at_the_end_of_a_run(setup: Setup) -> None:
    setup.write("starting up\n", line("/a", number=1), "no time yet\n", "not complete")
    setup.acknowledge(setup.read())
    setup.log.settle()
    assert setup.log.read(2**16, final=True) is None  # the last line was looked at
    found = setup.log.finish()
    assert found
    tracked, points = found
    assert [text.partition(" ")[2].rpartition(" ")[0] for text in as_text(points)] == ['message="no time yet"']
    setup.acknowledge(tracked)
    setup.log.settle()
    assert (setup.log.account.read, setup.log.account.difference) == (3, 0)
    setup.log.save()
    setup.log = setup.open()
    assert setup.log.finish() is None
