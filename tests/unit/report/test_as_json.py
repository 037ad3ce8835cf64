"""The JSON holds every figure of a report."""

import json
from pathlib import Path

from logshipper.report.as_json import as_json
from logshipper.report.periods import HOUR, ReportChoice
from tests.support.deploy_log import Behaviour, Release, lines_of
from tests.support.reports import report
from tests.support.request_lines import line, spread


def test_changes_have_their_numbers(tmp_path: Path) -> None:
    changed = {"/api/list": Behaviour(15, 180), "/pay": Behaviour(6, 120, 0.5, 0.2)}
    lines = lines_of(1, [Release(3000), Release(3000, changed)])
    found = json.loads(as_json(report(tmp_path, lines, ReportChoice(HOUR, since_deploy=True))))
    fails, slower = found["changes"]
    assert (fails["kind"], fails["route"], slower["kind"], slower["route"]) == (
        "fails", "POST /pay", "slower", "GET /api/list",
    )  # fmt: skip
    assert fails["share_bounds"][0] < 0.2 < fails["share_bounds"][1]
    assert slower["factor_bounds"][0] < 2 < slower["factor_bounds"][1]
    assert max(fails["p"], slower["p"]) < found["alpha"]
    assert found["deploy"].startswith("2026-03-01T")


def test_figures_of_a_period(tmp_path: Path) -> None:
    lines = [*spread(("/a" for _ in range(4)), ms=20), line("/b", ms=300, status=500)]
    found = json.loads(as_json(report(tmp_path, lines)))
    assert found["before"] is None
    assert found["now"]["requests"] == 5
    assert found["now"]["status_classes"] == {"2xx": 4, "5xx": 1}
    assert found["now"]["routes"]["GET /b"]["ms"] == {"p50": 300, "p95": 300, "p99": 300, "max": 300, "sum": 300}
    assert (found["slowest"][0]["uri"], found["slowest"][0]["time"]) == ("/b", "2026-03-01T12:00:00Z")
    assert found["lines"] == {"read": 5, "requests": 5, "rejected": 0, "not_a_request": 0}
