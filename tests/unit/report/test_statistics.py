"""Statistics from counts, against their definitions and the values that books give."""

import math
import random
from collections import Counter
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logshipper.report.statistics import (
    Distribution,
    exact_test,
    holm,
    rank_test,
    share_bounds,
    shift,
    two_sided,
)

SAMPLES = st.lists(st.integers(0, 50), min_size=1, max_size=40)


def of(sample: list[int]) -> Distribution:
    return Distribution(Counter(sample))


@given(SAMPLES, st.sampled_from([0.01, 0.5, 0.95, 0.99, 1.0]))
def test_a_percentile_is_the_nearest_rank(sample: list[int], share: float) -> None:
    assert of(sample).percentile(share) == sorted(sample)[math.ceil(share * len(sample)) - 1]


@given(SAMPLES)
def test_sizes_sums_and_tails(sample: list[int]) -> None:
    found = of(sample)
    assert (found.size, found.sum) == (len(sample), sum(sample))
    assert found.above(20) == sum(ms > 20 for ms in sample)


@given(SAMPLES, SAMPLES)
def test_the_rank_test_counts_which_pairs_are_slower(before: list[int], now: list[int]) -> None:
    pairs = [(later > earlier) + (later == earlier) / 2 for earlier, later in product(before, now)]
    assert rank_test(of(before), of(now))[1] == pytest.approx(sum(pairs) / len(pairs))


def test_the_rank_test_has_the_p_value_of_the_textbook() -> None:
    # With ties and continuity correction; scipy.stats.mannwhitneyu(now, before, method="asymptotic") has the same.
    before, now = [1, 2, 2, 3, 5, 8], [2, 4, 5, 6, 9, 9, 10]
    assert rank_test(of(before), of(now))[0] == pytest.approx(0.0838822, abs=1e-6)


def test_equal_times_differ_by_chance() -> None:
    assert rank_test(of([5] * 40), of([5] * 40)) == (1.0, 0.5)
    assert two_sided(1.96) == pytest.approx(0.05, abs=1e-4)


@given(st.integers(1, 30), st.integers(1, 30), st.data())
def test_the_exact_test_is_the_sum_of_its_tail(before: int, now: int, data: st.DataObject) -> None:
    first, second = data.draw(st.integers(0, before)), data.draw(st.integers(0, now))
    hits, total = first + second, math.comb(before + now, first + second)
    chances = [math.comb(now, k) * math.comb(before, hits - k) / total if k <= hits else 0.0 for k in range(now + 1)]
    tail = sum(chances[second:]) if second >= hits * now / (before + now) else sum(chances[: second + 1])
    assert exact_test(first, before, second, now) == pytest.approx(min(1.0, 2 * tail), rel=1e-6, abs=1e-12)


def test_the_exact_test_takes_a_million_requests() -> None:
    assert exact_test(500, 1_000_000, 510, 1_000_000) > 0.5
    assert exact_test(500, 1_000_000, 900, 1_000_000) < 1e-20


def test_a_shift_is_between_its_bounds_and_they_hold_the_truth() -> None:
    dice, missed = random.Random(7), 0
    for _ in range(100):
        before, now = ([int(dice.lognormvariate(4, 0.5) * factor) for _ in range(400)] for factor in (1, 1.3))
        found = shift(of(before), of(now), 0.5)
        assert found.low < found.factor < found.high
        missed += not found.low <= 1.3 <= found.high
    assert missed <= 12  # about 5 of 100


def test_requests_within_a_millisecond_are_spread_over_it() -> None:
    assert of([3] * 10).between(5) == 3.5
    assert shift(of([0] * 50), of([0] * 50), 0.5).factor == 1.0


def test_a_share_has_bounds_even_if_it_is_zero() -> None:
    assert share_bounds(0, 10)[0] == 0
    assert share_bounds(0, 10)[1] == pytest.approx(0.2775, abs=1e-3)
    assert share_bounds(0, 0) == (0.0, 1.0)


def test_p_values_are_corrected_for_their_number() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([]) == []
