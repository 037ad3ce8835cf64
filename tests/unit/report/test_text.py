"""The text fits a terminal and shows each part of a report."""

from pathlib import Path

import pytest

from logshipper.report.periods import HOUR, ReportChoice
from logshipper.report.text import as_text
from tests.support.deploy_log import Behaviour, Release, lines_of
from tests.support.reports import report
from tests.support.request_lines import line

SINCE_DEPLOY = ReportChoice(HOUR, since_deploy=True)
RELEASES = [Release(2000), Release(2000, {"/pay": Behaviour(6, 120, 0.5, 0.2)})]


@pytest.mark.parametrize("width", [80, 100, 140])
def test_no_line_is_longer_than_the_terminal(tmp_path: Path, width: int) -> None:
    lines = [*lines_of(1, RELEASES), line("/a/very/long/path" * 20, ms=9000, at="Sun Mar  1 12:50:00 2026")]
    text = as_text(report(tmp_path, lines, SINCE_DEPLOY), width=width)
    assert max(len(one) for one in text.splitlines() if not one.startswith("/")) <= width


def test_all_parts_are_there(tmp_path: Path) -> None:
    text = as_text(report(tmp_path, lines_of(1, RELEASES), SINCE_DEPLOY))
    titles = (
        "All requests", "Requests over time", "Failures over time", "What changed", "Where the time goes", "What fails",
        "Status", "The slowest requests",
    )  # fmt: skip
    positions = [text.index(f"\n{title}") for title in titles]
    assert positions == sorted(positions)
    assert "fails more   POST /pay" in text


def test_a_report_without_a_period_before_has_one_column(tmp_path: Path) -> None:
    text = as_text(report(tmp_path, [line("/")]))
    assert "before" not in text.split("What changed")[0]
    assert "There is nothing to compare with" in text


def test_what_a_client_sends_cannot_steer_the_terminal(tmp_path: Path) -> None:
    assert "\x1b" not in as_text(report(tmp_path, [line("/\x1b[31mred", ms=900)]))


def test_paint_gets_the_titles_and_the_findings(tmp_path: Path) -> None:
    text = as_text(report(tmp_path, lines_of(1, RELEASES), SINCE_DEPLOY), paint=lambda text, style: f"<{style}>{text}")
    assert "<bold>What changed" in text
    assert "<red>  fails more" in text
