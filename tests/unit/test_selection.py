"""Telegraf's filters: wildcards, namepass, namedrop, tagpass, tagdrop, and new names for measurements."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logshipper.points import Rows, chosen_of
from logshipper.selection import Renaming, Selection, chosen, wildcards
from tests.support.line_protocol_reader import points
from tests.support.rows import rows_of, seen


@pytest.mark.parametrize(
    ("pattern", "takes", "refuses"),
    [
        ("cpu", "cpu", "cpu2"),
        ("c*", "cpu.a\nb", "acpu"),
        ("c?u", "cpu", "cu"),
        ("c[a-p]u", "cpu", "cqu"),
        ("c[!a-o]u", "cpu", "cau"),
        ("{cpu,mem}_*", "mem_x", "disk_x"),
        ("a.b", "a.b", "axb"),
        (r"a\*", "a*", "ab"),
        ("a[", "a[", "a"),
        ("{a", "{a", "a"),
        ("(a|b)", "(a|b)", "a"),
    ],
)
def test_wildcards_match_as_in_telegraf(pattern: str, takes: str, refuses: str) -> None:
    assert wildcards([pattern]).fullmatch(takes)
    assert not wildcards([pattern]).fullmatch(refuses)


@given(st.text(max_size=20), st.text(max_size=20))
def test_any_text_is_a_valid_wildcard_pattern(pattern: str, name: str) -> None:
    wildcards([pattern]).fullmatch(name)


@pytest.mark.parametrize(
    ("selection", "taken"),
    [
        (Selection.of(["a"], [], {}, {}), "ab"),
        (Selection.of([], ["a"], {}, {}), "cd"),
        (Selection.of(["a", "c"], ["c"], {}, {}), "ab"),
        (Selection.of([], [], {"t": ["1"]}, {}), "ac"),
        (Selection.of([], [], {"t": ["1"], "u": ["x"]}, {}), "acd"),
        (Selection.of([], [], {}, {"t": ["1"]}), "bd"),
        (Selection.of([], [], {"t": ["*"]}, {"t": ["1"]}), "b"),
        (Selection.of(["a"], [], {"t": ["1"]}, {}), "a"),
    ],
)
def test_filters_select_points_as_in_telegraf(selection: Selection, taken: str) -> None:
    texts = {"a": "a,t=1", "b": "a,t=2", "c": "c,t=1", "d": "d,u=x"}
    points = [f'{head} p="{key}\nx",t="1" 1' for key, head in texts.items()]
    left = chosen(points, selection, Renaming())
    assert left == {"abcd".index(key): points["abcd".index(key)] for key in taken}


def test_a_selection_without_filters_is_none() -> None:
    assert Selection.of([], [], {}, {}) is None


@pytest.mark.parametrize(
    ("renaming", "name"),
    [
        (Renaming("n"), "n"),
        (Renaming(prefix="p_"), "p_a b"),
        (Renaming(suffix="_s"), "a b_s"),
        (Renaming("n", "p_", "_s"), "p_n_s"),
        (Renaming("n,m"), "n,m"),
    ],
)
def test_a_measurement_is_renamed(renaming: Renaming, name: str) -> None:
    taken = chosen(['a\\ b,t=1 f="x\ny" 1', "a\\ b f=2i 2"], None, renaming)
    found = list(points("".join(f"{point}\n" for point in taken.values())))
    assert [point.measurement for point in found] == [name, name]
    assert [point.fields for point in found] == [{"f": "x\ny"}, {"f": 2}]


def test_rows_are_selected_and_renamed_like_line_protocol() -> None:
    text = "a,t=caf\xc3\xa9 n=1i 1\nb,t=x n=2i 2\na,t=x n=3i 3\n"
    selection = Selection.of([], [], {"t": ["caf\xc3\xa9", "y"]}, {})
    assert selection
    for renaming in (Renaming(), Renaming(prefix="#\xc3\xa9")):
        lines, rows = chosen(text.splitlines(), selection, renaming), chosen(rows_of(text), selection, renaming)
        assert lines.keys() == rows.keys() == {0}
        assert seen(chosen_of(Rows(), rows.values())) == seen(rows_of("".join(f"{line}\n" for line in lines.values())))
