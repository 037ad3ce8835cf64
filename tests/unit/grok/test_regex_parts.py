"""An expression is split into pieces with their quantifiers, which together mean the same."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logshipper.grok.regex_parts import end_of_piece, has_alternatives, literal, quantifier_at, sequence


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("ab", ["a", "b"]),
        (r"a+\d{2,3}?", ["a+", r"\d{2,3}?"]),
        ("[]a-z]*x", ["[]a-z]*", "x"]),
        ("[^]]+", ["[^]]+"]),
        (r"[\]]x", [r"[\]]", "x"]),
        ("(?:ab)c", ["a", "b", "c"]),
        ("(?:ab)?c", ["(?:ab)?", "c"]),
        ("(?:a|b)c", ["(?:a|b)", "c"]),
        ("(a(b))c", ["(a(b))", "c"]),
        (r"\x41b", [r"\x41", "b"]),
        ("^a$", ["^", "a", "$"]),
        ("%{WORD:a}+ ", ["%{WORD:a}+", " "]),
    ],
)
def test_an_expression_is_split_into_pieces_with_their_quantifiers(text: str, pieces: list[str]) -> None:
    assert list(sequence(text)) == pieces


PIECES = st.sampled_from(["a", r"\d", "[^b]", "(?:ab)", "(?:a|b)", "(c)", ".", "%{X}"])
QUANTIFIERS = st.sampled_from(["", "*", "+?", "{2}", "{1,}+"])


@given(st.lists(st.tuples(PIECES, QUANTIFIERS), max_size=8))
def test_each_piece_ends_where_its_quantifier_begins(parts: list[tuple[str, str]]) -> None:
    text = "".join(piece + quantifier for piece, quantifier in parts)
    index = 0
    for piece, quantifier in parts:
        end = end_of_piece(text, index)
        assert text[index:end] == piece
        assert quantifier_at(text, index, end) == quantifier
        index = end + len(quantifier)
    assert index == len(text)


@given(st.lists(st.tuples(st.sampled_from(["a", r"\d", "[^b]", "(?:ab)", "(?:a|b)"]), QUANTIFIERS), max_size=5))
def test_the_joined_pieces_match_what_the_expression_matches(parts: list[tuple[str, str]]) -> None:
    text = "".join(piece + quantifier for piece, quantifier in parts)
    joined = "".join(sequence(text))
    for line in ("", "a", "ab", "aab", "7", "abab", "ba7"):
        assert bool(re.fullmatch(text, line)) == bool(re.fullmatch(joined, line))


@pytest.mark.parametrize(("text", "found"), [("a|b", True), ("(a|b)", False), (r"a\|b", False), ("[|]", False)])
def test_only_alternatives_at_the_top_level_are_found(text: str, found: bool) -> None:
    assert has_alternatives(text) is found


@pytest.mark.parametrize(
    ("piece", "character"), [("a", "a"), (r"\.", "."), (".", ""), (r"\d", ""), ("^", ""), ("[a]", "")]
)
def test_literal_is_the_only_character_that_a_piece_matches(piece: str, character: str) -> None:
    assert literal(piece) == character
