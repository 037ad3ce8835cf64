"""Line protocol read in bulk: the rows are those that are read one by one."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from logshipper import line_protocol
from logshipper.line_protocol import points
from logshipper.outputs.line_protocol_reader import LineProtocolReader

TIME = 1493995899123456789
names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n\0\\"), min_size=1, max_size=6)
values = st.one_of(st.integers(-(2**63) + 1, 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False), names)


@given(st.lists(st.tuples(st.dictionaries(names, names), st.dictionaries(names, values, min_size=1)), min_size=1))
def test_rows_read_in_bulk_equal_those_read_one_by_one(parts: list[tuple[dict[str, str], dict[str, Any]]]) -> None:
    text = "".join(
        "m"
        + "".join(f",{line_protocol.key(tag)}={line_protocol.tag(value)}" for tag, value in tags.items())
        + " "
        + ",".join(f"{line_protocol.key(name)}={_written(value)}" for name, value in fields.items())
        + f" {TIME + number}\n"
        for number, (tags, fields) in enumerate(parts)
    )
    read = list(LineProtocolReader().read(text))
    for (shape, row), point in zip(read, points(text), strict=True):
        assert shape.names == (*point.tags, *point.fields)
        expected = (*point.tags.values(), *point.fields.values())
        for cell, value in zip(row[1:], expected, strict=True):
            assert cell == value or type(value)(cell) == value


def _written(value: float | str) -> str:
    return (
        f'"{line_protocol.string(value)}"'
        if isinstance(value, str)
        else f"{value}i"
        if type(value) is int
        else repr(value)
    )
