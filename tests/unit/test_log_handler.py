"""Repeated messages become one and a count; nothing else is held back."""

import io
import logging

from logshipper.log_handler import REPEATED, CountingHandler


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
