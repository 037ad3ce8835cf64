"""Go's regular expressions, used by Telegraf's patterns, match the same here as in Go."""

import contextlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logshipper.errors import Location, UserError
from logshipper.grok.expand import expand
from logshipper.grok.go_regex import UntranslatableError, translate
from logshipper.grok.library import library
from logshipper.grok.steps import steps


def found(pattern: str, line: str, custom: str = "") -> dict[str, str]:
    """Return the values that a pattern finds in a line, {} where it does not match."""
    patterns = library((), [(Location("custom_patterns", 1), custom)])
    expression = expand(pattern, patterns)
    match = re.search(expression.text, line.encode().decode("latin-1"), re.ASCII)
    values = match.groups("") if match else ()
    return {
        capture.field: value.encode("latin-1").decode("utf-8", "replace")
        for capture, value in zip(expression.captures, values, strict=bool(match))
        if value
    }


@pytest.mark.parametrize(
    ("pattern", "line", "values"),
    [
        # flags count to the end of the group, in all its alternatives
        ("(?i)^ABC %{WORD:b}", "abc Zed 12 end", {"b": "Zed"}),
        ("a(?i)b|c%{INT:n}", "C5", {"n": "5"}),
        ("(?:(?i)x|y)Z%{INT:n}", "YZ5", {"n": "5"}),
        ("(?:(?i)x|y)Z%{INT:n}", "Yz5", {}),
        ("(?i)a(?-i)b%{INT:n}", "Ab5", {"n": "5"}),
        ("(?i)a(?-i)b%{INT:n}", "AB5", {}),
        ("(?i:a)b%{INT:n}", "Ab5", {"n": "5"}),
        ("(?i-s:a.)b%{INT:n}", "Axb5", {"n": "5"}),
        ("(?s)a.%{INT:n}", "ab5", {"n": "5"}),
        ("(?im)^A%{INT:n}$", "a5", {"n": "5"}),
        ("(?i)É%{INT:n}", "é5", {"n": "5"}),
        # ungreedy
        ("(?U)(?P<a>.+) ", "a b c", {"a": "a"}),
        ("(?U)(?P<a>.+?) ", "a b c", {"a": "a b"}),
        ("(?U)(?P<a>\\w{2,3})", "abcd", {"a": "ab"}),
        ("(?P<a>(?U)\\w+)(?P<b>\\w+)", "abcd", {"a": "a", "b": "bcd"}),
        ("(?U:(?P<a>\\w+))", "abcd", {"a": "a"}),
        # ends and quoted text
        ("\\A%{INT:n}", "5 6", {"n": "5"}),
        ("%{INT:n}\\z", "5 6", {"n": "6"}),
        ("\\Q1.2[\\E%{INT:n}", "1.2[7", {"n": "7"}),
        ("%{INT:n}\\Q.(", "5.(", {"n": "5"}),
        # characters by number and property
        ("(?P<l>\\x41+)", "xAAb", {"l": "AA"}),
        ("(?P<l>\\101+)", "xAAb", {"l": "AA"}),
        ("(?P<l>\\x{1F600})", "a😀", {"l": "😀"}),
        ("(?P<l>\\pL+)", "12éaß1", {"l": "éaß"}),
        ("(?P<l>\\p{Lu}+)", "aÉÀb", {"l": "ÉÀ"}),
        ("(?P<l>\\PL+)", "ab12-é", {"l": "12-"}),
        ("(?P<l>\\p{^L}+)", "ab12", {"l": "12"}),
        ("(?P<l>[^\\pL]+)", "abé12-é", {"l": "12-"}),
        ("(?P<l>[\\x{e0}-\\x{ff}]+)", "abcéàç", {"l": "éàç"}),
        ("(?P<l>[ж-щ]+)", "abc жщ", {"l": "жщ"}),
        ("(?P<l>[^ж-щ ]+)", "жщ Zж", {"l": "Z"}),
        ("é%{INT:n}", "é5", {"n": "5"}),
        # classes
        ("(?P<l>[[:^alpha:]]+)", "ab12-", {"l": "12-"}),
        ("(?P<l>[[:alpha:]_]+)", "12ab_c", {"l": "ab_c"}),
        ("(?P<l>[[:punct:]]+)", "ab!?[c", {"l": "!?["}),
        ("(?P<l>[]a]+)", "xa]a", {"l": "a]a"}),
        ("(?P<l>[^]a]+)", "a]xy", {"l": "xy"}),
        ("(?P<l>[[a]+)", "x[a", {"l": "[a"}),
        ("(?P<l>[a\\-z-]+)", "bm-az", {"l": "-az"}),
        # named groups are fields
        ("(?P<g>[a-z]+)-%{NUMBER:n}", "abc-5", {"g": "abc", "n": "5"}),
        ("(?<g>[a-z]+)_%{NUMBER:n}", "abc_5", {"g": "abc", "n": "5"}),
        ("(?P<a>\\d)(?P<b>\\d)?(?:(?P<c>x)|(?P<d>y))", "1y", {"a": "1", "d": "y"}),
        ("(?P<out>a(?P<in>b)c)", "abc", {"out": "abc", "in": "b"}),
        ("(?P<1>\\d)", "5", {"1": "5"}),
        ("%{OWN}", "a-5", {"g": "a", "n": "5"}),
        # numbers begin anywhere, as Go has no look-behind
        ("v%{NUMBER:n}", "v1.2", {"n": "1.2"}),
        ("%{NUMBER:n}-%{NUMBER:m}", "1-2", {"n": "1", "m": "2"}),
        ("%{NUMBER:a}%{NUMBER:b}", "1-2", {"a": "1", "b": "-2"}),
        ("=%{BASE10NUM:n}", "=.5", {"n": ".5"}),
        ("%{GREEDYDATA:a}%{NUMBER:n}", "took 123", {"a": "took 12", "n": "3"}),
    ],
)
def test_a_pattern_finds_the_same_values_as_in_go(pattern: str, line: str, values: dict[str, str]) -> None:
    assert found(pattern, line, "OWN (?P<g>\\w)-%{NUMBER:n}") == values


