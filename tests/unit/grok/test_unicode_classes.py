"""Sets of characters as expressions for their bytes."""

import re
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from logshipper.grok.unicode_classes import ALL, byte_expression, category, complement, posix

CHARACTERS = st.characters(codec="utf-8")


@given(st.lists(st.tuples(CHARACTERS, CHARACTERS), max_size=4), CHARACTERS)
def test_an_expression_matches_exactly_its_characters(pairs: list[tuple[str, str]], character: str) -> None:
    ranges = [(min(ord(a), ord(b)), max(ord(a), ord(b))) for a, b in pairs]
    taken = re.fullmatch(byte_expression(ranges), character.encode().decode("latin-1")) is not None
    assert taken == any(low <= ord(character) <= high for low, high in ranges)
    others = re.fullmatch(byte_expression(complement(ranges)), character.encode().decode("latin-1")) is not None
    assert others != taken


@given(CHARACTERS)
def test_a_category_equals_pythons(character: str) -> None:
    taken = any(low <= ord(character) <= high for low, high in category("L") or ())
    assert taken == unicodedata.category(character).startswith("L")


def test_unknown_classes_are_none_and_known_ones_are_ranges() -> None:
    assert category("Greek") is None
    assert posix("foo") is None
    assert posix("digit") == ((48, 57),)
    assert complement(ALL) == ()
