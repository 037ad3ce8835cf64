"""The window holds the requests of the last seconds, and nothing else."""

from collections.abc import Sequence

from logshipper.points import PointRow, PointShape, Rows
from logshipper.report.periods import SECOND
from logshipper.report.routes import Names, plain_path
from logshipper.top.window import RecentRequests, Snapshot

START = 1_770_000_000
REQUEST = PointShape("", (), tuple((name, str) for name in ("method", "uri", "status", "resTime", "remoteAddr", "pid")))
EVENT = PointShape("uwsgi_event", ("kind",), (("message", str),))


def request(second: float, uri: str = "/", ms: int = 10, address: str = "10.0.0.1", status: int = 200) -> PointRow:
    values = ("GET", uri, str(status), str(ms), address, str(ms % 3))
    return REQUEST, values, START * SECOND + round(second * SECOND)


def window(rows: Sequence[PointRow], seconds: int = 60) -> RecentRequests:
    made = RecentRequests(seconds, Names(plain_path), str.upper)
    made.take(Rows([row for row in rows if row[0] is REQUEST]), Rows([row for row in rows if row[0] is EVENT]), 0.0)
    return made


def total(snapshot: Snapshot) -> int:
    return snapshot.all.requests


def test_requests_are_counted_by_route_address_and_worker() -> None:
    found = window([request(0, "/a", 30), request(1, "/a", 31), request(2, "/b", 900, "10.0.0.2")]).snapshot(0.0)
    assert {name: route.requests for name, route in found.routes.items()} == {"GET /a": 2, "GET /b": 1}
    assert found.addresses == [("10.0.0.1", 2), ("10.0.0.2", 1)]
    assert (found.slowest[0].ms, found.slowest[0].uri, found.workers) == (900, "/B", 2)
    assert (found.seconds, round(found.busy, 4)) == (2.0, round(0.961 / 2, 4))


def test_what_is_older_than_the_window_is_subtracted() -> None:
    made = window([request(0, "/old"), request(30, "/new")])
    assert total(made.snapshot(0.0)) == 2
    assert set(made.snapshot(31.0).routes) == {"GET /new"}
    assert total(made.snapshot(100.0)) == 0
    assert made.snapshot(100.0).addresses == []
    assert not made.counts


def test_lines_that_were_old_when_they_were_read_are_not_counted() -> None:
    assert total(window([request(100), request(0)]).snapshot(0.0)) == 1


def test_time_is_that_of_the_log_and_goes_on_without_lines() -> None:
    made = window([request(0)])
    assert made.now(0.0) == START * SECOND
    assert made.now(2.5) == START * SECOND + 5 * SECOND // 2


def test_rates_are_those_of_each_part_of_the_window() -> None:
    found = window([request(0), request(0), request(1)]).snapshot(0.0)
    assert found.rates[-2:] == [2.0, 1.0]
    wide = window([request(at) for at in range(100)], 600).snapshot(0.0)
    assert max(wide.rates) == 1.0
    assert total(wide) == 100


def test_events_are_kept_with_what_they_say() -> None:
    event = EVENT, ("harakiri", "*** HARAKIRI ON WORKER 3"), START * SECOND
    found = window([request(0), event]).snapshot(0.0)
    assert [(one.kind, one.message) for one in found.events] == [("harakiri", "*** HARAKIRI ON WORKER 3")]
    assert total(found) == 1


def test_events_are_in_the_order_of_their_times() -> None:
    events = [(EVENT, (kind, ""), (START + second) * SECOND) for kind, second in (("reload", 9), ("start", 2))]
    assert [one.kind for one in window(events).snapshot(0.0).events] == ["start", "reload"]


def test_an_empty_window_has_a_snapshot() -> None:
    found = window([]).snapshot(5.0)
    assert (total(found), found.now, found.workers, found.slowest) == (0, 0, 0, [])
