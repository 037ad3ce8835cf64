"""Points on their way: one body, divided again only where that is needed; or rows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logshipper.points import Points, PointShape, Rows, as_text, chosen_of, joined, utf8

texts = st.lists(st.text("ab\n\xff ", min_size=1, max_size=6))


@given(texts)
def test_points_can_be_read_back_unchanged(given_texts: list[str]) -> None:
    points = Points.of(given_texts)
    assert list(points) == given_texts
    assert len(points) == len(given_texts)
    assert points.body == "".join(f"{text}\n" for text in given_texts).encode("latin-1")


@given(texts, st.integers(0, 8), st.integers(0, 8))
def test_a_part_holds_the_points_of_its_range(given_texts: list[str], one: int, other: int) -> None:
    start, end = sorted((min(one, len(given_texts)), min(other, len(given_texts))))
    part = Points.of(given_texts).part(start, end)
    assert part == Points.of(given_texts[start:end])


def test_a_part_of_everything_is_not_a_copy() -> None:
    points = Points.of(["a", "b"])
    assert points.part(0, 2) is points


@given(st.lists(texts))
def test_parts_are_joined_in_order(parts: list[list[str]]) -> None:
    assert joined([Points.of(part) for part in parts]) == Points.of([text for part in parts for text in part])


def test_only_points_with_newlines_store_where_they_end() -> None:
    assert Points.of(["a", "b"]).ends == ()
    assert list(Points.of(['a text="x\ny" 1', "b"]).ends) == [15, 17]


ROWS = Rows([(PointShape("m", ("t",), (("n", int),)), ("a", number), number) for number in range(4)])


def test_rows_can_be_divided_and_joined_too() -> None:
    parts = [ROWS.part(0, 1), Rows(), ROWS.part(1, 4)]
    assert [len(part) for part in parts] == [1, 0, 3]
    assert joined(parts) == ROWS
    assert joined([Points(), ROWS]) is ROWS  # nothing has no form


def test_a_shape_names_its_values() -> None:
    assert ROWS.rows[0][0].names == ("t", "n")


def test_last_time_is_the_time_of_the_last_point() -> None:
    assert Points.of(["a n=1i 7", 'b s="x 1\ny" 8']).last_time() == 8
    assert ROWS.last_time() == 3


def test_rows_cannot_be_used_as_line_protocol() -> None:
    assert as_text(Points.of(["a"])) == Points.of(["a"])
    with pytest.raises(TypeError, match="rows"):
        as_text(ROWS)


def test_chosen_points_keep_their_form() -> None:
    assert chosen_of(Points.of(["a", "b"]), ["b"]) == Points.of(["b"])
    assert chosen_of(ROWS, ROWS.rows[:1]) == ROWS.part(0, 1)


@pytest.mark.parametrize(("text", "found"), [("a", "a"), ("\xc3\xa9", "é"), ("\xff", "\udcff")])
def test_bytes_become_text_and_invalid_utf8_stays_recognisable(text: str, found: str) -> None:
    assert utf8(text) == found
