"""Faster forms of stock patterns: they match the same value if a fixed character ends it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logshipper.grok.expand import expand
from logshipper.grok.fast_forms import LINE_END, UNKNOWN, fast_form
from logshipper.grok.library import library

LIBRARY = library()


def form(name: str, modifier: str = "", after: str = " ") -> str | None:
    (capture,) = expand(f"%{{{name}:value}}", LIBRARY).captures
    return fast_form(name, modifier, capture.body, after)


@pytest.mark.parametrize(
    ("name", "modifier", "after", "there"),
    [
        ("NUMBER", "int", " ", True),
        ("NUMBER", "int", ":", False),  # what ends it could be part of another number
        ("NOTSPACE", "", " ", True),
        ("NOTSPACE", "", ",", False),
        ("DATA", "", "]", True),
        ("DATA", "", UNKNOWN, False),
        ("GREEDYDATA", "", LINE_END, True),
        ("GREEDYDATA", "", " ", False),
        ("IP", "", " ", True),
        ("IP", "", UNKNOWN, False),
    ],
)
def test_a_fast_form_needs_a_character_that_certainly_ends_the_value(
    name: str, modifier: str, after: str, there: bool
) -> None:
    assert (form(name, modifier, after) is not None) is there


@given(st.integers(-(10**17), 10**17), st.sampled_from(["int", "float"]))
def test_a_whole_number_is_matched_completely(number: int, modifier: str) -> None:
    if modifier == "float" and abs(number) >= 10**15:
        return
    fast = form("NUMBER", modifier)
    assert fast
    assert re.fullmatch(rf"({fast}) ", f"{number} ")


@given(st.text(st.characters(codec="latin-1", exclude_characters="\n"), max_size=40))
def test_a_fast_form_matches_the_same_value_as_the_pattern(text: str) -> None:
    fast = form("DATA", after="]")
    assert fast
    found, expected = re.match(rf"({fast})\]", text + "]"), re.match(r"(.*?)\]", text + "]")
    assert expected
    if found:
        assert found[1] == expected[1]
    else:
        assert re.search(r'["\\]', expected[1])  # what would have to be escaped is left to the pattern as written
