"""Values that nobody asks for are matched, not captured."""

import re

from logshipper.grok.captures import only
from logshipper.grok.expand import Capture, Expression, expand

PATTERN = r"%{INT:a:int} [(]%{WORD:b}\) (?:%{INT:c:int}|-) (?<d>x+)"


def test_only_the_wanted_values_are_captured() -> None:
    found = only(expand(PATTERN, {"INT": r"\d+", "WORD": r"\w+"}), {"b", "d"})
    assert [capture.field for capture in found.captures] == ["b", "d"]
    match = re.match(found.text, "17 (word) - xx")
    assert match
    assert match.groups() == ("word", "xx")


def test_the_same_lines_match() -> None:
    whole = expand(PATTERN, {"INT": r"\d+", "WORD": r"\w+"})
    for line in ("17 (word) 5 x", "17 (word) - x", "17 (word)  x", "a (word) 5 x"):
        assert bool(re.match(only(whole, set()).text, line)) == bool(re.match(whole.text, line))


def test_an_expression_that_refers_to_its_groups_stays_as_it_is() -> None:
    whole = Expression(r"(x)\1(\d+)", (Capture("a", "", "x", ""), Capture("b", "", r"\d+", "")))
    assert only(whole, {"b"}) is whole


def test_nothing_changes_when_all_are_wanted() -> None:
    whole = expand(PATTERN, {"INT": r"\d+", "WORD": r"\w+"})
    assert only(whole, {"a", "b", "c", "d"}) is whole