@pytest.mark.parametrize(
    ("custom", "line", "values"),
    [
        ("NET (?i)socket|WGET|Zed", "abc Zed 12 end", {"a": "Zed"}),
        ("NET (?i)socket|WGET|Zed", "abc wget 12 end", {"a": "wget"}),
        ("NET socket|(?i)WGET|Zed", "SOCKET zED", {"a": "zED"}),
        ("NET (?i)%{IN}\nIN get", "a GET", {"a": "GET"}),
        ("NET \\Qa.b\\E", "a.b", {"a": "a.b"}),
    ],
)
def test_flags_and_quotes_in_a_custom_pattern_work_as_in_go(custom: str, line: str, values: dict[str, str]) -> None:
    assert found("%{NET:a}", line, custom) == values


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(\\w) \\1", "\\1 refers back to a group"),
        ("%{INT:a} \\h", "the escape \\h has no meaning"),
        ("%{INT:a} [[:foo:]]", "the character class [:foo:] is not known"),
        ("%{INT:a} \\p{Greek}", "\\p{Greek} cannot be translated"),
        ("(?U)%{DATA:a} ", "(?U) cannot be applied to %{DATA:a}"),
        ("(?x)%{INT:a}", "begins no group"),
        ("%{INT:a}[b-a]", "ends before it begins"),
        ("%{INT:a}[bc", "has no end"),
        ("%{INT:a}\\", "ends in a backslash"),
        ("%{INT:a}\\x{110000}", "is not a character"),
        ("%{INT:a}**", "multiple repeat"),
        ("%{INT:a})", "unbalanced parenthesis"),
        ("(%{INT:a}", "missing )"),
    ],
)
def test_an_untranslatable_pattern_is_refused_with_the_reason_and_the_pattern(pattern: str, reason: str) -> None:
    with pytest.raises(UserError) as caught:
        expand(pattern, library(), Location("s.toml", 7))
    assert str(caught.value).startswith("s.toml, line 7: ")
    assert reason in str(caught.value)
    assert repr(pattern) in str(caught.value)


def test_the_steps_of_a_pattern_are_translated_too() -> None:
    patterns = library((), [(Location("custom_patterns", 1), "NET (?i)get")])
    text = "".join(step.text for step in steps("\\Qa.\\E%{NET:n} \\pN", patterns))
    assert re.search(text, "a.GET 5")


@given(st.text("ab\\[](){}|?*+^$.:-PLpQEUix<>é0", max_size=12))
def test_any_text_is_translated_or_refused(text: str) -> None:
    try:
        translated = translate(text)
    except UntranslatableError:
        return
    with contextlib.suppress(re.error):  # a quantifier without anything before it, a parenthesis too many
        re.compile(translated, re.ASCII)
