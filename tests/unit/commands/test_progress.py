"""The line that says how far a command is: what it shows, and that it shows nothing without a terminal."""

import contextlib
import io
import logging
import re
import sys

import pytest

from logshipper.account import Account
from logshipper.commands.progress import ProgressLine, progress
from logshipper.log_handler import CountingHandler, formatter

CLEAR = "\r\x1b[K"


@pytest.fixture(autouse=True)
def _size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")


class Line:
    """A line with a clock that we set."""

    def __init__(self) -> None:
        self.now, self.stream = 100.0, io.TextIOWrapper(io.BytesIO(), "utf-8", newline="")
        self.line = ProgressLine(self.stream, lambda: self.now)

    def show(self, after: float, done: int, whole: int, account: Account) -> None:
        self.now = 100.0 + after
        self.line.show(done, whole, account)

    @property
    def drawn(self) -> list[str]:
        """Return what was drawn, without colours."""
        self.stream.seek(0)
        return re.sub("\x1b\\[[0-9;]*m", "", self.stream.read()).split(CLEAR)[1:]


def test_it_says_how_much_how_fast_what_became_of_it_and_how_long_it_takes() -> None:
    line = Line()
    line.show(0, 0, 4_000_000, Account())
    account = Account(read=20_000, written=19_000)
    account.rejected["no match"] = 5
    line.show(2, 1_000_000, 4_000_000, account)
    first, second = line.drawn
    assert first.endswith("   0% of 4 MB")
    assert second.endswith("  25% of 4 MB  20,000 lines, 10,000/s  19,000 written  5 rejected  6 s left")
    assert second.startswith("━━━━")
    assert len(second) < 120


def test_what_an_earlier_run_did_does_not_make_this_one_look_faster() -> None:
    line = Line()
    line.show(0, 3_000, 4_000, Account())
    line.show(10, 3_500, 4_000, Account())
    assert line.drawn[-1].endswith("10 s left")


def test_without_an_end_there_is_no_bar() -> None:
    line = Line()
    line.show(1, 5_000, 0, Account(read=10, written=10))
    assert line.drawn == ["5 kB  10 lines, 10/s  10 written"]


def test_a_narrow_terminal_gets_the_figures_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    line = Line()
    line.show(1, 1_000, 4_000, Account(read=10, written=10))
    assert "━" not in line.drawn[0]


def test_it_is_drawn_ten_times_a_second_at_most() -> None:
    line = Line()
    for step in range(100):
        line.show(step / 100, step, 100, Account())
    assert 9 <= len(line.drawn) <= 11


def test_a_terminal_without_unicode_gets_other_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), "ascii", newline="")
    monkeypatch.setenv("NO_COLOR", "1")
    ProgressLine(stream).show(1, 2, Account())
    stream.seek(0)
    assert re.fullmatch(r"\r\x1b\[K#+-+ +50% of 2 B", stream.read())


@pytest.mark.parametrize("given", ["1", "yes"])
def test_no_color_leaves_the_bar_without_colours(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", given)
    line = Line()
    line.show(1, 1, 2, Account())
    line.stream.seek(0)
    assert "\x1b[3" not in line.stream.read()


class Terminal(io.StringIO):
    """What stderr is in a terminal, and all that was written there."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_a_message_takes_the_place_of_the_line() -> None:
    with contextlib.redirect_stderr(Terminal()) as shown:
        handler = CountingHandler()
        handler.setFormatter(formatter("text"))
        logging.getLogger().addHandler(handler)
        try:
            with progress() as show:
                show(1, 2, Account())
                logging.getLogger("logshipper").warning("a message")
        finally:
            logging.getLogger().removeHandler(handler)
        assert handler.before is None
        assert re.search(r"50% of 2 B\r\x1b\[K[-\dT:]+ WARNING a message\n$", shown.getvalue())


def test_elsewhere_nothing_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    with progress() as show:
        show(1, 2, Account())
    assert stream.getvalue() == ""


def test_a_dumb_terminal_gets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    with contextlib.redirect_stderr(Terminal()) as shown:
        with progress() as show:
            show(1, 2, Account())
        sys.stderr.write("end")
        assert shown.getvalue() == "end"
