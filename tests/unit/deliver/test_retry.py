"""One delivery: pauses, parts, halves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logshipper.deliver.retry import (
    LONGEST_PAUSE,
    LONGEST_RETRY_AFTER,
    Answered,
    DeliveryContext,
    Failed,
    Receipt,
    Stopped,
    deliver,
    pause,
)
from logshipper.outputs.protocol import Rejected, RetryLater, TooLarge
from logshipper.points import Points
from tests.support.outputs import POINTS, FakeOutput


class FakeStop:
    """Stands in for the event: notes the pauses, and waits for none of them."""

    def __init__(self, after: int = 10**9) -> None:
        self.pauses: list[float] = []
        self.after = after

    def is_set(self) -> bool:
        return len(self.pauses) >= self.after

    def wait(self, seconds: float) -> bool:
        self.pauses.append(seconds)
        return self.is_set()


Reports = list[Failed | Answered]


def context_of(stop: FakeStop | None = None) -> tuple[DeliveryContext, Reports]:
    reports: Reports = []
    return DeliveryContext(reports.append, stop or FakeStop()), reports  # type: ignore[arg-type]


def test_an_acknowledged_write_is_not_repeated() -> None:
    output = FakeOutput()
    assert deliver(Points.of(POINTS), 100, output, context_of()[0]).rejected == {}
    assert (output.stored, output.bodies) == (set(POINTS), 1)


def test_no_points_means_no_write() -> None:
    output = FakeOutput(lambda lines: Rejected("writing requires points"))
    assert deliver(Points(), 100, output, context_of()[0]).rejected == {}
    assert output.bodies == 0


def test_a_large_delivery_is_split_into_equal_writes() -> None:
    sizes: list[int] = []
    output = FakeOutput(lambda lines: sizes.append(len(lines)))
    deliver(Points.of(POINTS), 4, output, context_of()[0])
    assert sizes == [3, 3, 4]


def test_a_failed_write_is_retried_after_growing_pauses() -> None:
    stop, failures = FakeStop(), iter([RetryLater("connection", "away")] * 8)
    context, reports = context_of(stop)
    output = FakeOutput(lambda lines: next(failures, None))
    assert deliver(Points.of(POINTS), 100, output, context).rejected == {}
    assert output.stored == set(POINTS)
    assert reports[:-1] == [Failed("connection", "away")] * 8
    assert isinstance(reports[-1], Answered)
    assert reports[-1].recovered
    assert stop.pauses[0] < stop.pauses[3] < stop.pauses[7] <= LONGEST_PAUSE


def test_a_stop_ends_the_retries() -> None:
    output = FakeOutput(lambda lines: RetryLater("server", "500"))
    with pytest.raises(Stopped):
        deliver(Points.of(POINTS), 100, output, context_of(FakeStop(after=3))[0])
    assert output.bodies == 3


def test_a_write_that_is_too_large_is_split_and_the_accepted_size_is_returned() -> None:
    output = FakeOutput(lambda lines: TooLarge("413") if len(lines) > 3 else None)
    assert deliver(Points.of(POINTS), 100, output, context_of()[0]) == Receipt({}, accepted=3)
    assert output.stored == set(POINTS)


def test_a_single_point_that_is_too_large_is_refused() -> None:
    output = FakeOutput(lambda lines: TooLarge("413") if "p4" in lines else None)
    assert deliver(Points.of(POINTS), 100, output, context_of()[0]).rejected == {4: "413"}


@given(st.sets(st.integers(0, 99)), st.integers(1, 120))
def test_refused_points_are_found_and_the_others_stored(bad: set[int], most: int) -> None:
    points = [f"p{number}" for number in range(100)]
    refused = {f"p{number}" for number in bad}
    output = FakeOutput(lambda lines: Rejected("bad point") if refused & set(lines) else None)
    assert deliver(Points.of(points), most, output, context_of()[0]).rejected == dict.fromkeys(bad, "bad point")
    assert output.stored == set(points) - refused


@pytest.mark.parametrize(
    ("failures", "retry_after", "jitter", "seconds"),
    [
        (1, None, 0.0, 0.1), (1, None, 1.0, 0.2), (2, None, 1.0, 0.4), (5, None, 1.0, 3.2),
        (6, None, 1.0, LONGEST_PAUSE), (1000, None, 0.0, LONGEST_PAUSE / 2),
        (1, 7.0, 0.5, 7.0), (9, 0.0, 1.0, 0.0), (1, 1e9, 0.0, LONGEST_RETRY_AFTER),
    ],
)  # fmt: skip
def test_pauses_grow_with_each_failure_up_to_a_limit_unless_the_server_sets_one(
    failures: int, retry_after: float | None, jitter: float, seconds: float
) -> None:
    assert pause(failures, retry_after, jitter) == pytest.approx(seconds)
