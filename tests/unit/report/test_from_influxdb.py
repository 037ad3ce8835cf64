"""Rows come in pages, each row once, and count like those of a log. A real server is in the integration tests."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from logshipper.errors import UserError
from logshipper.report import from_influxdb as module
from logshipper.report.from_influxdb import from_influxdb
from logshipper.report.periods import HOUR, ReportChoice
from logshipper.rfc3339 import nanoseconds

Row = list[Any]


def request(second: float, uri: str = "/user/1", route: str | None = None, ms: int | None = 5) -> Row:
    return [f"2026-03-01T12:00:{second:012.9f}Z", "GET", uri, 200, ms, "10.0.0.1", None, route]


class Table:
    """The requests of a database: answers the queries of a report as InfluxDB does."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows, self.queries = sorted(rows), 0

    def __call__(self, query: str) -> Sequence[Mapping[str, Any]]:
        self.queries += 1
        if "uwsgi_event" in query or not self.rows:
            return []
        if "DESC" in query:
            return [{"values": [[self.rows[-1][0], 200]]}]
        start = int(re.findall(r"time >= (\d+)", query)[0])
        limit = int(query.rpartition(" ")[2])
        return [{"values": [row for row in self.rows if nanoseconds(row[0]) >= start][:limit]}]


@pytest.mark.parametrize("page", [3, 4, 100])
def test_each_row_counts_once_however_it_is_paged(monkeypatch: pytest.MonkeyPatch, page: int) -> None:
    monkeypatch.setattr(module, "PAGE", page)
    table = Table([request(at) for at in (0, 1, 1, 2, 3, 3, 4, 5)])
    found = from_influxdb("db", table, ReportChoice(HOUR))
    assert found.now.all.requests == 8
    assert set(found.now.routes) == {"GET /user/<id>"}


def test_the_route_is_that_of_the_row(monkeypatch: pytest.MonkeyPatch) -> None:
    table = Table([request(0, route="/user/<int:id>"), request(1, "/café/2")])
    assert set(from_influxdb("db", table, ReportChoice(HOUR)).now.routes) == {"GET /user/<int:id>", "GET /café/<id>"}
    each = from_influxdb("db", table, ReportChoice(HOUR, each_uri=True))
    assert set(each.now.routes) == {"GET /user/1", "GET /café/2"}
    assert {one.uri for one in each.slowest} == {"/user/1", "/café/2"}


def test_a_row_may_lack_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    found = from_influxdb("db", Table([request(0, ms=None), request(1)]), ReportChoice(HOUR))
    assert (found.now.all.requests, found.now.all.times.size) == (2, 1)


def test_times_may_have_fewer_digits() -> None:
    assert nanoseconds("1970-01-01T00:00:01Z") == 10**9
    assert nanoseconds("1970-01-01T00:00:01.5Z") == 1_500_000_000


def test_there_must_be_requests_and_for_a_deploy_a_start() -> None:
    with pytest.raises(UserError, match="no request"):
        from_influxdb("db", Table([]), ReportChoice(HOUR))
    with pytest.raises(UserError, match="no start or reload"):
        from_influxdb("db", Table([request(0)]), ReportChoice(HOUR, since_deploy=True))
