"""The last lines of a log: what is said of their format, their times, and the values of their tags."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from logshipper.checks.finding import Finding
from logshipper.checks.lines import LINES, CheckedInput, Sample, check_lines, first_time
from logshipper.settings.options import Grok, Input, Settings
from logshipper.wiring.parsers import build_parser
from tests.support.request_lines import line

AT = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
NOW = AT.timestamp()
UTC_INPUT = Input(grok=Grok(timezone="UTC"))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "app.log"


def check(log: Path, text: str, given: Input = UTC_INPUT, written: float = NOW) -> list[Finding]:
    log.write_text(text)
    os.utime(log, (written, written))
    return list(check_lines(CheckedInput.of(Settings(), given), Sample.of(str(log)), None, NOW))


def test_only_the_last_lines_are_read_and_the_unfinished_one_is_left(log: Path) -> None:
    log.write_text("".join(f"line {number}\n" for number in range(3 * LINES)) + "half a l")
    sample = Sample.of(str(log))
    assert sample.data.count(b"\n") == LINES
    assert sample.data.startswith(b"line 2000\n")
    assert log.read_bytes()[sample.offset :].startswith(sample.data)
    assert sample.last_line().data == b"line 2999\n"


def test_a_log_that_is_right_is_good(log: Path) -> None:
    found = check(log, line(at=AT))
    assert [(one.status, one.subject) for one in found] == [("good", "lines"), ("good", "time"), ("good", "tags")]


def test_nothing_is_said_of_an_empty_log(log: Path) -> None:
    assert check(log, "") == []


def test_another_servers_lines_get_its_pattern(log: Path) -> None:
    found = check(log, '192.0.2.1 - - [01/Mar/2026:12:00:00 +0000] "GET / HTTP/1.1" 200 5\n')
    assert [one.status for one in found] == ["bad"]
    assert found[0].fix.startswith('set patterns = ["%{')


@pytest.mark.parametrize("hours", [-5, 9])
def test_a_wrong_zone_is_noticed_on_the_last_line(log: Path, hours: int) -> None:
    found = check(log, line(at=AT), written=NOW - hours * 3600)
    if hours > 0:  # in the future: the clock says so without the writing
        found = list(check_lines(CheckedInput.of(Settings(), UTC_INPUT), Sample.of(str(log)), None, NOW - hours * 3600))
    assert [one.status for one in found if one.subject == "time"] == ["bad"]


def test_a_copied_log_of_an_old_day_is_not_taken_for_another_zone(log: Path) -> None:
    found = check(log, line(at=AT), written=NOW + 90 * 86_400)
    assert [one.status for one in found if one.subject == "time"] == ["good"]


def test_the_first_request_says_how_old_a_log_is(log: Path) -> None:
    log.write_text("*** Starting uWSGI ***\n" + line(at=AT))
    parser = build_parser(Settings(), UTC_INPUT, rows=True)
    found = first_time(parser, str(log))
    assert found is not None
    assert int(found) == int(NOW)
    log.write_text("starting\n")
    assert first_time(parser, str(log)) is None
