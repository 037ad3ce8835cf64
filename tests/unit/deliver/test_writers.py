"""The threads that deliver."""

import threading

import pytest

from logshipper.deliver.concurrency import Concurrency, Load
from logshipper.deliver.retry import Failed
from logshipper.deliver.writers import Delivered, Event, Task, Writers
from logshipper.outputs.protocol import Acknowledged, OpenOutput, Rejected, RetryLater, TooLarge
from logshipper.points import Points
from tests.support.outputs import POINTS, FakeOutput
from tests.support.waiting import DEADLINE, wait_until


def writers_of(open_output: OpenOutput, count: int = 1, batch: int = 100) -> Writers:
    """Return writers that run."""
    made = Writers(open_output, Concurrency(batch, count, fixed=True), lambda: None)
    made.fit()
    return made


def events_of(writers: Writers, count: int) -> list[Event]:
    """Wait until `count` tasks are delivered; return everything that was reported."""
    found: list[Event] = []

    def is_enough() -> bool:
        found.extend(writers.events())
        return sum(isinstance(event, Delivered) for event in found) >= count

    wait_until(is_enough)
    return found


def results_of(writers: Writers, count: int) -> list[Delivered]:
    """Wait until `count` tasks are delivered."""
    return [event for event in events_of(writers, count) if isinstance(event, Delivered)]


class Held(FakeOutput):
    """Notes how many are inside `write` at once; releases them when `go` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.go, self.inside, self.most, self.closed = threading.Event(), 0, 0, 0
        self._lock = threading.Lock()

    def write(self, points: Points) -> Acknowledged:
        with self._lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
        self.go.wait(DEADLINE)
        with self._lock:
            self.inside -= 1
        return super().write(points)

    def close(self) -> None:
        self.closed += 1


def set_pace(writers: Writers, count: int) -> None:
    """Set the number of writers, as if the tries had led to it."""
    writers.concurrency._at = Load(count, 100)
    writers.fit()


def test_writers_report_the_result_of_each_task() -> None:
    woken: list[None] = []
    output = FakeOutput(lambda lines: Rejected("bad") if "p1" in lines else None)
    writers = Writers(lambda: output, Concurrency(100, 1), lambda: woken.append(None))
    writers.fit()
    writers.submit(Task(1, Points.of(POINTS)))
    writers.submit(Task(2, Points.of(["q"])))
    results = results_of(writers, 2)
    assert [(result.number, result.points, result.rejected) for result in results] == [(1, 10, {1: "bad"}), (2, 1, {})]
    writers.stop(10)
    assert len(woken) == 2


def test_an_unexpected_error_is_passed_on() -> None:
    def fail(lines: list[str]) -> None:
        raise ZeroDivisionError

    writers = writers_of(lambda: FakeOutput(fail))
    writers.submit(Task(1, Points.of(POINTS)))
    with pytest.raises(ZeroDivisionError):
        results_of(writers, 1)


def test_a_stuck_writer_is_abandoned() -> None:
    output = Held()
    writers = writers_of(lambda: output, 2)
    writers.submit(Task(1, Points.of(POINTS)))
    wait_until(lambda: output.inside == 1)
    writers.stop(0.1)
    assert list(writers.events()) == []
    output.go.set()


def test_failures_are_reported_once_and_lower_the_concurrency() -> None:
    failures = iter([RetryLater("disk", "full", 0.0), RetryLater("connection", "refused", 0.0)])
    output = FakeOutput(lambda lines: next(failures, None))
    writers = Writers(lambda: output, Concurrency(1000, 2), lambda: None)
    writers.fit()
    writers.submit(Task(1, Points.of(POINTS)))
    events = events_of(writers, 1)
    assert [event.kind for event in events if isinstance(event, Failed)] == ["disk", "connection"]
    assert list(writers.events()) == []
    assert (writers.concurrency.writers, writers.concurrency.batch) == (1, 500)
    writers.stop(10)


def test_writes_become_smaller_after_one_was_too_large() -> None:
    output = FakeOutput(lambda lines: TooLarge("413") if len(lines) > 3 else None)
    writers = Writers(lambda: output, Concurrency(10, 1), lambda: None)
    writers.fit()
    writers.submit(Task(1, Points.of(POINTS)))
    results_of(writers, 1)
    assert writers.concurrency.batch == 3
    writers.submit(Task(2, Points.of(POINTS)))
    results_of(writers, 1)
    writers.stop(10)


def test_as_many_writes_run_at_once_as_concurrency_allows() -> None:
    output = Held()
    writers = writers_of(lambda: output, 1)
    for number in range(12):
        writers.submit(Task(number, Points.of(POINTS)))
    for count in (1, 3):
        set_pace(writers, count)
        wait_until(lambda count=count: output.inside == count)  # type: ignore[misc]
    output.go.set()
    assert {result.number for result in results_of(writers, 12)} == set(range(12))
    assert output.most == 3
    writers.stop(10)


def test_a_surplus_writer_closes_its_output_and_frees_its_name() -> None:
    output = Held()
    output.go.set()
    writers = writers_of(lambda: output, 3)
    set_pace(writers, 1)
    wait_until(lambda: output.closed == 2)
    output.go.clear()
    output.most = 0
    for number in range(4):
        writers.submit(Task(number, Points.of(POINTS)))
    wait_until(lambda: output.inside == 1)
    output.go.set()
    found = results_of(writers, 4)
    assert output.most == 1
    set_pace(writers, 3)
    for number in range(4):
        writers.submit(Task(number, Points.of(POINTS)))
    found += results_of(writers, 4)
    assert {result.writer for result in found} <= {"writer-0", "writer-1", "writer-2"}
    writers.stop(10)
    assert output.closed == 5


def test_stop_does_not_wait_for_writers_that_are_ending() -> None:
    output = Held()
    writers = writers_of(lambda: output, 3)
    for number in range(3):
        writers.submit(Task(number, Points.of(POINTS)))
    wait_until(lambda: output.inside == 3)
    set_pace(writers, 1)
    set_pace(writers, 2)
    writers.stop(0.2)
    output.go.set()
    wait_until(lambda: output.inside == 0)
