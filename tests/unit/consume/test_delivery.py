"""A write is over when every output has answered it."""

from collections.abc import Mapping

from logshipper.consume.delivery import Deliveries
from logshipper.deliver.concurrency import Concurrency
from logshipper.outputs.protocol import Acknowledged, RetryLater
from logshipper.wiring.planned_output import PlannedOutput
from tests.support.outputs import FakeOutput, points_of
from tests.support.waiting import wait_until


def planned(name: str, output: FakeOutput) -> PlannedOutput:
    return PlannedOutput(name, name, lambda: output, lambda: Concurrency(1000, 1, fixed=True))


def deliveries(*outputs: FakeOutput) -> Deliveries[str]:
    made: Deliveries[str] = Deliveries([planned(str(n), one) for n, one in enumerate(outputs)], lambda: 0)
    for writers in made.writers.values():
        writers.fit()
    return made


def answers(made: Deliveries[str]) -> list[tuple[str, Mapping[int, str]]]:
    return wait_until(lambda: list(made.finished()))


def test_a_write_goes_to_all_outputs_and_is_finished_when_the_last_has_it() -> None:
    down = True
    slow = FakeOutput(lambda lines: RetryLater("server", "down") if down else None)
    quick = FakeOutput()
    made = deliveries(quick, slow)
    made.send("a write", points_of(b"p1\np2\n"))
    wait_until(lambda: list(made.finished()) == [] and quick.stored and made.problems() == ["1: down"])
    assert made
    down = False
    assert answers(made) == [("a write", {})]
    assert quick.stored == slow.stored == {"p1", "p2"}
    assert not made
    made.stop(1)


def test_a_point_that_one_output_rejects_is_rejected() -> None:
    made = deliveries(FakeOutput(), FakeOutput(lambda lines: Acknowledged({1: "never"})))
    made.send("a write", points_of(b"p1\np2\n"))
    assert answers(made) == [("a write", {1: "never"})]
    made.stop(1)


def test_it_is_full_when_one_write_waits_for_a_writer() -> None:
    made = deliveries(FakeOutput(lambda lines: RetryLater("server", "down")))
    assert not made.is_full()
    made.send("first", points_of(b"p1\n"))
    assert not made.is_full()
    made.send("second", points_of(b"p2\n"))
    assert made.is_full()
    assert made.batch == 1000
    made.stop(1)
