"""The queries that are offered run, answer what their title says, and need no column that the file lacks."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from logshipper.viewer.queries import offered
from tests.support.request_lines import spread
from tests.support.requests_log import store

ALL = ("time", "method", "uri", "status", "resTime", "remoteAddr")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    now = datetime.now(UTC).replace(microsecond=0)
    yesterday, today = now - timedelta(hours=24, minutes=50), now - timedelta(minutes=30)
    old = [*spread(["/a"] * 20, begin=yesterday, ms=10), *spread(["/b"] * 20, begin=yesterday, ms=10)]
    new = [*spread(["/a"] * 20, begin=today, ms=30), *spread(["/b"] * 20, begin=today, ms=5, status=500)]
    return store([*old, *new], tmp_path_factory.mktemp("queries"))


def answer(file: Path, name: str, **given: str) -> list[Any]:
    with closing(sqlite3.connect(file)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(offered(ALL)[name]["sql"], given)]


def test_what_got_slower_is_compared_with_the_same_hour_yesterday(file: Path) -> None:
    (row,) = answer(file, "slower_than_yesterday")
    assert (row["uri"], row["mean_ms_yesterday"], row["mean_ms_today"], row["factor"]) == ("/a", 10, 30, 3)


def test_what_failed_most(file: Path) -> None:
    (row,) = answer(file, "failing_most")
    assert (row["uri"], row["failed"], row["percent"]) == ("/b", 20, 100)


def test_the_slowest_requests_come_first(file: Path) -> None:
    assert [row["resTime"] for row in answer(file, "slowest_requests")][:21] == [30] * 20 + [5]


def test_addresses_are_counted_and_one_is_followed(file: Path) -> None:
    (row,) = answer(file, "busiest_addresses")
    assert (row["requests"], row["failed"]) == (40, 20)
    assert len(answer(file, "one_address", address=row["remoteAddr"])) == 40


def test_a_query_is_offered_only_where_its_columns_are() -> None:
    assert list(offered(["time", "resTime"])) == ["slowest_requests"]
    assert not offered([])
