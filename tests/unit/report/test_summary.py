"""What all forms of a report show: the parts, the routes in order, the bars over time."""

from datetime import timedelta
from itertools import pairwise
from pathlib import Path

from logshipper.report.periods import HOUR, SECOND, ReportChoice
from tests.support.reports import report
from tests.support.request_lines import START, line, spread

BEGIN = int(START.timestamp()) * SECOND


def test_routes_are_ordered_by_the_time_they_take_and_by_their_failures(tmp_path: Path) -> None:
    lines = [line("/fast"), *[line("/slow", ms=900)] * 2, line("/bad", status=500), *[line("/worse", status=502)] * 3]
    found = report(tmp_path, lines)
    assert found.slow_routes()[0].name == "GET /slow"
    assert [route.name for route in found.failing_routes()] == ["GET /worse", "GET /bad"]
    assert found.now.statuses == {200: 3, 500: 1, 502: 3}


def test_a_part_begins_with_the_log_if_that_is_later(tmp_path: Path) -> None:
    found = report(tmp_path, spread(("/" for _ in range(11)), every=60), ReportChoice(24 * HOUR))
    assert (found.now.start, found.now.end) == (BEGIN, BEGIN + 600 * SECOND + SECOND)
    assert round(found.now.rate, 4) == round(11 / 601, 4)


def test_bars_cover_the_period_without_gaps(tmp_path: Path) -> None:
    lines = [line("/", at=START), line("/", at=START + timedelta(hours=20), status=500)]
    bars = report(tmp_path, lines, ReportChoice(24 * HOUR)).bars
    steps = {after.start - before.start for before, after in pairwise(bars)}
    assert len(steps) == 1
    assert len(bars) <= 97
    assert (sum(bar.requests for bar in bars), bars[-1].failed) == (2, 1)
