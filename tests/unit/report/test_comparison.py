"""What changed and matters is named, the worst first; what chance explains is not."""

from collections import Counter
from collections.abc import Iterable

import pytest

from logshipper.report.comparison import FEW, Change, Route, changes, no_route, routes_of, together
from logshipper.report.routes import OTHER
from logshipper.report.tally import UNKNOWN, Key

Group = tuple[str, int, int, int]
"""A route, a status, milliseconds, and how many requests had them."""


def routes(*groups: Group) -> dict[str, Route]:
    counts = Counter[Key]()
    for name, status, ms, count in groups:
        counts[name, status, ms] += count
    return routes_of(counts)


def around(name: str, median: int, count: int = 400) -> Iterable[Group]:
    """Return requests whose times spread evenly from half to one and a half of the median."""
    return [(name, 200, median // 2 + median * at // 40, count // 40) for at in range(40)]


BASE = (*around("GET /a", 40), *around("GET /b", 80), *around("GET /c", 20))


def kinds(found: Iterable[Change]) -> list[tuple[str, str]]:
    return [(one.kind, one.name) for one in found]


def test_equal_periods_have_no_findings() -> None:
    found = changes(routes(*BASE), routes(*BASE))
    assert (found.findings, found.compared, found.few) == ([], 3, 0)


def test_a_slower_route_is_named_with_its_shift() -> None:
    after = (*around("GET /a", 40), *around("GET /b", 104), *around("GET /c", 20))
    (found,) = changes(routes(*BASE), routes(*after)).findings
    assert (found.kind, found.name) == ("slower", "GET /b")
    assert found.shift
    assert found.shift.low < 1.3 < found.shift.high
    (back,) = changes(routes(*after), routes(*BASE)).findings
    assert (back.kind, back.name) == ("faster", "GET /b")


def test_a_slow_tail_is_a_change_too() -> None:
    after = (*BASE[:-40], *around("GET /c", 20, 360), ("GET /c", 200, 400, 40))
    (found,) = changes(routes(*BASE), routes(*after)).findings
    assert (found.kind, found.name, found.percentile) == ("slower", "GET /c", 0.95)


@pytest.mark.parametrize(("status", "kind"), [(500, "fails"), (404, "refused")])
def test_a_failing_route_is_named(status: int, kind: str) -> None:
    found = changes(routes(*BASE), routes(*BASE, ("GET /a", status, 40, 30))).findings
    assert kinds(found) == [(kind, "GET /a")]
    assert found[0].bounds[0] < 30 / 430 < found[0].bounds[1]


def test_failures_that_end_are_good_news() -> None:
    assert kinds(changes(routes(*BASE, ("GET /a", 500, 40, 30)), routes(*BASE)).findings) == [("recovered", "GET /a")]


def test_failures_come_first_then_slowness() -> None:
    after = (*around("GET /a", 60), *BASE[40:], ("GET /c", 500, 20, 30), *around("GET /new", 9))
    found = changes(routes(*BASE), routes(*after)).findings
    assert kinds(found) == [("fails", "GET /c"), ("slower", "GET /a"), ("new", "GET /new")]


def test_a_certain_change_that_does_not_matter_is_no_finding() -> None:
    many = [(name, status, ms, count * 1000) for name, status, ms, count in around("GET /a", 100)]
    slower = [(name, status, ms + 3, count) for name, status, ms, count in many]
    assert changes(routes(*many), routes(*slower)).findings == []


def test_few_requests_are_not_judged_by_their_times() -> None:
    few = FEW - 1
    found = changes(routes(*BASE, ("GET /d", 200, 10, few)), routes(*BASE, ("GET /d", 200, 90, few)))
    assert (found.findings, found.compared, found.few) == ([], 3, 1)


def test_a_handful_of_failures_can_be_certain() -> None:
    before, after = ("POST /pay", 200, 9, 20), ("POST /pay", 500, 9, 20)
    assert kinds(changes(routes(*BASE, before), routes(*BASE, after)).findings) == [("fails", "POST /pay")]


def test_traffic_is_measured_against_the_other_routes() -> None:
    twice = [(name, status, ms, count * 2) for name, status, ms, count in BASE]
    assert changes(routes(*BASE), routes(*twice)).findings == []
    busy = (*BASE[:80], *around("GET /c", 20, 4000))
    assert kinds(changes(routes(*BASE), routes(*busy)).findings) == [("busier", "GET /c")]
    assert kinds(changes(routes(*busy), routes(*BASE)).findings) == [("quieter", "GET /c")]
    assert kinds(changes(routes(*BASE), routes(*BASE[40:])).findings) == [("gone", "GET /a")]


def test_pages_that_nobody_has_are_no_new_routes() -> None:
    assert changes(routes(*BASE), routes(*BASE, ("GET /wp-login.php", 404, 1, 500))).findings == []


def test_what_was_put_together_is_not_compared() -> None:
    assert changes(routes(*BASE), routes(*BASE, *around(OTHER, 900))).findings == []


def test_requests_without_a_time_count_as_requests() -> None:
    found = routes(("GET /a", 200, UNKNOWN, 3), ("GET /a", 500, 7, 1))["GET /a"]
    assert (found.requests, found.times.size, found.share(5)) == (4, 1, 0.25)


def test_all_routes_together() -> None:
    found = together(routes(("GET /a", 200, 5, 3), ("GET /b", 404, 7, 1)).values())
    assert (found.requests, dict(found.classes), found.times.counts) == (4, {2: 3, 4: 1}, {5: 3, 7: 1})
    assert no_route("x").share(5) == 0
