"""Histograms that add up, and the percentiles of the sums."""

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logshipper.provision.rollup_histogram import ANCHORS, BOUNDS, ERROR, HEAT, MIDDLES, histogram, percentile

times = st.lists(st.integers(0, BOUNDS[-1]), min_size=1, max_size=200)


def exact(found: list[int], percent: float) -> int:
    """Return the percentile as InfluxQL takes it from the times themselves."""
    return sorted(found)[max(1, math.floor(len(found) * percent / 100 + 0.5)) - 1]


def test_the_bounds_ascend_and_include_those_of_the_heat_map() -> None:
    assert list(BOUNDS) == sorted(set(BOUNDS))
    assert {*ANCHORS, *HEAT} <= set(BOUNDS)


@pytest.mark.parametrize("time", [0, 1, 10, 11, 95, 999, 5_000, 8_300, 60_000, 599_999, 600_000])
def test_a_time_is_within_the_stated_error_of_its_bucket(time: int) -> None:
    assert percentile(histogram({time: 1}), 50) == pytest.approx(time, rel=ERROR + 1e-9)


def test_times_up_to_ten_milliseconds_are_exact() -> None:
    assert MIDDLES[:11] == tuple(range(11))


def test_more_than_ten_minutes_counts_as_ten_minutes() -> None:
    assert percentile(histogram({4_000_000: 1}), 99) == pytest.approx(600_000, rel=ERROR)


@given(times, st.sampled_from([1, 50, 95, 99, 100]))
def test_a_percentile_is_within_the_stated_error(found: list[int], percent: int) -> None:
    assert percentile(histogram(Counter(found)), percent) == pytest.approx(exact(found, percent), rel=ERROR + 1e-9)


@given(times, times)
def test_the_sum_of_two_histograms_is_that_of_all_times(first: list[int], second: list[int]) -> None:
    added = [a + b for a, b in zip(histogram(Counter(first)), histogram(Counter(second)), strict=True)]
    assert added == histogram(Counter(first + second))


@given(times)
def test_a_histogram_of_few_bounds_is_a_part_of_the_whole(found: list[int]) -> None:
    whole = dict(zip(BOUNDS, histogram(Counter(found)), strict=True))
    assert histogram(Counter(found), HEAT) == [whole[bound] for bound in HEAT]
