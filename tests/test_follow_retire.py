"""When a content that is no longer live is let go."""

from pathlib import Path

import pytest

from logshipper.follow.files import PlainContent
from logshipper.follow.finished import DELETED_PATIENCE, MOST_OLD, OLD_PATIENCE, Retirement
from logshipper.follow.reader import Generation


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def generations(tmp_path: Path) -> list[Generation]:
    made = []
    for number in range(MOST_OLD + 2):
        file = tmp_path / f"app.log.{number}"
        file.write_bytes(b"%d\n" % number)
        made.append(Generation("app.log", PlainContent(str(file))))
    return made


def test_the_latest_are_kept_however_quiet_they_are(generations: list[Generation]) -> None:
    clock = Clock()
    retirement = Retirement(clock)
    assert not any(retirement.is_due(generation, generations) for generation in generations)
    clock.now += 1000
    due = [retirement.is_due(generation, generations) for generation in generations]
    assert due == [True] + [False] * (MOST_OLD + 1)


def test_one_that_is_written_to_stays(generations: list[Generation]) -> None:
    clock = Clock()
    retirement = Retirement(clock)
    for _ in range(10):
        assert not retirement.is_due(generations[0], generations)
        clock.now += OLD_PATIENCE
        retirement.forget(generations[0])


def test_one_with_lines_on_their_way_stays(generations: list[Generation]) -> None:
    clock = Clock()
    retirement = Retirement(clock)
    retirement.is_due(generations[0], generations)
    clock.now += 1000
    generations[0].in_flight = 1
    assert not retirement.is_due(generations[0], generations)


def test_a_deleted_one_is_let_go_when_it_was_quiet_for_long(generations: list[Generation]) -> None:
    clock, last = Clock(), generations[-1]
    retirement = Retirement(clock)
    Path(last.content.name).unlink()
    assert not retirement.is_due(last, generations)
    clock.now += DELETED_PATIENCE + 1
    assert retirement.is_due(last, generations)
