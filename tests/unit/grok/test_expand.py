"""A grok pattern as a regular expression: its named values are its groups, and nothing else is captured."""

import re

import pytest

from logshipper.errors import UserError
from logshipper.grok.expand import expand
from logshipper.grok.library import library

LIBRARY = {"WORD": r"\w+", "PAIR": "%{WORD:left}=%{WORD:right}", "LOOP": "%{LOOP}", "MANY": "(a|b)+"}


@pytest.mark.parametrize(
    ("pattern", "line", "values"),
    [
        ("%{WORD:a} %{WORD:b:tag}", "x y", {"a": "x", "b": "y"}),
        ("%{WORD} %{WORD:b}", "x y", {"b": "y"}),
        ("%{PAIR}", "x=y", {"left": "x", "right": "y"}),
        ("(?P<own>[a-z]+)-(?<other>\\d+)", "x-7", {"own": "x", "other": "7"}),
        ("(x|y)%{WORD:a}", "yz", {"a": "z"}),
        ("%{MANY:a}", "abba", {"a": "abba"}),
        ("[[:digit:]]+%{WORD:a}", "12x", {"a": "x"}),
        (r"\(%{WORD:a}\)", "(x)", {"a": "x"}),
    ],
)
def test_named_values_become_the_groups(pattern: str, line: str, values: dict[str, str]) -> None:
    expression = expand(pattern, LIBRARY)
    found = re.fullmatch(expression.text, line)
    assert found
    assert dict(zip((capture.field for capture in expression.captures), found.groups(), strict=True)) == values


def test_a_value_knows_its_modifier_and_its_pattern() -> None:
    (capture,) = expand("%{WORD:method:tag}", LIBRARY).captures
    assert (capture.field, capture.modifier, capture.name, capture.optional) == ("method", "tag", "WORD", False)


@pytest.mark.parametrize("pattern", ["(?:%{WORD:a})?", "%{WORD:a}|x", "(%{WORD:a}|x)", "(?:%{WORD:a}){0,2}"])
def test_a_value_that_a_match_may_omit_is_optional(pattern: str) -> None:
    assert [capture.optional for capture in expand(pattern, LIBRARY).captures] == [True]


def test_the_tight_expression_finds_the_same_values() -> None:
    pattern = "%{WORD:a} %{NUMBER:n:int} %{NOTSPACE:b} end"
    loose, tight = expand(pattern, library()), expand(pattern, library(), tight=True)
    assert loose.text != tight.text
    assert [capture.field for capture in loose.captures] == [capture.field for capture in tight.captures]


@pytest.mark.parametrize(
    ("pattern", "said"),
    [("%{WRD:a}", "did you mean WORD"), ("%{LOOP}", "refers to itself"), ("(%{WORD:a}", "regular expression")],
)
def test_an_unusable_pattern_is_a_user_error(pattern: str, said: str) -> None:
    with pytest.raises(UserError, match=said) as found:
        expand(pattern, LIBRARY, "settings.toml, line 5")
    assert str(found.value).startswith("settings.toml, line 5: ")
