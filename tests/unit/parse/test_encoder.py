"""Rows become line protocol: the text of each kind of value, exactly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logshipper.parse.cleaning import clean_rows
from logshipper.parse.encoder import Column, encoder
from tests.support.line_protocol_reader import points
from tests.support.parsing import column

HEADS = {"": "m,t=v "}
TIMES = {"": 1_000, "noon": 5_000}


def encode(columns: list[Column], *rows: tuple[str, ...], time: list[Column] | None = None) -> list[str]:
    made = encoder(len(rows[0]) - 1, columns, (), time or [])
    return list(map(str, made(rows, range(len(rows)), HEADS, TIMES)))


def test_each_kind_of_value_is_written_in_its_own_form() -> None:
    columns = [column(1, "n", "int"), column(2, "x", "float"), column(3, "s", "string"), column(4, "d", "duration")]
    assert encode(columns, ("", "5", "1.5", "a", "7")) == ['m,t=v n=5i,x=1.5,s="a",d=7i 1000']


def test_optional_values_are_written_first_each_with_its_comma() -> None:
    columns = [column(1, "n", "int"), column(2, "s", "string", present=False)]
    assert encode(columns, ("", "5", ""), ("", "6", "a")) == ["m,t=v n=5i 1000", 'm,t=v s="a",n=6i 1001']


def test_when_all_values_are_optional_at_least_one_must_be_present() -> None:
    columns = [column(1, "a", "string", present=False), column(2, "b", "string", present=False)]
    assert encode(columns, ("", "", "x"), ("", "y", "")) == ['m,t=v b="x" 1000', 'm,t=v a="y" 1001']
    with pytest.raises(ValueError, match="no field has a value"):
        encode(columns, ("", "", ""))


def test_a_pattern_of_tags_alone_counts_its_lines() -> None:
    assert encode([], ("", "GET")) == ["m,t=v count=1i 1000"]


def test_the_time_is_the_timestamp_plus_the_unique_digits() -> None:
    made = encoder(2, [column(1, "n", "int")], (), [column(2, "at", "time")])
    assert made([("", "5", "noon")], [17], HEADS, TIMES) == ["m,t=v n=5i 5017"]


def test_the_time_comes_from_whichever_time_column_has_a_value() -> None:
    made = encoder(2, [], (), [column(1, "timestamp", "string"), column(2, "timestamp", "string")])
    assert made([("", "", "noon"), ("", "noon", "")], [0, 1], HEADS, TIMES) == [
        "m,t=v count=1i 5000",
        "m,t=v count=1i 5001",
    ]


def test_milliseconds_in_the_line_take_precedence_over_computed_ones() -> None:
    columns = [column(1, "resTimeMicros", "int"), column(2, "resTime", "int", present=False)]
    assert encode(columns, ("", "5005999", "7"), ("", "5005999", "")) == [
        "m,t=v resTime=7i,resTimeMicros=5005999i 1000",
        "m,t=v resTimeMicros=5005999i,resTime=5005i 1001",
    ]


def test_a_response_time_in_microseconds_is_also_written_in_milliseconds() -> None:
    assert encode([column(1, "resTimeMicros", "int")], ("", "5005999")) == [
        "m,t=v resTimeMicros=5005999i,resTime=5005i 1000"
    ]


@pytest.mark.parametrize("name", ["it's", 'a "b"', "{x}", "a b,c=d", "back\\slash", "'''", "%s"])
def test_any_name_can_be_a_field_name(name: str) -> None:
    for present in (True, False):
        columns = [column(1, name, "int", present=present), column(2, "n", "int")]
        (text,) = encode(columns, ("", "5", "6"))
        assert next(points(text + "\n")).fields == {name: 5, "n": 6}


def test_the_prefix_is_looked_up_by_its_columns_in_order() -> None:
    head = [column(2, "status", "int"), column(1, "uri", "tag")]
    made = encoder(2, [], head, [])
    assert made([("", "/", "200")], [0], {"200": {"/": "m "}}, TIMES) == ["m count=1i 1000"]


numbers = st.one_of(
    st.integers().map(str), st.floats().map(repr), st.text(st.sampled_from("0123456789+-.ex_, "), max_size=22)
)


@given(st.lists(numbers, min_size=1, max_size=5), st.sampled_from(["int", "float"]))
def test_any_text_in_a_number_column_gives_a_valid_point(texts: list[str], kind: str) -> None:
    columns = [column(1, "n", kind, present=False), column(2, "s", "string")]
    rows = clean_rows([("", text, "x") for text in texts], columns)
    for text, line in zip(texts, encode(columns, *rows), strict=True):
        (made,) = points(line + "\n")
        value = made.fields.get("n")
        if value is not None:
            assert float(value) == float(int(text, 0) if text[:2] == "0x" else text)


@given(st.text(st.characters(max_codepoint=255, exclude_characters="\n\0")))
def test_any_string_survives_encoding_unchanged(text: str) -> None:
    columns = [column(1, "s", "string"), column(2, "n", "int")]
    (line,) = encode(columns, *clean_rows([("", text, "1")], columns))
    assert next(points(line + "\n")).fields == {"s": text, "n": 1}
