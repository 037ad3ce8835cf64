"""Sizes and times for people."""

import pytest

from logshipper.words import counted, lasting, size


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59.4, "59 s"), (60, "1 min"), (3_661, "1 h 1 min"), (86_400, "1 d"), (100_000, "1 d 3 h")],
)
def test_a_duration_has_its_two_largest_units(seconds: float, text: str) -> None:
    assert lasting(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 B"), (999, "999 B"), (1_000, "1 kB"), (2_500_000, "2 MB"), (10**12, "1000.0 GB")]
)
def test_a_size_has_one_unit(count: int, text: str) -> None:
    assert size(count) == text


def test_a_count_has_its_plural() -> None:
    assert [counted(number, "line") for number in (0, 1, 1_000)] == ["0 lines", "1 line", "1,000 lines"]
