"""Histograms: percentiles within 2 %, sums that lose nothing, and bytes that give the same histogram."""

import math
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from logshipper.histogram import ERROR, Buckets, add_encoded, added, decode, encode, numbers, percentile

milliseconds = st.integers(0, 24 * 3600 * 1000)
shares = st.sampled_from([0.01, 0.5, 0.9, 0.95, 0.99, 0.999, 1.0])
histograms = st.dictionaries(st.integers(0, 400), st.integers(1, 2**50), max_size=40)


def histogram(values: list[int]) -> Counter[int]:
    return Counter(map(Buckets().__getitem__, values))


@given(st.lists(milliseconds, min_size=1), shares)
def test_a_percentile_is_within_the_error(values: list[int], share: float) -> None:
    exact = sorted(values)[max(1, math.ceil(len(values) * share)) - 1]
    found = percentile(histogram(values), share)
    assert found is not None
    assert abs(found - exact) <= ERROR * exact + 1e-9


def test_small_numbers_are_exact() -> None:
    assert [percentile(histogram([number]), 0.5) for number in range(25)] == list(range(25))


def test_every_number_of_a_wide_range_is_within_the_error() -> None:
    buckets = Buckets()
    for number in range(0, 200_000, 7):
        found = percentile({buckets[number]: 1}, 1)
        assert found is not None
        assert abs(found - number) <= ERROR * number + 1e-9


def test_what_is_over_a_day_counts_as_a_day_and_what_is_below_zero_as_zero() -> None:
    day = 24 * 3600 * 1000
    assert percentile(histogram([10**15]), 1) == percentile(histogram([day]), 1)
    assert percentile(histogram([-5]), 1) == 0


def test_an_empty_histogram_has_no_percentile() -> None:
    assert percentile({}, 0.5) is None


@given(st.lists(milliseconds), st.lists(milliseconds))
def test_the_sum_of_two_is_the_histogram_of_all(some: list[int], more: list[int]) -> None:
    assert added([histogram(some), histogram(more)]) == histogram(some + more)


@given(histograms)
def test_bytes_give_the_same_histogram(given_one: dict[int, int]) -> None:
    assert decode(encode(given_one)) == given_one


def test_small_counts_take_two_bytes_each() -> None:
    assert len(encode(dict.fromkeys(range(30), 100))) == 60


@given(histograms, histograms)
def test_bytes_can_be_added_to_a_histogram(one: dict[int, int], other: dict[int, int]) -> None:
    total = dict(one)
    add_encoded(total, encode(other))
    assert total == added([one, other])


def test_the_numbers_that_stand_for_the_buckets_come_in_order() -> None:
    assert numbers(histogram([24, 3, 3])) == {3: 2, 24: 1}
    assert list(numbers({300: 1, 2: 1})) == sorted(numbers({300: 1, 2: 1}))
