"""Numbers, times and findings in words."""

from datetime import UTC
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from logshipper.report.periods import HOUR, SECOND, ReportChoice
from logshipper.report.wording import (
    by,
    chance,
    compared_with,
    length,
    millis,
    moment,
    percent,
    rate,
    sentence,
    verdict,
    zone_name,
)
from tests.support.deploy_log import Behaviour, Release, lines_of
from tests.support.reports import report
from tests.support.request_lines import spread

SINCE_DEPLOY = ReportChoice(HOUR, since_deploy=True)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, "0 %"), (0.00123, "0.12 %"), (0.0456, "4.6 %"), (0.99999, "99.9 %"), (1, "100 %")],
)
def test_shares(value: float, expected: str) -> None:
    assert percent(value) == expected


@pytest.mark.parametrize(("value", "expected"), [(7, "7 ms"), (9999, "9,999 ms"), (12_345, "12.3 s"), (7.2e6, "2 h")])
def test_milliseconds(value: float, expected: str) -> None:
    assert millis(value) == expected


@pytest.mark.parametrize(("value", "expected"), [(1.3, "+30 %"), (0.5, "-50 %"), (3.21, "x3.2"), (1, "+0 %")])
def test_factors(value: float, expected: str) -> None:
    assert by(value) == expected


def test_rates_lengths_and_chances() -> None:
    assert (rate(1234.5), rate(0.5)) == ("1,234.5/s", "30.0/min")
    assert (length(26 * HOUR), length(90 * SECOND), length(0)) == ("1 d 2 h", "1 min 30 s", "0 s")
    assert [chance(p) for p in (1e-9, 0.002, 1 / 297_337)] == ["1 in a million or less", "1 in 500", "1 in 300,000"]


def test_times_are_in_the_zone_of_the_log() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert (moment(0, berlin), zone_name(0, berlin)) == ("1970-01-01 01:00", "CET")


def test_what_changed_in_words(tmp_path: Path) -> None:
    changed = {"/api/list": Behaviour(15, 180), "/pay": Behaviour(6, 120, 0.5, 0.2)}
    found = report(tmp_path, lines_of(1, [Release(3000), Release(3000, changed)]), SINCE_DEPLOY)
    assert verdict(found).startswith("2 routes got worse; chance alone does not explain it. ")
    fails, slower = (sentence(one, found) for one in found.changes.findings)
    assert fails.startswith("5xx ")
    assert "95 % sure" in fails
    assert slower.startswith("p50 9")
    assert any("since the start or reload at 2026-03-01" in one for one in compared_with(found, UTC))


def test_verdicts_without_a_change(tmp_path: Path) -> None:
    assert verdict(report(tmp_path, spread("/" for _ in range(9)))).startswith("There is nothing to compare with")
    equal = report(tmp_path, lines_of(1, [Release(900), Release(900)]), SINCE_DEPLOY)
    assert verdict(equal).startswith("No route got slower, faster, or fails more often than chance explains.")
    few = report(tmp_path, lines_of(1, [Release(20), Release(20)]), SINCE_DEPLOY)
    assert verdict(few).startswith("Too few requests to judge")
