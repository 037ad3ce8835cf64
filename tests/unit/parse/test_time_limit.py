"""Matching ends in time, whatever the user's pattern and the stranger's line; signals are answered meanwhile."""

import gc
import os
import re
import signal
import threading
import time
from types import FrameType

import pytest

from logshipper.parse import time_limit
from logshipper.parse.time_limit import LINE, TooSlowError, in_time
from tests.support.parsing import chunk, parser
from tests.support.request_lines import LINE as REQUEST

USER = "%{IPORHOST:ip} %{USER:u} %{DATA:a} %{DATA:b} %{DATA:c}: %{NUMBER:n:int}"
GOOD = "10.0.0.1 ann a b c: 5"
# Patterns that people write, and a line on which each would need minutes or years.
HOSTILE = [
    (USER, GOOD, "10.0.0.1 ann " + "a " * 2_000),
    (r"^(?:\w+ ?)+: %{INT:n:int}$", "a b: 1", "a" * 4_000),
    (r"%{DATA:a},%{DATA:b},%{DATA:c},%{DATA:d};%{GREEDYDATA:e}", "1,2,3,4;5", "," * 4_000),
    (r"(?:%{NOTSPACE:k}=%{NOTSPACE:v:tag}\s*)+;", "a=b;", "a=" * 2_000),
    (r"^(?:[a-z]+[0-9]*)*!%{INT:n:int}", "a1!1", "abc" * 1_300),
]


@pytest.fixture(autouse=True)
def no_slow_lines_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time_limit._timer, "halvings", 0)


@pytest.mark.parametrize(("pattern", "good", "hostile"), HOSTILE)
def test_a_line_that_takes_too_long_is_rejected_alone_with_the_name_of_the_pattern(
    pattern: str, good: str, hostile: str
) -> None:
    given = parser(pattern)
    started = time.process_time()
    batch = given.parse(chunk(f"{good}\n{hostile}\n{good}\n"), given.memory(""))
    assert time.process_time() - started < 1.0
    assert [line.reason for line in batch.rejected] == [f"takes too long to match: {pattern}"]
    assert [line.line.decode() for line in batch.rejected] == [hostile]
    assert len(batch.points) == 2


@pytest.mark.slow
def test_the_time_limit_shrinks_with_many_slow_lines() -> None:
    given = parser(USER)
    started = time.process_time()
    batch = given.parse(chunk(f"{HOSTILE[0][2]}\n" * 30), given.memory(""))
    assert len(batch.rejected) == 30
    assert time.process_time() - started < 30 * LINE


@pytest.mark.slow
def test_a_signal_is_handled_while_a_line_is_matched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time_limit, "LINE", 0.5)
    handled: list[float] = []

    def note(number: int, frame: FrameType | None) -> None:
        handled.append(time.process_time())

    before = signal.signal(signal.SIGUSR1, note)
    try:
        started = time.process_time()
        threading.Timer(0.0, os.kill, (os.getpid(), signal.SIGUSR1)).start()
        with pytest.raises(TooSlowError, match="bomb"):
            in_time(re.compile("(a+)+b").match, "a" * 4_000, 1, "bomb")
        assert handled[0] - started < 0.4 < time.process_time() - started
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_a_collection_of_garbage_makes_no_line_slow() -> None:
    def collect_slowly(phase: str, info: dict[str, int]) -> None:
        end = time.process_time() + 2 * LINE
        while time.process_time() < end:
            pass

    def match(text: str) -> list[list[str]]:
        return [[text] for _ in range(10_000)]

    before = gc.get_threshold()
    gc.set_threshold(700)  # another test of this process may have made collections rare
    gc.callbacks.append(collect_slowly)
    try:
        assert len(in_time(match, "a", 1, "fine")) == 10_000
        assert gc.isenabled()
    finally:
        gc.callbacks.remove(collect_slowly)
        gc.set_threshold(*before)


class Busy:
    """Works in its destructor, where Python swallows every exception, until the time limit rings."""

    def __del__(self) -> None:
        while True:
            pass


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_limit_that_rang_in_a_destructor_rings_again() -> None:
    def match(text: str) -> object:
        del [Busy()][0]
        return re.match("(a+)+b", text)

    with pytest.raises(TooSlowError, match="bomb"):
        in_time(match, "a" * 4_000, 1, "bomb")


def test_the_packaged_patterns_never_reach_the_time_limit() -> None:
    given = parser()
    for part in ("[pid: 1|", "(a", "{1 vars", " => ", "a b ", "?" * 9):
        batch = given.parse(chunk(f"{REQUEST[:40]}{part * (30_000 // len(part))}\n{REQUEST}\n"), given.memory(""))
        assert len(batch.points) == 1
        assert "too long to match" not in "".join(line.reason for line in batch.rejected)


def test_other_threads_match_without_a_limit() -> None:
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.append(in_time(len, "four", 1, "")))
    thread.start()
    thread.join()
    assert found == [4]


def test_an_error_while_matching_stops_the_timer() -> None:
    with pytest.raises(ZeroDivisionError):
        in_time(lambda text: 1 // len(text), "", 1, "")
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0.0, 0.0)
