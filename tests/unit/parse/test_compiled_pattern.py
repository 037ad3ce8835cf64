"""A pattern is compiled once: its columns, and that its quick expression matches nothing that the pattern does not."""

import re
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logshipper import package_data
from logshipper.errors import UserError
from logshipper.grok.library import library
from logshipper.parse.compiled_pattern import CompiledPattern, compile_pattern
from tests.support.parsing import TELEGRAF
from tests.support.request_lines import LINE

LIBRARY = library()


def compiled(pattern: str, **custom: str) -> CompiledPattern:
    return compile_pattern(pattern, {**LIBRARY, **custom}, "patterns")


def kinds(made: CompiledPattern) -> dict[str, str]:
    return {column.field: column.kind for column in made.columns}


def test_columns_have_the_types_of_the_pattern() -> None:
    pattern = "%{INT:a:int} %{NUMBER:b:float} %{WORD:c:tag} %{WORD:d} %{WORD:e:drop} %{WORD:f:string}"
    assert kinds(compiled(pattern)) == {
        "a": "int", "b": "float", "c": "tag", "d": "string", "e": "drop", "f": "string",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("%{WORD:a:integer}", "modifier :integer of a is not known"),
        ("%{WORD}", "names no value"),
        ("%{WORD:a:drop}", "names no value"),
        ("%{WORD:a:ts-epoch} %{WORD:b:ts-epoch}", "more than one value has a ts modifier"),
        ("%{WROD:a}", "did you mean WORD?"),
    ],
)
def test_an_unusable_pattern_gives_one_line_with_the_reason(pattern: str, said: str) -> None:
    with pytest.raises(UserError, match=re.escape(said)):
        compiled(pattern)


@pytest.mark.parametrize("body", [r"\x{263a}", "☺", r"\x22", r"\x{41}", r"\101", r"[☺☻]", r"(?i)é", r"\pL"])
def test_a_named_group_may_hold_characters_by_their_numbers(body: str) -> None:
    assert kinds(compiled(f"^(?P<a>{body}) %{{WORD:b}}$")) == {"a": "string", "b": "string"}


def test_the_time_is_the_value_with_a_ts_modifier() -> None:
    assert compiled("%{HTTPDATE:ts:ts-httpd} %{INT:n:int}").time_kind == "ts-httpd"
    assert compiled("%{INT:n:int}").time_kind == ""
    assert compiled("%{UWSGI_LOG}").time_kind == "ts-uwsgi"


def test_whole_finds_fewer_rows_than_lines_unless_all_match() -> None:
    found = compiled("%{UWSGI_LOG}").whole.findall
    assert len(found(f"{LINE}\n{LINE}\n")) == 2
    assert len(found(f"{LINE}\nx\n{LINE}\n")) == 2


def test_each_gives_one_row_per_line_and_an_unmatched_line_is_in_its_last_cell() -> None:
    rows = compiled("%{UWSGI_LOG}").each.findall(f"{LINE}\nother\n\n")
    assert [(row[0], row[1], row[-1]) for row in rows] == [(LINE, "13", ""), ("", "", "other"), ("", "", "")]


def test_only_numbers_that_may_need_cleaning_are_listed_as_unclean() -> None:
    made = compiled("%{NUMBER:a:int} %{UINT:b:int}")
    assert [column.field for column in made.unclean] == []
    assert [column.field for column in compiled("(?:%{NUMBER:a:int}|-) %{UINT:b:int}").unclean] == ["a"]


def test_only_strings_that_can_hold_a_quote_are_searched_for_one() -> None:
    made = compiled(r'%{NOTSPACE:a} \[%{DATA:b}\] "%{QUOTABLE:c}" %{GREEDYDATA:d}')
    assert made.quotable == ()
    assert [column.field for column in compiled(r"%{GREEDYDATA:a} %{GREEDYDATA:b}").quotable] == ["a", "b"]


# -- the quick expressions find what the pattern says, or nothing ---------------------------------------

PIECES = [
    "%{NUMBER:a:int}", "%{NUMBER:b:float}", "%{INT:c:int}", "%{POSINT:d:int}", "%{NONNEGINT:e:int}", "%{WORD:f}",
    "%{NOTSPACE:g}", "%{DATA:h}", "%{GREEDYDATA:i}", "%{IP:j}", "%{USER:k}", "%{URIPATHPARAM:l}", "%{URIPATH:m}",
    "%{HOSTNAME:n}", '"%{QUOTABLE:o}"', "(?:%{NUMBER:p:int}|-)", "(?: x=%{INT:q:int})?", "(?:%{DATA:r};)+", "(?<s>.*)",
    "(?:%{WORD:t} %{NOTSPACE:u}|%{DATA:v})", "(?>%{DATA:w}=|%{WORD:x})", "%{SPACE}", "%{IPORHOST:y}",
]  # fmt: skip
GLUE = [" ", ",", "/", r"\[", r"\]", '"', ":", ";", "=", ".", r"\.", "-", " ?", " +", ".*", "x", ""]
patterns = st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from(GLUE)), min_size=1, max_size=5).map(
    lambda parts: "".join(piece + glue for piece, glue in parts)
)
WORDS = [
    "5", "-7", "+3", "3.25", ".5", "1.2.3.4", "::1", "abc", "a b", '"', '\\"', "\\", "/a?b=c", "/", "x=1", "[", "]",
    ";", " ", ",", "=", "GET", "12345678901234567890", "-", ".", "",
]  # fmt: skip
lines = st.lists(st.one_of(st.sampled_from(WORDS), st.sampled_from([" ", ", ", "/", ";", ":"])), max_size=9).map(
    "".join
)


@given(patterns, st.booleans(), lines)
def test_the_quick_expression_finds_nothing_that_the_pattern_as_written_does_not(
    pattern: str, anchored: bool, line: str
) -> None:
    try:
        made = compiled(f"^{pattern}$" if anchored else pattern)
    except UserError:
        return  # the same name twice, say
    row = made.each.findall(line + "\n")[0] if line else ("", line)
    if made.loose and row[0] and not row[-1]:
        found = made.loose.search(line)
        assert found is not None
        assert row[1:-1] == found.groups("")


def test_the_quick_expression_finds_telegrafs_pattern_too() -> None:
    assert len(compiled(TELEGRAF).whole.findall(f"{LINE}\n{LINE}\n")) == 2


def test_a_users_pattern_overrides_the_stock_pattern_of_the_same_name() -> None:
    made = compiled("%{NUMBER:n:int}-%{DATA:d} x", NUMBER=r"\d\d", DATA="[ab]+")
    assert made.each.findall("12-ab x\n")[0][1:-1] == ("12", "ab")
    assert made.each.findall("123-ab x\n")[0][-1] == "123-ab x"


def test_stock_patterns_equal_those_of_pygrok() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an escape in pygrok's own source
        from pygrok import Grok
    theirs = {name: pattern.regex_str for name, pattern in Grok("").predefined_patterns.items()}
    files = package_data.folder("grok_patterns").iterdir()
    own = {name for file in files for name in re.findall(r"^(\w+) ", file.read_text(), re.MULTILINE)}
    assert {name: LIBRARY[name] for name in theirs if name not in own} == {
        name: text for name, text in theirs.items() if name not in own
    }
