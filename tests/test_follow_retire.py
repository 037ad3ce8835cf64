"""When a content that is no longer live is let go."""

from pathlib import Path

import pytest

from logshipper.follow.files import PlainFile
from logshipper.follow.finished import DELETED_PATIENCE, MOST_OLD, OLD_PATIENCE, ClosingRule
from logshipper.follow.reader import Reader


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def readers(tmp_path: Path) -> list[Reader]:
    made = []
    for number in range(MOST_OLD + 2):
        file = tmp_path / f"app.log.{number}"
        file.write_bytes(b"%d\n" % number)
        made.append(Reader("app.log", PlainFile(str(file))))
    return made


def test_the_latest_are_kept_however_quiet_they_are(readers: list[Reader]) -> None:
    clock = Clock()
    retirement = ClosingRule(clock)
    assert not any(retirement.is_due(reader, readers) for reader in readers)
    clock.now += 1000
    due = [retirement.is_due(reader, readers) for reader in readers]
    assert due == [True] + [False] * (MOST_OLD + 1)


def test_one_that_is_written_to_stays(readers: list[Reader]) -> None:
    clock = Clock()
    retirement = ClosingRule(clock)
    for _ in range(10):
        assert not retirement.is_due(readers[0], readers)
        clock.now += OLD_PATIENCE
        retirement.forget(readers[0])


def test_one_with_lines_on_their_way_stays(readers: list[Reader]) -> None:
    clock = Clock()
    retirement = ClosingRule(clock)
    retirement.is_due(readers[0], readers)
    clock.now += 1000
    readers[0].in_flight = 1
    assert not retirement.is_due(readers[0], readers)


def test_a_deleted_one_is_let_go_when_it_was_quiet_for_long(readers: list[Reader]) -> None:
    clock, last = Clock(), readers[-1]
    retirement = ClosingRule(clock)
    Path(last.content.name).unlink()
    assert not retirement.is_due(last, readers)
    clock.now += DELETED_PATIENCE + 1
    assert retirement.is_due(last, readers)
