"""Concurrency: always within the limits, lower after a failure, up to what suits a server best; no real clock."""

from collections.abc import Callable, Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logshipper.deliver.concurrency import BATCH, LEAST_BATCH, MOST_WRITERS, TOO_LARGE, TROUBLES, Concurrency

Rate = Callable[[int, int], float]
"""Points per second of a server, for a number of writers and of points in a write."""


class Server:
    """Acknowledges writes in its own time; `noise` is the part by which each one may be quicker or slower."""

    def __init__(self, rate: Rate, noise: float = 0.0, seed: int = 1) -> None:
        self.rate, self.noise, self.now, self._dice = rate, noise, 1000.0, Random(seed)
        self.taken = 0

    def take(self, pace: Concurrency, seconds: float) -> None:
        """Work through a backlog for `seconds` seconds."""
        end = self.now + seconds
        while self.now < end:
            rate = self.rate(pace.writers, pace.batch)
            self.now += pace.batch / rate * self._dice.uniform(1 - self.noise, 1 + self.noise)
            self.taken += pace.batch
            pace.acknowledged(pace.batch, self.now)


def flat_above_two(writers: int, batch: int) -> float:
    """One writer has half of what two have, more gain nothing, more than four lose; each write has its cost."""
    return 40_000 * min(writers, 2) * min(1.0, 4 / writers) * batch / (batch + 100)


def far_away(writers: int, batch: int) -> float:
    """A way of 50 ms to the server and back, and a server that could take more than anybody sends."""
    return writers * batch / (0.05 + batch / 200_000)


def small_ones_please(writers: int, batch: int) -> float:
    """A server that gets slow with much at once."""
    return 30_000.0 / (1 + (batch / 1000) ** 2)


def alone_please(writers: int, batch: int) -> float:
    """Writers get in each other's way."""
    return 50_000.0 / writers


