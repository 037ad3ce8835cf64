"""Timestamps are parsed once; lines without one get the current time."""

import pytest

from logshipper.points import utf8
from logshipper.times.time_cache import ArrivalTimes, GuessedTimes, SubsecondTime, TimeCache

SECOND = 10**9


def test_a_timestamp_is_parsed_once() -> None:
    read: list[str] = []

    def parse(text: str) -> int:
        read.append(text)
        return int(text)

    stamps = TimeCache(parse)
    assert [stamps["5"], stamps["5"], stamps["6"]] == [5, 5, 6]
    assert read == ["5", "6"]


def test_the_cache_is_bounded() -> None:
    stamps = TimeCache(int)
    assert [stamps[str(number)] for number in range(10_000)] == list(range(10_000))
    assert len(stamps) < 5_000


def test_a_long_text_is_not_cached() -> None:
    stamps = TimeCache(len)
    assert stamps["1" * 100_000] == 100_000
    assert not stamps


def test_the_error_for_an_invalid_date_shows_it() -> None:
    with pytest.raises(ValueError, match="'yesterday' is not a date"):
        TimeCache(lambda text: None)["yesterday"]


def test_the_error_shows_the_text_as_it_is_read_and_not_all_of_a_long_one() -> None:
    with pytest.raises(ValueError, match=r"no time: '5\. März' is not a date"):
        TimeCache(lambda text: None, utf8)["5. MÃ¤rz"]
    with pytest.raises(ValueError, match=r"^no time: '9{100}'… is not a date$"):
        TimeCache(lambda text: None)["9" * 5_000]


def test_a_line_without_a_time_gets_the_current_second() -> None:
    assert ArrivalTimes(lambda: 7 * SECOND + 123)[""] == 7 * SECOND


def test_a_guessed_time_falls_back_to_the_current_second() -> None:
    guessed = GuessedTimes(lambda text: int(text) if text.isdigit() else None, lambda: 9 * SECOND + 1)
    assert [guessed["5"], guessed["soon"]] == [5, 9 * SECOND]
    assert list(guessed) == ["5"]


def test_unique_digits_change_only_the_digits_below_the_precision() -> None:
    assert SubsecondTime(1_000, 10) + 1_234_567 == 1_007
