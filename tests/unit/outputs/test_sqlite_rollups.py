"""Rollups say what the rows say, however often and in whatever order those came."""

import random
import sqlite3
from pathlib import Path

import pytest

from logshipper.outputs.sqlite import SqliteOutput
from logshipper.outputs.sqlite_rollups import MOST_VALUES
from logshipper.points import PointShape, Rows
from logshipper.rollups import ALL, DAY, HOUR, MADE, MINUTE, OTHER, OTHERS, ROUTE, TABLE, URI
from tests.support.stored_requests import (
    SECOND,
    START,
    add_all,
    agree,
    from_rows,
    request,
    rollups,
    some_requests,
    write,
)

ROUTED = PointShape("uwsgi_log", ("method", "route", "status_class", "uri"), (("resTime", int), ("resSize", int)))


@pytest.fixture(autouse=True, params=[1, 1000])
def step(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Add few rows at once to the rollups."""
    monkeypatch.setattr("logshipper.outputs.sqlite_rollups.STEP", request.param)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "requests.db"


def test_rollups_are_what_the_rows_say(file: Path) -> None:
    requests = some_requests(3000, 3 * HOUR, 40)
    write(file, requests[:1100], requests[1100:1101], requests[1101:])
    agree(file)


@pytest.mark.slow
def test_rows_that_come_again_are_counted_once(file: Path) -> None:
    requests = some_requests(2500, 4 * HOUR, 40)
    write(file, requests[:1500])
    write(file, requests[1000:2000], requests, requests[:10])
    agree(file)


def test_a_row_that_comes_twice_in_one_batch_is_counted_once(file: Path) -> None:
    write(file, [request(START * SECOND)] * 3)
    agree(file)


def test_a_row_that_comes_with_other_values_is_counted_as_it_is_now(file: Path) -> None:
    write(file, [request(START * SECOND, ms=5)], [request(START * SECOND, ms=5000)])
    agree(file)


@pytest.mark.slow
def test_late_rows_and_rows_from_long_ago_are_counted(file: Path) -> None:
    requests = some_requests(3000, 3 * DAY, 40)
    late = random.Random(2).sample(requests, len(requests))
    write(file, requests[2000:], requests[:2000:2], late)
    agree(file)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_whatever_comes_again_after_a_kill(file: Path, seed: int) -> None:
    """Each round begins somewhere before the end of the one before, with a new process, as after SIGKILL."""
    requests, chance, done = some_requests(2500, 2 * DAY, 300, seed), random.Random(seed), 0
    while done < len(requests):
        begin = max(0, done - chance.randrange(800))
        done = min(len(requests), begin + chance.randrange(1, 1500))
        write(file, requests[begin:done])
    for width in (MINUTE, HOUR):
        assert rollups(file, width, ALL) == from_rows(file, width, ALL)
    for kind in (ALL, URI):
        for of_all, of_day in zip(_sums(file, HOUR, kind), _sums(file, DAY, kind), strict=False):
            assert of_all == of_day


def _sums(file: Path, width: int, kind: int) -> list[tuple[int, ...]]:
    """Return requests and bytes of each day that has rollups."""
    with sqlite3.connect(file) as connection:
        made = f'SELECT start FROM "{TABLE}" WHERE width = {DAY} AND kind = {MADE}'
        return connection.execute(
            f'SELECT start / {DAY}, sum(requests), sum(bytes) FROM "{TABLE}" WHERE width = {width} AND kind = {kind}'
            f" AND start / {DAY} * {DAY} IN ({made}) GROUP BY 1 ORDER BY 1"
        ).fetchall()


def test_a_day_that_is_over_is_the_sum_of_its_hours_also_for_rows_that_come_later(file: Path) -> None:
    requests = some_requests(2000, 3 * DAY, 40)
    write(file, requests[::2], requests[1::2])
    assert len(_sums(file, DAY, URI)) == 3
    for kind in (ALL, URI):
        assert _sums(file, DAY, kind) == _sums(file, HOUR, kind)


MOST = 2 * MOST_VALUES[HOUR]


def test_many_uris_become_the_busiest_slowest_and_most_failing_and_the_rest(file: Path) -> None:
    many = [request(START * SECOND + number, f"/{number}") for number in range(MOST)]
    busy = [request(START * SECOND + 10_000 + number, "/busy") for number in range(30)]
    other = [request(START * SECOND + 20_000, "/slow", 9000), request(START * SECOND + 20_001, "/bad", status=500)]
    later = request((START + 3 * HOUR) * SECOND)
    write(file, many, busy, other, [later], many, [request(START * SECOND + 30_000, "/new")])
    found = rollups(file, HOUR, URI)
    first = {key[1]: cell[0] for key, cell in found.items() if key[0] == START}
    assert first["/busy"] == 30
    assert {"/slow", "/bad", OTHERS} <= first.keys()
    assert "/new" not in first
    assert len(first) <= MOST_VALUES[DAY]
    assert sum(first.values()) == len(many) + len(busy) + len(other) + 1
    assert rollups(file, HOUR, ALL) == from_rows(file, HOUR, ALL)


def test_routes_have_rollups_too(file: Path) -> None:
    write(file, [(ROUTED, ("GET", "/a/<n>", "2xx", f"/a/{number}", 7, 70), START * SECOND) for number in range(3)])
    assert rollups(file, HOUR, ROUTE) == from_rows(file, HOUR, ROUTE)
    assert [key[1] for key in rollups(file, HOUR, ROUTE)] == ["/a/<n>"]


def test_what_strangers_choose_does_not_make_the_rollups_grow(file: Path) -> None:
    write(file, [request(START * SECOND + n, method=f"M{n}", status=100 * (n + 1)) for n in range(50)])
    assert {key[2] for key in rollups(file, MINUTE, ALL)} == {OTHER}
    assert {key[3] for key in rollups(file, MINUTE, ALL)} == {"1xx", "2xx", "3xx", "4xx", "5xx", OTHER}


def test_rows_without_time_uri_or_status_are_counted(file: Path) -> None:
    bare = PointShape("uwsgi_log", ("host",), (("count", int),))
    write(file, [(bare, ("h", 1), START * SECOND)])
    assert rollups(file, MINUTE, ALL) == {(START, "", OTHER, OTHER): (1, 0, {})}
    assert rollups(file, HOUR, URI) == {}


def test_a_rejected_row_is_not_counted(file: Path) -> None:
    output = SqliteOutput(file)
    good, bad = request(START * SECOND), request(START * SECOND + 1, "/\udcff")
    assert list(output.write(Rows([good, bad])).rejected) == [1]
    add_all(output)
    output.close()
    agree(file)


def test_other_measurements_have_no_rollups(file: Path) -> None:
    write(file, [(PointShape("m", ("t",), (("n", int),)), ("a", 1), START * SECOND)])
    with sqlite3.connect(file) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert tables == {"m"}


def test_a_measurement_that_is_called_like_the_rollups_gets_another_table(file: Path) -> None:
    write(file, [request(START * SECOND), (PointShape(TABLE, (), (("n", int),)), (1,), START * SECOND)])
    agree(file)
    with sqlite3.connect(file) as connection:
        assert connection.execute(f'SELECT n FROM "{TABLE}_1"').fetchall() == [(1,)]


@pytest.mark.slow
def test_a_file_without_rollups_gets_them(file: Path) -> None:
    write(file, some_requests(2500, 5 * HOUR, 40))
    with sqlite3.connect(file) as connection:
        connection.execute(f'DROP TABLE "{TABLE}"')
    write(file, some_requests(500, 5 * HOUR, 40), [request((START + 6 * HOUR) * SECOND)])
    agree(file)


@pytest.mark.slow
def test_two_processes_may_write_in_turn(file: Path) -> None:
    requests, outputs = some_requests(3000, 5 * HOUR, 40), [SqliteOutput(file), SqliteOutput(file)]
    for number in range(0, 3000, 250):
        outputs[number // 250 % 2].write(Rows(requests[number : number + 250]))
    outputs[0].write(Rows(requests[:500]))
    for output in outputs:
        output.close()
    write(file, [request((START + 6 * HOUR) * SECOND)])
    agree(file)


def test_a_file_gets_its_rollups_in_parts_and_goes_on_where_it_was_killed(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(file, some_requests(2500, 5 * HOUR, 40))
    with sqlite3.connect(file) as connection:
        connection.execute(f'DROP TABLE "{TABLE}"')
    monkeypatch.setattr("logshipper.outputs.sqlite_rollups.STEP", 400)
    output = SqliteOutput(file)
    with output._transaction() as connection:
        assert output._new_rollups(connection, most_steps=1).is_behind
    with sqlite3.connect(file) as connection:
        assert connection.execute(f'SELECT start FROM "{TABLE}" WHERE width = 0').fetchone() == (400,)
    output.close()
    write(file, [request((START + 6 * HOUR) * SECOND)])
    agree(file)


@pytest.mark.slow
def test_rollups_that_do_not_say_what_they_hold_are_made_again(file: Path) -> None:
    write(file, some_requests(2000, 5 * HOUR, 40))
    with sqlite3.connect(file) as connection:
        connection.execute(f'DELETE FROM "{TABLE}" WHERE width = 0')
    write(file, [request((START + 6 * HOUR) * SECOND)])
    agree(file)


def test_rows_without_a_route_time_or_size_are_counted_from_the_file_too(file: Path) -> None:
    bare = PointShape("uwsgi_log", ("method",), (("n", int),))
    write(file, [(bare, ("GET", 1), START * SECOND)])
    with sqlite3.connect(file) as connection:
        connection.execute(f'DROP TABLE "{TABLE}"')
    write(file, [(bare, ("GET", 1), (START + 60) * SECOND)])
    assert sum(cell[0] for cell in rollups(file, MINUTE, ALL).values()) == 2


def test_rows_that_somebody_deleted_do_not_hide_those_that_get_their_rowids(file: Path) -> None:
    write(file, some_requests(3000, HOUR, 40))
    with sqlite3.connect(file) as connection:
        connection.execute("DELETE FROM uwsgi_log")
        connection.execute(f'DELETE FROM "{TABLE}" WHERE width <> 0')
    write(file, some_requests(2000, HOUR, 40, seed=2))
    agree(file)
