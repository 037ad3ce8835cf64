"""Stamps are read once; where there is none the clock stands in."""

import pytest

from logshipper.times.time_cache import ArrivalTimes, GuessedTimes, SubsecondTime, TimeCache

SECOND = 10**9


def test_a_stamp_is_read_once() -> None:
    read: list[str] = []

    def parse(text: str) -> int:
        read.append(text)
        return int(text)

    stamps = TimeCache(parse)
    assert [stamps["5"], stamps["5"], stamps["6"]] == [5, 5, 6]
    assert read == ["5", "6"]


def test_what_is_remembered_is_bounded() -> None:
    stamps = TimeCache(int)
    assert [stamps[str(number)] for number in range(10_000)] == list(range(10_000))
    assert len(stamps) < 5_000


def test_a_text_that_is_no_date_is_an_error_that_shows_it() -> None:
    with pytest.raises(ValueError, match="'yesterday' is not a date"):
        TimeCache(lambda text: None)["yesterday"]


def test_without_a_time_in_the_line_the_clock_s_whole_second_is_taken() -> None:
    assert ArrivalTimes(lambda: 7 * SECOND + 123)[""] == 7 * SECOND


def test_a_value_that_nobody_declared_a_date_may_be_none() -> None:
    guessed = GuessedTimes(lambda text: int(text) if text.isdigit() else None, lambda: 9 * SECOND + 1)
    assert [guessed["5"], guessed["soon"]] == [5, 9 * SECOND]
    assert list(guessed) == ["5"]


def test_a_fine_time_gives_the_slot_only_the_room_it_has() -> None:
    assert SubsecondTime(1_000, 10) + 1_234_567 == 1_007
