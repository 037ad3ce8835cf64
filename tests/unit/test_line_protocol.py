"""Line protocol: escaping as a table, and parsing it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logshipper import line_protocol
from tests.support.line_protocol_reader import Point, points

ESCAPED = [
    ("plain", "plain", "plain"),
    ("a b", r"a\ b", "a b"),
    ("a,b", r"a\,b", "a,b"),
    ("a=b", r"a\=b", "a=b"),
    ('say "hi"', r'say\ "hi"', r"say \"hi\""),
    ("back\\slash", "back\\slash", "back\\\\slash"),
    ("ends\\", "ends%5C", "ends\\\\"),
    ("ends\\\\", "ends\\%5C", "ends\\\\\\\\"),
    ("a\\ b", r"a%5C\ b", "a\\\\ b"),
    ("two\nlines", "two%0Alines", "two\nlines"),
    ("#hash", "#hash", "#hash"),
]


@pytest.mark.parametrize(("text", "tag", "string"), ESCAPED)
def test_tags_and_strings_are_escaped(text: str, tag: str, string: str) -> None:
    assert line_protocol.tag(text) == line_protocol.key(text) == tag
    assert line_protocol.string(text) == string


@pytest.mark.parametrize(
    ("text", "exact"), [("a", True), ("a\\", False), ("a\nb", False), ("\\a", True), ("a\r", True)]
)
def test_text_that_a_tag_cannot_hold_exactly_is_detected(text: str, exact: bool) -> None:
    assert line_protocol.tag_is_exact(text) is exact


def test_a_measurement_keeps_its_equals_signs_and_never_looks_like_a_comment() -> None:
    assert line_protocol.measurement("a b,c=d") == r"a\ b\,c=d"
    assert line_protocol.measurement("#a#") == "%23a#"


NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0\n\\"), min_size=1, max_size=20).map(
    lambda text: text.encode().decode("latin-1")
)
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0\n"), min_size=1, max_size=40).map(
    lambda text: text.encode().decode("latin-1")
)
NASTY = st.text(st.sampled_from(list("a\\ ,=\"#'\t\r;{}()%é€")), min_size=1, max_size=30).map(
    lambda text: text.encode().decode("latin-1")
)


def point_text(point: Point) -> str:
    tags = "".join(f",{line_protocol.key(key)}={line_protocol.tag(value)}" for key, value in point.tags.items())
    fields = ",".join(f"{line_protocol.key(key)}={_field(value)}" for key, value in point.fields.items())
    return f"{line_protocol.measurement(point.measurement)}{tags} {fields} {point.time}"


def _field(value: object) -> str:
    if isinstance(value, str):
        return f'"{line_protocol.string(value)}"'
    return f"{value}i" if isinstance(value, int) else repr(value)


@given(
    NAMES.filter(lambda name: not name.startswith("#")),
    st.dictionaries(NAMES, (TEXTS | NASTY).filter(line_protocol.tag_is_exact), max_size=3),
    st.dictionaries(NAMES, TEXTS | NASTY | st.integers(-(2**63) + 1, 2**63 - 1) | st.floats(-1e9, 1e9), min_size=1),
)
def test_a_point_can_be_read_back_unchanged(
    name: str, tags: dict[str, str], fields: dict[str, str | int | float]
) -> None:
    point = Point(name, tags, {**fields}, 17)
    assert list(points(point_text(point) + "\n" + point_text(point))) == [point, point]


@pytest.mark.parametrize("text", ["m", "m ", "m f", "m f=", "m f=1 x", 'm f="a', "m,t f=1", ",t=1 f=1"])
def test_text_that_is_not_line_protocol_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"at|invalid literal"):
        list(points(text))
