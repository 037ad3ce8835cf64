"""What is old goes, a few rows at a time, and never before it is counted."""

import sqlite3
from contextlib import closing
from pathlib import Path
from time import time as now

import pytest

from logshipper.outputs import sqlite_pruning
from logshipper.outputs.sqlite import SqliteOutput
from logshipper.outputs.sqlite_pruning import Keep, Pruning
from logshipper.points import PointRow, Rows
from logshipper.rollups import ALL, DAY, HOUR, MINUTE
from tests.support.stored_requests import SECOND, request, rollups, write

DAYS = 10


class Clock:
    """A clock that a test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "requests.db"


def days_ago(days: float, number: int = 0) -> PointRow:
    return request(int(now() - days * DAY) * SECOND + number)


def opened(file: Path, keep: Keep) -> tuple[SqliteOutput, Clock]:
    output, clock = SqliteOutput(file), Clock()
    output._pruning = Pruning(keep, clock)
    return output, clock


def rows(file: Path) -> int:
    with closing(sqlite3.connect(file)) as connection:
        found: int = connection.execute("SELECT count(*) FROM uwsgi_log").fetchone()[0]
        return found


def wait(output: SqliteOutput, clock: Clock, times: int, number: int = 0) -> None:
    """Let time pass; each time one more request comes."""
    for count in range(times):
        clock.now += sqlite_pruning._SETTLED + 1
        output.write(Rows([days_ago(0, 1000 * number + count)]))


def test_old_rows_go_and_their_rollups_stay(file: Path) -> None:
    write(file, [days_ago(20, number) for number in range(300)] + [days_ago(1, number) for number in range(200)])
    output, clock = opened(file, Keep(rows=DAYS * DAY))
    wait(output, clock, 3)
    output.close()
    assert rows(file) == 200 + 3
    assert sum(cell[0] for cell in rollups(file, HOUR, ALL).values()) >= 500
    oldest = min(key[0] for key in rollups(file, MINUTE, ALL))
    assert oldest > now() - DAYS * DAY - HOUR


def test_nothing_is_removed_before_it_has_been_there_for_a_while(file: Path) -> None:
    output, clock = opened(file, Keep(rows=DAYS * DAY))
    output.write(Rows([days_ago(20, number) for number in range(300)]))
    clock.now += 1
    output.write(Rows([days_ago(0, 7)]))
    assert rows(file) == 301
    wait(output, clock, 4)
    output.close()
    assert rows(file) == 5


def test_what_goes_was_counted_and_counts_once_when_it_comes_again_before(file: Path) -> None:
    old = [days_ago(20, number) for number in range(300)]
    output, clock = opened(file, Keep(rows=DAYS * DAY))
    for _ in range(2):
        output.write(Rows(old))
    wait(output, clock, 4)
    output.close()
    assert rows(file) == 4
    counts = rollups(file, HOUR, ALL)
    assert sum(cell[0] for key, cell in counts.items() if key[0] < now() - DAY) == 300


def test_a_step_is_small(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(file, [days_ago(20, number) for number in range(sqlite_pruning.MOST_ROWS + 500)])
    output, clock = opened(file, Keep(rows=DAYS * DAY))
    wait(output, clock, 2)
    before = rows(file)
    wait(output, clock, 1, 1)
    output.close()
    assert before - rows(file) in (sqlite_pruning.MOST_ROWS - 1, 500 - 1)


def test_old_rollups_go_too(file: Path) -> None:
    write(file, [days_ago(400), days_ago(100), days_ago(1)])
    output, clock = opened(file, Keep(rows=DAYS * DAY, rollups=366.0 * DAY))
    wait(output, clock, 3)
    output.close()
    starts = {key[0] for key in rollups(file, HOUR, ALL)}
    assert min(starts) > now() - 101 * DAY
    assert len(starts) >= 2


def test_many_old_rollups_go_in_small_steps(file: Path) -> None:
    minutes, last = sqlite_pruning.MOST_ROLLUPS + 300, int(now()) - 20 * DAY
    write(file, [request((last - MINUTE * minute) * SECOND) for minute in range(minutes)])
    output, clock = opened(file, Keep(rows=DAYS * DAY))
    left = []
    for step in range(2):
        clock.now += sqlite_pruning.PAUSE + 0.1
        output.write(Rows([days_ago(0, step)]))
        left.append(len(rollups(file, MINUTE, ALL)))
    output.close()
    assert left == [minutes - sqlite_pruning.MOST_ROLLUPS - 1, 0]


def test_space_is_given_back(file: Path) -> None:
    write(file, [days_ago(20, number) for number in range(3000)])
    size = file.stat().st_size
    output, clock = opened(file, Keep(rows=DAYS * DAY))
    wait(output, clock, 8)
    output.close()
    assert file.stat().st_size < size / 2


def test_by_default_nothing_is_removed(file: Path) -> None:
    output, clock = opened(file, Keep())
    output.write(Rows([days_ago(5000)]))
    wait(output, clock, 3)
    output.close()
    assert rows(file) == 4
