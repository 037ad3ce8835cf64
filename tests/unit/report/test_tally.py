"""Requests are counted by route, status and milliseconds; whatever a format calls these."""

import pytest

from logshipper.points import PointRow, PointShape
from logshipper.report import tally as module
from logshipper.report.periods import SECOND, Period
from logshipper.report.routes import OTHER, Names, plain_path
from logshipper.report.tally import UNKNOWN, Counting, Tally, columns_of

START = 1_770_000_000 * SECOND
UWSGI = PointShape("", (), tuple((name, str) for name in ("method", "uri", "status", "resTime", "remoteAddr")))
EVENT = PointShape("uwsgi_event", ("kind",), (("message", str),))


def row(uri: str = "/", ms: str = "5", status: str = "200", second: int = 0, method: str = "GET") -> PointRow:
    return UWSGI, (method, uri, status, ms, "10.0.0.1"), START + second * SECOND


def counted(rows: list[PointRow], *periods: Period) -> list[Tally]:
    counting = Counting(periods or [Period(START, START + 100 * SECOND)], Names(plain_path))
    counting.take(rows)
    return counting.tallies


def test_requests_are_counted_exactly() -> None:
    (found,) = counted([row("/a"), row("/a"), row("/a", ms="6"), row("/b", status="500")])
    assert found.counts == {("GET /a", 200, 5): 2, ("GET /a", 200, 6): 1, ("GET /b", 500, 5): 1}
    assert sum(found.minutes.values()) == 4
    assert (found.first, found.last) == (START, START)


def test_a_chunk_may_lie_in_two_periods_and_outside() -> None:
    periods = Period(START, START + 10 * SECOND), Period(START + 10 * SECOND, START + 20 * SECOND)
    before, now = counted([row(second=second) for second in (-1, 0, 9, 10, 19, 20)], *periods)
    assert (before.counts.total(), now.counts.total()) == (2, 2)


def test_events_are_counted_by_kind() -> None:
    event = EVENT, ("reload", "...gracefully killing workers..."), START
    (found,) = counted([row(), event, event])
    assert found.events == {"reload": 2}
    assert found.counts.total() == 1


def test_the_slowest_are_kept_with_what_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SLOWEST", 2)
    counting = Counting([Period(START, START + SECOND)], Names(plain_path), str.upper)
    for ms in ("5", "70", "6", "80", "7"):
        counting.take([row("/a?q=1", ms=ms)])
    found = counting.tallies[0].slowest
    assert [(one.ms, one.uri, one.name, one.address) for one in found] == [
        (80, "/A?Q=1", "GET /a", "10.0.0.1"), (70, "/A?Q=1", "GET /a", "10.0.0.1"),
    ]  # fmt: skip


def test_tallies_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    (one,), (other,) = counted([row("/a", second=1)]), counted([row("/a", second=9), row("/b", ms="99")])
    one.merge(other)
    assert one.counts == {("GET /a", 200, 5): 2, ("GET /b", 200, 99): 1}
    assert (one.first, one.last, one.slowest[0].ms) == (START, START + 9 * SECOND, 99)


def test_names_that_are_not_kept_become_other() -> None:
    (found,) = counted([row("/a"), row("/b"), row("/c")])
    found.keep_names({"GET /a"})
    assert found.counts == {("GET /a", 200, 5): 1, (OTHER, 200, 5): 2}


@pytest.mark.parametrize(
    ("field", "cell", "expected"),
    [
        ("resTime", "7", 7), ("resTimeMicros", "7999", 7), ("resTimeSecs", "0.0079", 7), ("requestTime", "1.234", 1234),
        ("resTime", "", UNKNOWN), ("other", "7", UNKNOWN),
    ],
)  # fmt: skip
def test_times_are_whole_milliseconds_whatever_their_unit(field: str, cell: str, expected: int) -> None:
    assert columns_of([field], [(cell,)]).ms == [expected]


def test_a_line_has_one_of_two_time_fields() -> None:
    assert columns_of(["resTime", "resTimeMicros"], [("7", ""), ("", "8000"), ("", "")]).ms == [7, 8, UNKNOWN]


def test_other_formats_have_other_names() -> None:
    found = columns_of(["verb", "request", "resp_code", "client_ip"], [("GET", "/a", "404", "::1")])
    assert (found.methods, found.uris, found.statuses, found.addresses) == (("GET",), ("/a",), [404], ("::1",))


def test_a_status_may_be_missing() -> None:
    assert columns_of(["uri", "status"], [("/", ""), ("/", "-")]).statuses == [UNKNOWN, UNKNOWN]
