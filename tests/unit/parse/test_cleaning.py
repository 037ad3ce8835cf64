"""Cells become what line protocol takes: numbers in their one form, strings with their quotes escaped."""

import pytest

from logshipper.line_protocol import INT64_MAX
from logshipper.parse import cleaning as module
from logshipper.parse.cleaning import clean_duration, clean_float, clean_integer, clean_rows
from tests.support.parsing import column


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5", "5"), ("-5", "-5"), ("+5", "5"), ("007", "7"), ("0x1F", "31"), ("5.0", ""), ("", ""), ("five", ""),
        (str(INT64_MAX), str(INT64_MAX)), (str(INT64_MAX + 1), ""),
    ],
)  # fmt: skip
def test_integers_are_written_in_decimal_or_left_out(text: str, expected: str) -> None:
    assert clean_integer(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("1.5", "1.5"), (".5", "0.5"), ("1e3", "1000.0"), ("nan", ""), ("inf", ""), ("x", "")]
)
def test_finite_floats_are_normalised_and_others_left_out(text: str, expected: str) -> None:
    assert clean_float(text) == expected


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [("1h2m", "3720000000000"), ("5.3ms", "5300000"), ("7\xc2\xb5s", "7000"), ("-2s", "-2000000000"), ("0", "0"),
     ("5", ""), ("5 s", ""), ("", "")],
)  # fmt: skip
def test_durations_are_nanoseconds(text: str, nanoseconds: str) -> None:
    assert clean_duration(text) == nanoseconds


def test_clean_rows_returns_clean_rows_as_they_are() -> None:
    rows = [("", "5", "a"), ("", "-6", "")]
    assert clean_rows(rows, [column(1, "n", "int"), column(2, "s", "string")]) is rows


def test_clean_rows_converts_numbers_and_escapes_strings() -> None:
    rows = [("", "0x10", 'say "a"'), ("", "", "b\\"), ("", "many", "c")]
    cleaned = clean_rows(rows, [column(1, "n", "int"), column(2, "s", "string")])
    assert cleaned == [("", "16", 'say \\"a\\"'), ("", "", "b\\\\"), ("", "", "c")]


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        ("int", "99999999999999999999", ["no whole number of 64 bits (:int)"]),
        ("float", "nan", ["no number (:float)"]),
        ("duration", "5", ["no duration such as 5.3ms (:duration)"]),
        ("int", "-", []),
    ],
)  # fmt: skip
def test_a_value_that_is_left_out_is_logged_once_unless_it_is_a_dash(
    caplog: pytest.LogCaptureFixture, kind: str, text: str, said: list[str]
) -> None:
    module._say_left_out.cache_clear()
    for _ in range(2):
        assert clean_rows([("", text)], [column(1, f"size_{kind}", kind)]) == [("", "")]
    assert caplog.messages == [f"some values of the field size_{kind} are left out: they are {what}" for what in said]
