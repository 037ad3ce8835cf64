"""Times as text: RFC 3339 in UTC, with as many digits as are wanted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logshipper.rfc3339 import all_exact, exact, nanoseconds, whole

TIMES = st.integers(0, 2**62)


@given(TIMES)
def test_an_exact_time_is_read_back(time: int) -> None:
    assert nanoseconds(exact(time)) == time


@given(TIMES)
def test_an_exact_time_begins_with_its_second(time: int) -> None:
    assert exact(time).startswith(f"{whole(time // 10**9)}.")


@given(st.lists(TIMES))
def test_many_times_are_written_as_each_alone(times: list[int]) -> None:
    assert all_exact(times) == [exact(time) for time in times]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01T00:00:01Z", 1_000_000_000),
        ("1970-01-01T00:00:00", 0),
        ("1970-01-01T00:00:00.5Z", 500_000_000),
        ("2026-11-26T05:00:00.000000001Z", 1_795_669_200_000_000_001),
    ],
)
def test_digits_that_are_missing_are_zero(text: str, expected: int) -> None:
    assert nanoseconds(text) == expected


def test_times_are_text_that_sorts() -> None:
    assert exact(1_795_669_200_000_000_001) == "2026-11-26T05:00:00.000000001Z"
    assert whole(1_795_669_200) == "2026-11-26T05:00:00"
