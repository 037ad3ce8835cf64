"""Rows of text become rows of typed values: the same points as line protocol, but nothing is read back."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logshipper.parse.encoder import Column, encoder
from logshipper.parse.row_encoder import Head, Shapes, _Part, row_encoder
from logshipper.parse.row_prefixes import RowPrefix
from tests.support.rows import rows_of, seen

HEAD = Head("m", ("t",), ())
PREFIXES = {"": RowPrefix(HEAD, ("v",))}
TIMES = {"": 1_000, "noon": 5_000}


def column(index: int, field: str, kind: str, *, present: bool = True) -> Column:
    return Column(index, field, kind, True, present)


def encode(columns: list[Column], *rows: tuple[str, ...]) -> list[Any]:
    return row_encoder(len(rows[0]) - 1, columns, (), [])(rows, range(len(rows)), PREFIXES, TIMES)


def test_each_kind_of_value_has_its_type() -> None:
    columns = [column(1, "n", "int"), column(2, "x", "float"), column(3, "s", "string"), column(4, "d", "duration")]
    ((shape, values, time),) = encode(columns, ("", "5", "1.5", 'a"', "7"))
    assert (shape.measurement, shape.names, values, time) == (
        "m",
        ("t", "n", "x", "s", "d"),
        ("v", 5, 1.5, 'a"', 7),
        1000,
    )
    assert [kind for _, kind in shape.fields] == [int, float, str, int]


def test_only_rows_with_the_same_fields_share_a_shape() -> None:
    columns = [column(1, "n", "int"), column(2, "s", "string", present=False)]
    first, second, third = encode(columns, ("", "5", ""), ("", "6", "a"), ("", "7", ""))
    assert first[0] is third[0] is not second[0]
    assert (first[0].names, second[0].names) == (("t", "n"), ("t", "n", "s"))


def test_a_pattern_of_tags_alone_counts_its_lines() -> None:
    ((shape, values, _),) = encode([], ("", "GET"))
    assert (shape.names, values) == (("t", "count"), ("v", 1))


def test_when_all_values_are_optional_at_least_one_must_be_present() -> None:
    columns = [column(1, "a", "string", present=False), column(2, "b", "string", present=False)]
    with pytest.raises(ValueError, match="no field has a value"):
        encode(columns, ("", "", "x"), ("", "", ""))


def test_the_number_of_cached_shapes_is_bounded() -> None:
    shapes = Shapes([])
    for number in range(2000):
        shapes[Head(f"m{number}", (), ())]
    assert len(shapes) <= 500


def test_nor_can_the_optional_values_of_one_measurement_make_any_number() -> None:
    names = [f"f{index}" for index in range(12)]
    shapes = Shapes([_Part(index, [(name, int)], "", "", 1 << index) for index, name in enumerate(names)])
    made = [shapes[HEAD][bits].names for bits in range(1, 4096)]
    assert made[:3] == [("t", "f0"), ("t", "f1"), ("t", "f0", "f1")]
    assert sum(map(len, shapes.values())) <= 500


fields = st.lists(
    st.tuples(st.sampled_from(["a", "b", "resTimeMicros", "resTimeSecs", "resTime"]), st.booleans()),
    min_size=1, max_size=5, unique_by=lambda field: field[0],
)  # fmt: skip


@given(
    fields, st.lists(st.lists(st.sampled_from(["", "1", "2500000"]), min_size=5, max_size=5), min_size=1, max_size=4)
)
def test_rows_and_line_protocol_hold_the_same_points(chosen: list[tuple[str, bool]], cells: list[list[str]]) -> None:
    columns = [column(index, name, "int", present=present) for index, (name, present) in enumerate(chosen, 1)]
    rows = [
        ("", *(cell or ("3" if one.present else "") for cell, one in zip(row, columns, strict=False))) for row in cells
    ]
    try:
        texts = encoder(len(columns), columns, (), [])(rows, range(len(rows)), {"": "m,t=v "}, TIMES)
    except ValueError:
        with pytest.raises(ValueError, match="no field"):
            encode(columns, *rows)
        return
    found = [
        (measurement, tags, values, time)
        for measurement, tags, values, time in seen(rows_of("\n".join(map(str, texts))))
    ]
    made = [(shape.measurement, shape.tags, dict(zip(shape.names, values, strict=True)), time)
            for shape, values, time in encode(columns, *rows)]  # fmt: skip
    for (_, _, before, at), (_, _, after, time) in zip(found, made, strict=True):
        assert isinstance(before, dict)
        assert ({"t": "v"} | {name: value for name, (_, value) in before.items()}, at) == (after, time)
