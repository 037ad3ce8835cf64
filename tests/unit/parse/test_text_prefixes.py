"""Prefixes as line protocol: the pieces that `PrefixCache` puts together."""

import pytest

from logshipper.parse.encoder import Column
from logshipper.parse.prefix_cache import PLACEHOLDER, CacheBudget, PrefixRules
from logshipper.parse.tag_limit import Limits, TagLimit
from logshipper.parse.text_prefixes import TextPrefixes

METHOD, URI = Column(1, "method", "tag", False, False), Column(2, "uri", "tag", False, False)


@pytest.fixture
def made() -> TextPrefixes:
    rules = PrefixRules("m", {}, keep_tag=lambda name: name != "zone", keep_field=lambda name: name != "secret")
    return TextPrefixes(rules, (METHOD, URI), {}, TagLimit(Limits(10)), CacheBudget())


def test_a_prefix_ends_where_the_next_field_begins(made: TextPrefixes) -> None:
    text = made.written("a b", {"uri": "/a b", "method": "GET", "zone": "1"}, {"uri_full": 'x"', "secret": "s"})
    assert text == r'a\ b,method=GET,uri=/a\ b uri_full="x\"",'
    assert made.with_field(text, "query", 'q="') == text + r'query="q=\"",'


def test_a_frame_takes_the_uri_as_a_tag_or_as_a_field(made: TextPrefixes) -> None:
    frame = made.split(made.written("m", {"uri": PLACEHOLDER}, {}), 1)
    assert made.filled(frame, "/a b", True) == r"m,uri=/a\ b "
    frame = made.split(made.written("m", {"uri": "(other)"}, {"uri_full": PLACEHOLDER}), 1)
    assert made.filled(frame, '/a "b', False) == r'm,uri=(other) uri_full="/a \"b",'


def test_a_prefix_with_another_number_of_holes_is_not_a_frame(made: TextPrefixes) -> None:
    assert made.split("m ", 1) == made.split(f"m,a={PLACEHOLDER},b={PLACEHOLDER} ", 1) == []
    assert made.split("m ", 0) == ["m "]
