"""Unique digits: lines of the same second get different times, and each line the same time on every replay."""

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logshipper.model import starts
from logshipper.parse.unique_time import FIRST_PART, unique_digits

SECOND = 10**9
identities = st.integers(0, 2**64 - 1)
precisions = st.sampled_from([SECOND, 10**6, 10**3])
ascending = st.lists(st.integers(1, 400), min_size=1, max_size=40)


def places_of(first: int, lengths: list[int]) -> list[int]:
    return list(accumulate(lengths[:-1], initial=first))


def test_starts_returns_the_offset_of_each_line() -> None:
    assert starts([3, 1, 5], 100) == [100, 103, 104]
    assert starts([], 100) == []


@pytest.mark.parametrize("precision", [1, 0])
def test_a_log_with_nanosecond_precision_gets_no_unique_digits(precision: int) -> None:
    assert unique_digits([0, 10, 20], 7, precision) == [0, 0, 0]


@given(identities, st.integers(0, 2**45), ascending, precisions)
def test_unique_digits_stay_below_the_logs_own_precision(
    fingerprint: int, first: int, lengths: list[int], room: int
) -> None:
    assert all(0 <= slot < room for slot in unique_digits(places_of(first, lengths), fingerprint, room))


@given(identities, st.integers(0, 2**45), ascending, precisions)
def test_lines_less_than_half_the_precision_apart_never_share_unique_digits(
    fingerprint: int, first: int, lengths: list[int], room: int
) -> None:
    places = [place for place in places_of(first, lengths) if place - first < room // 2]
    assert len(set(unique_digits(places, fingerprint, room))) == len(places)


@given(identities, st.integers(0, 3 * FIRST_PART), ascending, precisions, st.integers(0, 40))
def test_unique_digits_do_not_depend_on_the_chunk(
    fingerprint: int, first: int, lengths: list[int], room: int, cut: int
) -> None:
    places = places_of(first, lengths)
    together = list(unique_digits(places, fingerprint, room))
    assert [
        *unique_digits(places[:cut], fingerprint, room),
        *unique_digits(places[cut:], fingerprint, room),
    ] == together
    assert [unique_digits([place], fingerprint, room)[0] for place in places] == together


@given(identities, identities, st.integers(0, FIRST_PART - 1), st.integers(FIRST_PART, 2**45))
def test_the_end_of_a_long_file_and_the_start_of_the_next_never_share_unique_digits(
    old: int, new: int, begin: int, end: int
) -> None:
    assert unique_digits([end], old, SECOND)[0] != unique_digits([begin], new, SECOND)[0]


def test_two_contents_have_different_unique_digits_at_the_same_offset() -> None:
    assert unique_digits([0], 1, SECOND) != unique_digits([0], 2, SECOND)