def test_concurrency_starts_with_the_settings_or_the_defaults() -> None:
    assert (Concurrency(2000).writers, Concurrency(2000).batch) == (2, 2000)
    assert (Concurrency(500, 1).writers, Concurrency(500, 1).batch) == (1, 500)
    assert (Concurrency(10_000, 16).writers, Concurrency(10_000, 16).batch) == (16, 10_000)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rate", "most", "part"),
    [
        (flat_above_two, (2000, 8), 0.9), (flat_above_two, (10_000, 1), 0.9), (far_away, (2000, 16), 0.9),
        (far_away, (10_000, 16), 0.8), (small_ones_please, (2000, 4), 0.9), (alone_please, (2000, 4), 0.95),
    ],
)  # fmt: skip
@pytest.mark.parametrize("noise", [0.0, 0.1])
def test_concurrency_finds_nearly_the_best_throughput_of_a_server(
    rate: Rate, most: tuple[int, int], part: float, noise: float
) -> None:
    server, pace = Server(rate, noise), Concurrency(*most)
    server.take(pace, 300)
    before, started = server.taken, server.now
    server.take(pace, 600)
    best = max(rate(writers, most[0] // parts) for writers in range(1, most[1] + 1) for parts in (1, 2, 4, 8, 16))
    assert (server.taken - before) / (server.now - started) > part * best


def test_changes_become_rare_if_no_setting_is_better() -> None:
    server, pace = Server(lambda writers, batch: 50_000.0), Concurrency(2000, 4)
    changes, at = 0, (4, 2000)
    for second in range(600):
        server.take(pace, 1.0)
        changes, at = changes + ((pace.writers, pace.batch) != at), (pace.writers, pace.batch)
        if second == 60:
            early = changes
    assert early > 2
    assert changes < 30


def test_nothing_changes_while_the_writers_keep_up() -> None:
    pace = Concurrency(2000)
    for number in range(10_000):
        pace.acknowledged(20, number / 10)
        pace.idle()
        assert (pace.writers, pace.batch) == (2, 2000)


def test_without_a_configured_number_more_writers_use_smaller_batches() -> None:
    server, pace, seen = Server(far_away), Concurrency(2000), set()
    for _ in range(300):
        server.take(pace, 1.0)
        seen.add((pace.writers, pace.batch))
    assert max(writers for writers, _ in seen) == MOST_WRITERS
    assert all((writers + 1) * batch <= 3 * BATCH for writers, batch in seen)


@pytest.mark.parametrize("kind", sorted(TROUBLES))
def test_failures_reduce_concurrency_to_one_writer_and_smaller_batches(kind: str) -> None:
    pace = Concurrency(2000)
    pace.trouble(kind, 10.0)
    assert (pace.writers, pace.batch) == (1, 1000)
    pace.trouble(kind, 10.5)  # what the other writer has met with is the same trouble
    assert (pace.writers, pace.batch) == (1, 1000)
    for second in range(12, 30, 2):
        pace.trouble(kind, float(second))
    assert (pace.writers, pace.batch) == (1, LEAST_BATCH)


@pytest.mark.parametrize("kind", ["unauthorized", "missing", "disk", "tls", "redirect", "refused"])
def test_failures_unrelated_to_load_change_nothing(kind: str) -> None:
    pace = Concurrency(2000)
    pace.trouble(kind, 10.0)
    assert (pace.writers, pace.batch) == (2, 2000)


def test_concurrency_rises_again_slowly_after_an_outage() -> None:
    server, pace = Server(flat_above_two), Concurrency(2000, 4)
    for _ in range(20):
        pace.trouble("connection", server.now)
        server.now += 5
    assert (pace.writers, pace.batch) == (1, LEAST_BATCH)
    server.take(pace, 2)
    assert pace.batch <= 4 * LEAST_BATCH  # slowly
    server.take(pace, 30)
    assert flat_above_two(pace.writers, pace.batch) > 0.9 * flat_above_two(2, 2000)


def test_a_server_too_busy_for_three_writers_gets_two() -> None:
    server, pace, seconds = Server(far_away), Concurrency(2000, 8), [0] * 9
    for _ in range(600):
        if pace.writers > 2:
            pace.trouble("busy", server.now)
        server.take(pace, 1.0)
        seconds[pace.writers] += 1
    assert seconds[2] > 500
    assert sum(seconds[4:]) <= 2


@pytest.mark.slow
def test_a_batch_size_that_was_too_large_is_not_tried_again_soon() -> None:
    server, pace, refused = Server(flat_above_two), Concurrency(2000, 2), 0
    pace.too_large(500, server.now)
    assert (pace.writers, pace.batch) == (2, 500)
    server.take(pace, TOO_LARGE - 5)
    assert pace.batch <= 500
    for _ in range(3600):
        server.take(pace, 1.0)
        if pace.batch > 500:
            refused += 1
            pace.too_large(500, server.now)
    assert 1 <= refused <= 3


def test_larger_batches_are_used_again_once_the_server_accepts_them() -> None:
    server, pace = Server(lambda writers, batch: 20.0 * batch), Concurrency(2000, 1)
    pace.too_large(500, server.now)
    server.take(pace, 3600)
    assert pace.batch == 2000


def test_fixed_settings_never_change() -> None:
    server, pace = Server(flat_above_two), Concurrency(3000, 1, fixed=True)
    pace.trouble("busy", 1.0)
    pace.too_large(10, 1.0)
    server.take(pace, 100)
    assert (pace.writers, pace.batch) == (1, 3000)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("take"), st.floats(0.1, 60.0)),
        st.tuples(st.sampled_from([*sorted(TROUBLES), "disk"]), st.floats(0.0, 900.0)),
        st.tuples(st.just("too large"), st.floats(0.0, 3000.0)),
        st.tuples(st.just("idle"), st.floats(0.0, 900.0)),
    ),
    max_size=25,
)


@given(st.integers(1, 5000), st.integers(0, 9), STEPS, st.floats(2000.0, 200_000.0), st.randoms())
def test_concurrency_never_exceeds_its_limits(
    batch: int, writers: int, steps: Sequence[tuple[str, float]], rate: float, dice: Random
) -> None:
    server, pace = Server(lambda w, b: rate / 20 + dice.random() * rate * b / batch), Concurrency(batch, writers)
    for what, value in steps:
        if what == "take":
            server.take(pace, min(value, 2000 * batch / rate))
        elif what == "too large":
            pace.too_large(int(value), server.now)
            assert not 0 < int(value) < pace.batch
        elif what == "idle":
            pace.idle()
        else:
            pace.trouble(what, server.now)
        server.now += value
        assert 1 <= pace.writers <= (writers or MOST_WRITERS)
        assert 1 <= pace.batch <= batch
