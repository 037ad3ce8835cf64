"""Messages about a log whose lines are not what its owner expects."""

import logging
from pathlib import Path

import pytest

from logshipper.parse.parser import Parser
from logshipper.ship.first_look import MANY_LINES, FirstLook
from tests.support.parsing import chunk, parser
from tests.support.request_lines import LINE

OTHER_FORMAT = "GET /a/b 200 5ms\n"


def look(*texts: str, offset: int = 0, given: Parser | None = None) -> FirstLook:
    """Return the look at a log after chunks of these texts."""
    given, found = given or parser(), FirstLook("/a.log", Path("/state/a.lines"))
    memory = given.memory("/a.log")
    for text in texts:
        part = chunk(text, offset)
        offset = part.end
        found.see(given.parse(part, memory))
    return found


def test_lines_in_another_format_are_reported_once_with_the_fix(caplog: pytest.LogCaptureFixture) -> None:
    look(OTHER_FORMAT * 2, OTHER_FORMAT)
    (said,) = caplog.messages
    assert said.startswith("/a.log: no pattern matches 2 lines that may be requests")
    assert "/state/a.lines" in said
    assert "`logshipper pattern YOUR.ini`" in said
    assert "`logshipper explain /a.log`" in said


def test_lines_that_name_too_many_measurements_are_reported_once_with_the_fix(caplog: pytest.LogCaptureFixture) -> None:
    look("a 1\nb 1\n", "c 1\n", given=parser("^%{WORD:m:measurement} %{INT:n:int}$", most_measurements=1))
    (said,) = caplog.messages
    assert said.startswith("/a.log: 1 line with more measurements than max_measurements")
    assert "/state/a.lines" in said
    assert "Raise max_measurements" in said


def test_a_log_without_requests_is_reported_after_many_lines(caplog: pytest.LogCaptureFixture) -> None:
    found = look("printed\n" * (MANY_LINES - 1))
    assert caplog.messages == []
    assert found.is_all_unknown
    look("printed\n" * MANY_LINES, "printed\n" * MANY_LINES)
    (said,) = caplog.messages
    assert said.startswith(f"/a.log: 0 requests in the first {MANY_LINES} lines ({MANY_LINES} app_output)")


def test_a_short_log_without_requests_is_reported_at_its_end(caplog: pytest.LogCaptureFixture) -> None:
    look("printed\n").end()
    assert caplog.messages[0].startswith("/a.log: 0 requests in the first line (1 app_output)")


@pytest.mark.parametrize(
    ("texts", "offset"),
    [((), 0), ((LINE + "\n", "printed\n" * 100), 0), (("printed\n" * 100,), 5_000), (("",), 0)],
    ids=["empty", "a request first", "the middle of a log", "nothing new"],
)
def test_other_logs_are_not_reported(texts: tuple[str, ...], offset: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    found = look(*texts, offset=offset)
    found.end()
    assert caplog.messages == []
    assert not found.is_all_unknown


def test_a_log_of_server_messages_only_is_not_a_failure() -> None:
    assert not look("spawned uWSGI worker 1 (pid: 7, cores: 1)\n" * 3).is_all_unknown
