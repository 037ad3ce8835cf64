"""Which lines a pattern matches: by its quick expression, as written, or not at all."""

import pytest

from logshipper.grok.library import library
from logshipper.parse.compiled_pattern import CompiledPattern, compile_pattern
from logshipper.parse.matching import NOT_UTF8, NUL, match, unfit_lines

LINE = "GET /a 200 end"


@pytest.fixture(scope="module")
def compiled() -> CompiledPattern:
    return compile_pattern("%{WORD:method:tag} %{NOTSPACE:uri} %{NUMBER:status:int} end", library())


def test_a_usual_line_is_matched_by_the_quick_expression(compiled: CompiledPattern) -> None:
    tight, loose, remaining = match(compiled, [LINE], [7])
    assert (list(tight), loose, list(remaining)) == ([7], {}, [])


def test_an_unusual_line_is_matched_by_the_pattern_as_written(compiled: CompiledPattern) -> None:
    quoted = 'GET /a"b 200 end'
    tight, loose, remaining = match(compiled, [LINE, quoted], [0, 1])
    assert (list(tight), list(loose), list(remaining)) == ([0], [1], [])
    assert loose[1][0] == quoted


def test_unmatched_lines_are_listed_by_index(compiled: CompiledPattern) -> None:
    tight, loose, remaining = match(compiled, ["x", LINE, "GET /a 200"], [3, 5, 8])
    assert (list(tight), loose, list(remaining)) == ([5], {}, [3, 8])


def test_a_pattern_that_matches_newlines_cannot_join_two_lines(compiled: CompiledPattern) -> None:
    greedy = compile_pattern(r"%{WORD:a}\s", library())
    tight, loose, remaining = match(greedy, ["x y", "z"], [0, 1])
    assert sorted([*tight, *loose, *remaining]) == [0, 1]


@pytest.mark.parametrize(
    ("text", "reason"),
    [("plain", None), ("a\0b", NUL), ("caf\xc3\xa9", None), ("\xff", NOT_UTF8), ("\xc3", NOT_UTF8)],
)
def test_lines_with_nul_or_invalid_utf8_are_unfit(text: str, reason: str | None) -> None:
    assert unfit_lines(["ok", text]) == ({1: reason} if reason else {})
