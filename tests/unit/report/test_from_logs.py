"""A report of log files: its figures are those that SQLite finds in the shipped rows; what changed is named."""

import gzip
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from logshipper.errors import UserError
from logshipper.report.from_logs import from_logs
from logshipper.report.periods import HOUR, ReportChoice
from tests.support.deploy_log import Behaviour, Release, lines_of
from tests.support.reports import parser, report, write
from tests.support.request_lines import START, line, spread
from tests.support.requests_log import store

ALL = ReportChoice(1000 * HOUR)
SINCE_DEPLOY = ReportChoice(HOUR, since_deploy=True)
CHANGED = {"/api/list": Behaviour(15, 90 * 1.3), "/pay": Behaviour(6, 120, 0.5, 0.1)}


def test_the_figures_are_those_of_sqlite(tmp_path: Path) -> None:
    lines = list(lines_of(3, [Release(2000), Release(1000)]))
    found = report(tmp_path, lines, ALL)
    with sqlite3.connect(store(lines, tmp_path)) as database:
        for name, route in found.now.routes.items():
            method, _, uri = name.partition(" ")
            times = [ms for (ms,) in database.execute(
                "SELECT resTime FROM uwsgi_log WHERE method = ? AND uri = ? ORDER BY 1", (method, uri)
            )]  # fmt: skip
            assert (route.requests, route.times.sum) == (len(times), sum(times))
            # The nearest rank: as many requests as the share asks for took this long or less.
            for share in (0.5, 0.95, 0.99):
                assert route.times.percentile(share) == times[-int(-share * len(times) // 1) - 1]
        statuses = dict(database.execute("SELECT status, count(*) FROM uwsgi_log GROUP BY 1").fetchall())
        events = dict(database.execute("SELECT kind, count(*) FROM uwsgi_event GROUP BY 1").fetchall())
        (most,) = database.execute("SELECT max(resTime) FROM uwsgi_log").fetchone()
    assert found.now.statuses == statuses
    assert found.now.events == events
    assert found.slowest[0].ms == most
    assert sum(bar.requests for bar in found.bars) == 3000


@pytest.mark.slow
def test_of_three_reloads_the_last_changed_two_routes(tmp_path: Path) -> None:
    releases = [Release(4000), Release(4000), Release(5000), Release(5000, CHANGED)]
    found = report(tmp_path, lines_of(1, releases), SINCE_DEPLOY)
    assert [(one.kind, one.name) for one in found.changes.findings] == [
        ("fails", "POST /pay"),
        ("slower", "GET /api/list"),
    ]
    assert found.before
    assert (found.before.all.requests, found.now.all.requests) == (5000, 5000)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_without_a_change_there_is_no_verdict(tmp_path: Path, seed: int) -> None:
    found = report(tmp_path, lines_of(seed, [Release(2500), Release(1500)]), SINCE_DEPLOY)
    assert found.changes.findings == []
    assert found.changes.compared >= 8


def test_the_period_before_may_be_in_a_rotated_copy(tmp_path: Path) -> None:
    older = [line("/", at=START + timedelta(minutes=n), number=n) for n in range(1, 61)]
    (tmp_path / "app.log.1.gz").write_bytes(gzip.compress("".join(older).encode()))
    newer = [line("/", at=START + timedelta(minutes=60 + n)) for n in range(1, 61)]
    found = report(tmp_path, newer)
    assert found.before
    assert (found.before.all.requests, found.now.all.requests) == (60, 60)
    assert [Path(name).name for name in found.source.names] == ["app.log.1.gz", "app.log"]


def test_a_log_that_begins_within_the_period_has_nothing_to_compare_with(tmp_path: Path) -> None:
    found = report(tmp_path, spread("/" for _ in range(10)))
    assert found.before is None
    assert found.now.end - found.now.start < 11e9


def test_routes_are_guessed_unless_each_uri_is_wanted(tmp_path: Path) -> None:
    lines = spread(f"/user/{n}" for n in range(3))
    guessed = report(tmp_path, lines)
    assert set(guessed.now.routes) == {"GET /user/<id>"}
    assert any("guessed" in note for note in guessed.source.notes)
    assert len(report(tmp_path, lines, ReportChoice(HOUR, each_uri=True)).now.routes) == 3


def test_lines_that_are_not_counted_are_said(tmp_path: Path) -> None:
    found = report(tmp_path, [line("/"), "[pid: torn\n"])
    assert any(note.startswith("1 lines could not be read") for note in found.source.notes)


def test_secrets_are_shown_nowhere(tmp_path: Path) -> None:
    found = report(tmp_path, [line("/a;token=SECRET?password=SECRET&page=2", ms=900)])
    assert "SECRET" not in str(found)
    assert "page=2" in found.slowest[0].uri


def test_there_must_be_a_request_and_for_a_deploy_a_start(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no request"):
        report(tmp_path, ["hello\n"])
    with pytest.raises(UserError, match="no start or reload"):
        report(tmp_path, [line("/")], SINCE_DEPLOY)


def test_several_logs_are_one_report(tmp_path: Path) -> None:
    names = [str(write(tmp_path, [line("/", number=n)], f"{n}.log")) for n in (1, 2)]
    assert from_logs(names, parser(), ALL).now.all.requests == 2
