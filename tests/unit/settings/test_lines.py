"""Line numbers: each key of any TOML file is found on its line."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logshipper.settings.lines import KeyLines, Path

TEXT = """\
top = 1
[agent]
  a.b = "x"
[[inputs.tail]]
  files = ["a", # a comment with ] and "
     "b",
   'c']
  text = '''
first
second'''
  [inputs.tail.tags]
    "k.x" = 'v'
  [[inputs.tail.sub]]
    z = { q = 1, r = [1,
     2] }
[[inputs.tail]]
[inputs.tail.tagpass]
cpu = ["x"]
e = \"\"\"a = 1\"\"\" # z = 1
d = 1979-05-27T07:32:00Z
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top",), 1),
        (("agent",), 2),
        (("agent", "a", "b"), 3),
        (("inputs",), 4),
        (("inputs", "tail", 0), 4),
        (("inputs", "tail", 0, "files", 1), 6),
        (("inputs", "tail", 0, "files", 2), 7),
        (("inputs", "tail", 0, "tags", "k.x"), 12),
        (("inputs", "tail", 0, "sub", 0, "z", "r", 1), 15),
        (("inputs", "tail", 1), 16),
        (("inputs", "tail", 1, "tagpass", "cpu"), 18),
        (("inputs", "tail", 1, "tagpass", "d"), 20),
        (("inputs", "tail", 1, "nothing"), 16),
        (("nowhere",), 0),
    ],
)
def test_the_line_of_a_missing_key_is_that_of_its_table(path: Path, line: int) -> None:
    tomllib.loads(TEXT)
    assert KeyLines(TEXT).of(path) == line


def test_content_is_the_line_where_a_strings_text_begins() -> None:
    lines = KeyLines(TEXT)
    assert lines.content(("inputs", "tail", 0, "text")) == 9
    assert lines.content(("inputs", "tail", 0, "files", 1)) == 6
    assert lines.content(("top",)) == 0


_VALUES = st.recursive(
    st.sampled_from(["1", "true", "'a = [1'", '"b\\" # c"', "'''\nx = 1\n[y]\n'''", '"""\\""""', "2020-01-01"]),
    lambda inner: st.lists(inner, max_size=3).map(lambda values: "[\n" + ",\n".join(values) + "\n]"),
    max_leaves=5,
)


@given(st.lists(st.tuples(st.booleans(), _VALUES), max_size=8))
def test_no_value_upsets_the_line_numbers_of_later_keys(values: list[tuple[bool, str]]) -> None:
    text, expected = "", {}
    for number, (comment, value) in enumerate(values):
        text += "# not = a key\n" * comment
        expected[f"k{number}"] = text.count("\n") + 1
        text += f"k{number} = {value}\n"
    lines = KeyLines(text)
    assert {key: lines.of((key,)) for key in tomllib.loads(text)} == expected
