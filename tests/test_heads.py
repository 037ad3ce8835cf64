"""The beginning of a point: measurement and tags, remembered for each combination of raw cells."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logshipper import heads as module
from logshipper.encoder import Column
from logshipper.heads import LONGEST_TAG, HeadBudget, HeadRules, Heads
from logshipper.lineprotocol import Point, points
from logshipper.tagcap import TagCap

STATUS, METHOD, URI = (
    Column(3, "status", "int", True, True), Column(1, "method", "tag", False, False),
    Column(2, "uri", "tag", False, False),
)  # fmt: skip


def heads(*columns: Column, limit: int = 100, tags: Mapping[str, str] | None = None, **rules: Any) -> Heads:
    given_rules = HeadRules("uwsgi_log", tags or {}, **rules)
    return Heads(given_rules, columns or (STATUS, METHOD, URI), {}, TagCap(limit), HeadBudget())


def head(status: str, method: str, uri: str, of: Heads | None = None) -> Point:
    made = heads() if of is None else of
    text: str = made[status][method][uri]
    (point,) = points(f"{text}x=1i 1\n")
    return point


def test_tags_stand_in_alphabetical_order_and_empty_ones_nowhere() -> None:
    made = heads(tags={"host": "web 1", "zone": ""})
    assert made["200"]["GET"]["/a,b"] == r"uwsgi_log,host=web\ 1,method=GET,status_class=2xx,uri=/a\,b "
    assert made["200"][""]["/"] == r"uwsgi_log,host=web\ 1,status_class=2xx,uri=/ "


@pytest.mark.parametrize(("status", "expected"), [("200", "2xx"), ("404", "4xx"), ("-1", None), ("0", None)])
def test_the_class_of_the_status_is_a_tag(status: str, expected: str | None) -> None:
    assert head(status, "GET", "/").tags.get("status_class") == expected


def test_the_query_is_a_field_and_is_not_remembered() -> None:
    made = heads()
    for number in range(1000):
        assert head("200", "GET", f"/?q={number}", made).fields["query"] == f"q={number}"
    assert list(made["200"]["GET"]) == ["/"]


def test_queries_are_cleaned_and_an_empty_one_is_none() -> None:
    made = heads(clean_query=lambda query: query.replace("token=x", ""))
    assert "query" not in head("200", "GET", "/?token=x", made).fields
    assert "query" not in head("200", "GET", "/?", made).fields


def test_a_query_that_nobody_wants_is_left_out() -> None:
    assert "query" not in head("200", "GET", "/?a=1", heads(keep_field=lambda name: name != "query")).fields


def test_a_tag_that_nobody_wants_is_left_out() -> None:
    assert set(head("200", "GET", "/", heads(keep_tag=lambda name: name == "uri")).tags) == {"uri"}


def test_the_route_comes_from_path_and_method() -> None:
    made = heads(route=lambda path, method: f"{method} {path}" if path != "/x" else None)
    assert head("200", "GET", "/a?b", made).tags["route"] == "GET /a"
    assert "route" not in head("200", "GET", "/x", made).tags


def test_past_the_cap_a_tag_is_other_and_its_value_a_field() -> None:
    made = heads(limit=1)
    head("200", "GET", "/a", made)
    made_later = head("200", "GET", "/b?q=1", made)
    assert made_later.tags["uri"] == "(other)"
    assert made_later.fields == {"uri_full": "/b", "query": "q=1", "x": 1}


def test_a_tag_too_long_for_an_index_is_other() -> None:
    long = "/" + "a" * LONGEST_TAG
    made = head("200", "GET", long)
    assert (made.tags["uri"], made.fields["uri_full"]) == ("(other)", long)


def test_a_measurement_may_come_from_the_line() -> None:
    made = heads(Column(1, "kind", "measurement", False, False))
    assert (made["a b"], made[""]) == (r"a\ b ", "uwsgi_log ")


def test_without_tag_cells_there_is_one_beginning() -> None:
    made = Heads(HeadRules("m", {"host": "h"}), (), {"path": "/l"}, TagCap(1), HeadBudget())
    assert made[""] == "m,host=h,path=/l "


def test_what_is_remembered_is_bounded_for_all_files_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_REMEMBERED", 100_000)
    budget, rules = HeadBudget(), HeadRules("m", {})
    several = [Heads(rules, (STATUS, METHOD, URI), {}, TagCap(10**6), budget) for _ in range(3)]
    for number in range(3000):
        head("200", "GET", f"/{number}", several[number % 3])
    assert budget.size <= 100_000
    assert sum(len(uris) for one in several for methods in one.values() for uris in methods.values()) < 300


text = st.text(st.characters(max_codepoint=255, exclude_characters="\n\0"), max_size=20)


@given(text, text)
def test_whatever_is_in_a_cell_is_read_back_as_it_was(method: str, uri: str) -> None:
    made = head("200", method, uri)
    path, _, query = uri.partition("?")
    for name, value in (("method", method), ("uri", path)):
        assert made.fields.get(f"{name}_full", made.tags.get(name, "")) == value
    assert made.fields.get("query", "") == query
