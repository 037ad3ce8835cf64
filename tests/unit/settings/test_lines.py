"""The line of a key in a TOML file."""

import pytest

from logshipper.settings.lines import KeyLines

TEXT = """\
# a comment
[agent]
hostname = "a"

[[inputs.logparser]]
  files = ["a.log"]
  [inputs.logparser.grok]
    custom_patterns = '''
      files = this is no key
    '''
    timezone = "UTC"
[[inputs.logparser]]  # the second
  "files" = ["b.log"]
"""


@pytest.mark.parametrize(
    ("section", "index", "key", "line"),
    [
        ("agent", 0, "hostname", 3),
        ("inputs.logparser", 0, "files", 6),
        ("inputs.logparser.grok", 0, "timezone", 11),
        ("inputs.logparser", 1, "files", 13),
        ("inputs.logparser", 1, "", 12),
        ("inputs.logparser", 1, "tags", 12),  # a key that is not there: its table
        ("outputs.file", 0, "files", 0),
    ],
)
def test_the_line_of_a_key(section: str, index: int, key: str, line: int) -> None:
    assert KeyLines(TEXT).of(section, index, key) == line


def test_line_numbers_in_repeated_tables() -> None:
    lines = KeyLines("[[a.b]]\nx = 1\n[a.b.c]\ny = '''\nz = 1\n'''\n[[a.b]]\n# x\n'x' = 2\n[d]\nx = 3\n")
    assert [lines.of("a.b", 0, "x"), lines.of("a.b.c", 0, "y"), lines.of("a.b", 1, "x"), lines.of("d", 0, "x")] == [
        2, 4, 9, 11,
    ]  # fmt: skip
    assert lines.of("a.b", 1) == 7
    assert lines.of("nowhere", 0, "x") == 0
