"""Repeated messages become one and a count; nothing else is held back."""

import io
import json
import logging
import os
import re
from pathlib import Path

import pytest

from logshipper.log_handler import REPEATED, CountingHandler, formatter


class Messages:
    """A logger with the handler, a clock that we set, and what was written."""

    def __init__(self) -> None:
        self.now, self.stream = 0.0, io.StringIO()
        self.handler = CountingHandler(self.stream, lambda: self.now)

    def say(self, text: str, level: int = logging.INFO) -> None:
        self.handler.handle(logging.LogRecord("x", level, "", 0, "%s", (text,), None))

    @property
    def lines(self) -> list[str]:
        return self.stream.getvalue().splitlines()


def test_repeated_messages_are_shown_once_with_a_count() -> None:
    messages = Messages()
    for _ in range(100):
        messages.say("a")
    messages.say("b")
    messages.say("b")
    messages.handler.close()
    assert messages.lines == ["a", "the message before, 99 times more", "b", "the message before, once more"]


def test_a_message_that_keeps_coming_is_shown_again_after_a_while() -> None:
    messages = Messages()
    messages.say("a")
    messages.say("a")
    messages.now = REPEATED
    messages.say("a")
    assert messages.lines == ["a", "the message before, once more", "a"]


def test_the_same_text_at_another_level_is_another_message() -> None:
    messages = Messages()
    messages.say("a")
    messages.say("a", logging.ERROR)
    assert messages.lines == ["a", "a"]


def record(text: str, level: int = logging.INFO) -> logging.LogRecord:
    made = logging.LogRecord("x", level, "", 0, "%s", (text,), None)
    made.created, made.msecs = 1_800_000_000.5, 500.0
    return made


def test_json_is_one_object_on_a_line_whatever_a_message_quotes() -> None:
    found = json.loads(formatter("json").format(record('a "b"\nc', logging.ERROR)))
    assert found == {"time": "2027-01-15T08:00:00.500Z", "level": "ERROR", "message": 'a "b"\\x0ac'}


def test_in_the_journal_a_message_has_its_priority_and_no_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert re.match(r"\d{4}-\d\d-\d\dT.* INFO a$", formatter("text").format(record("a")))
    with (tmp_path / "journal").open("w") as journal:
        state = os.fstat(journal.fileno())
        monkeypatch.setattr("sys.stderr", journal)
        monkeypatch.setenv("JOURNAL_STREAM", f"{state.st_dev}:{state.st_ino}")
        levels = (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR)
        assert [formatter("text").format(record("a", level)) for level in levels] == ["<7>a", "<6>a", "<4>a", "<3>a"]
