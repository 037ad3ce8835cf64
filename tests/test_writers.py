"""The threads that deliver."""

import threading

from logshipper.deliver import Control
from logshipper.outputs import Hold, Refused
from logshipper.writers import Task, Writers
from tests.test_deliver import POINTS, FakeOutput


def test_writers_hand_back_what_became_of_each_task() -> None:
    woken: list[None] = []
    ctl = Control(lambda kind, reason: None)
    output = FakeOutput(lambda lines: Refused("bad") if "p1" in lines else None)
    writers = Writers(lambda: output, 1, 100, ctl, lambda: woken.append(None))
    writers.start()
    writers.submit(Task(1, POINTS))
    writers.submit(Task(2, ["q"]))
    results = [writers.results.get(timeout=10) for _ in range(2)]
    assert [(result.number, result.refused) for result in results] == [(1, {1: "bad"}), (2, {})]
    writers.stop(10)
    assert len(woken) == 2


def test_an_error_that_nobody_expected_is_handed_on() -> None:
    def fail(lines: list[str]) -> None:
        raise ZeroDivisionError

    writers = Writers(lambda: FakeOutput(fail), 1, 100, Control(lambda kind, reason: None), lambda: None)
    writers.start()
    writers.submit(Task(1, POINTS))
    assert isinstance(writers.results.get(timeout=10).error, ZeroDivisionError)


def test_a_writer_that_is_stuck_is_left_behind() -> None:
    stuck = threading.Event()

    def wait(lines: list[str]) -> None:
        stuck.wait(30)

    writers = Writers(lambda: FakeOutput(wait), 2, 100, Control(lambda kind, reason: None), lambda: None)
    writers.start()
    writers.submit(Task(1, POINTS))
    writers.stop(0.1)
    assert writers.results.empty()
    stuck.set()


def test_troubles_are_told_once() -> None:
    failures = iter([Hold("disk", "full", 0.0), Hold("connection", "refused", 0.0)])
    output = FakeOutput(lambda lines: next(failures, None))
    writers = Writers(lambda: output, 1, 100, Control(lambda kind, reason: None), lambda: None)
    writers.start()
    writers.submit(Task(1, POINTS))
    assert writers.results.get(timeout=10).refused == {}
    assert list(writers.troubles()) == ["disk", "connection"]
    assert list(writers.troubles()) == []
    writers.stop(10)
