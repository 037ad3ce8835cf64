"""The line of a key in a TOML file."""

from logshipper.settings.lines import KeyLines


def test_line_numbers_in_repeated_tables() -> None:
    lines = KeyLines("[[a.b]]\nx = 1\n[a.b.c]\ny = '''\nz = 1\n'''\n[[a.b]]\n# x\n'x' = 2\n[d]\nx = 3\n")
    assert [lines.of("a.b", 0, "x"), lines.of("a.b.c", 0, "y"), lines.of("a.b", 1, "x"), lines.of("d", 0, "x")] == [
        2, 4, 9, 11,
    ]  # fmt: skip
    assert lines.of("a.b", 1) == 7
    assert lines.of("nowhere", 0, "x") == 0
