"""Durations as Go writes them."""

import pytest

from logshipper.durations import nanoseconds


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5s", 5e9),
        ("1h2m", 3720e9),
        ("5.3ms", 5.3e6),
        (".5s", 5e8),
        ("7us", 7e3),
        ("7µs", 7e3),
        ("1m30s", 90e9),
        ("0ns", 0),
    ],
)
def test_numbers_with_units_are_added_up(text: str, expected: float) -> None:
    assert nanoseconds(text) == pytest.approx(expected)


@pytest.mark.parametrize("text", ["", "5", "5 s", "s", "5d", "-5s", "5s ", "1e3s"])
def test_anything_else_is_not_a_duration(text: str) -> None:
    assert nanoseconds(text) is None
