"""The beginning of a point: measurement and tags, cached for each combination of raw cells."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logshipper import line_protocol
from logshipper.parse import prefix_cache as module
from logshipper.parse.encoder import Column
from logshipper.parse.prefix_cache import LONGEST_TAG, CacheBudget, PrefixRules
from logshipper.parse.tag_limit import OTHER, Limits, TagLimit
from logshipper.parse.text_prefixes import TextPrefixes
from tests.support.line_protocol_reader import Point, points

STATUS, METHOD, URI = (
    Column(3, "status", "int", True, True), Column(1, "method", "tag", False, False),
    Column(2, "uri", "tag", False, False),
)  # fmt: skip


def heads(*columns: Column, limit: int = 100, tags: Mapping[str, str] | None = None, **rules: Any) -> TextPrefixes:
    given_rules = PrefixRules("uwsgi_log", tags or {}, **rules)
    return TextPrefixes(given_rules, columns or (STATUS, METHOD, URI), {}, TagLimit(Limits(limit)), CacheBudget())


def head(status: str, method: str, uri: str, of: TextPrefixes | None = None) -> Point:
    made = heads() if of is None else of
    text: str = made[status][method][uri]
    (point,) = points(f"{text}x=1i 1\n")
    return point


def test_tags_are_sorted_and_empty_ones_left_out() -> None:
    made = heads(tags={"host": "web 1", "zone": ""})
    assert made["200"]["GET"]["/a,b"] == r"uwsgi_log,host=web\ 1,method=GET,status_class=2xx,uri=/a\,b "
    assert made["200"][""]["/"] == r"uwsgi_log,host=web\ 1,status_class=2xx,uri=/ "


@pytest.mark.parametrize(("status", "expected"), [("200", "2xx"), ("404", "4xx"), ("-1", None), ("0", None)])
def test_the_status_class_is_a_tag(status: str, expected: str | None) -> None:
    assert head(status, "GET", "/").tags.get("status_class") == expected


def test_the_query_is_a_field_and_is_not_cached() -> None:
    made = heads()
    for number in range(1000):
        assert head("200", "GET", f"/?q={number}", made).fields["query"] == f"q={number}"
    assert list(made["200"]["GET"]) == ["/"]


def test_queries_are_cleaned_and_empty_ones_left_out() -> None:
    made = heads(clean_query=lambda query: query.replace("token=x", ""))
    assert "query" not in head("200", "GET", "/?token=x", made).fields
    assert "query" not in head("200", "GET", "/?", made).fields


def test_an_excluded_query_is_left_out() -> None:
    assert "query" not in head("200", "GET", "/?a=1", heads(keep_field=lambda name: name != "query")).fields


def test_an_excluded_tag_is_left_out() -> None:
    assert set(head("200", "GET", "/", heads(keep_tag=lambda name: name == "uri")).tags) == {"uri"}


def test_the_route_comes_from_path_and_method() -> None:
    made = heads(route=lambda path, method: f"{method} {path}" if path != "/x" else None)
    assert head("200", "GET", "/a?b", made).tags["route"] == "GET /a"
    assert "route" not in head("200", "GET", "/x", made).tags


def test_past_the_limit_a_tag_is_other_and_its_value_a_field() -> None:
    made = heads(limit=1)
    head("200", "GET", "/a", made)
    made_later = head("200", "GET", "/b?q=1", made)
    assert made_later.tags["uri"] == "(other)"
    assert made_later.fields == {"uri_full": "/b", "query": "q=1", "x": 1}


def test_a_tag_value_too_long_for_an_index_becomes_other() -> None:
    long = "/" + "a" * LONGEST_TAG
    made = head("200", "GET", long)
    assert (made.tags["uri"], made.fields["uri_full"]) == ("(other)", long)


def test_the_measurement_may_come_from_the_line() -> None:
    made = heads(Column(1, "kind", "measurement", False, False))
    assert (made["a b"], made[""]) == (r"a\ b ", "uwsgi_log ")


def test_without_tag_columns_all_points_share_one_prefix() -> None:
    made = TextPrefixes(PrefixRules("m", {"host": "h"}), (), {"path": "/l"}, TagLimit(Limits(1)), CacheBudget())
    assert made[""] == "m,host=h,path=/l "


def test_all_caches_together_stay_within_one_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_REMEMBERED", 100_000)
    budget, rules = CacheBudget(), PrefixRules("m", {})
    several = [TextPrefixes(rules, (STATUS, METHOD, URI), {}, TagLimit(Limits(10**6)), budget) for _ in range(3)]
    for number in range(3000):
        head("200", "GET", f"/{number}", several[number % 3])
    assert budget.size <= 100_000
    assert sum(len(uris) for one in several for methods in one.values() for uris in methods.values()) <= 500


text = st.text(st.characters(max_codepoint=255, exclude_characters="\n\0"), max_size=20)


@given(text, text)
def test_any_text_in_a_cell_can_be_read_back_unchanged(method: str, uri: str) -> None:
    made = head("200", method, uri)
    path, _, query = uri.partition("?")
    for name, value in (("method", method), ("uri", path)):
        assert made.fields.get(f"{name}_full", made.tags.get(name, "")) == value
    assert made.fields.get("query", "") == query


def expected(lines: Sequence[tuple[str, str, str]], limit: int, static: Mapping[str, str], dropped: str) -> list[str]:
    """Return the beginnings of lines (status, method, raw uri), made in the plainest way."""
    admitted: dict[str, set[str]] = {"method": set(), "uri": set(), "route": set()}
    made = []
    for status, method, cell in lines:
        uri, _, query = cell.partition("?")
        tags, fields = {**static, "status_class": f"{status[0]}xx"}, {}
        for name, value in {"method": method, "uri": uri, "route": route(uri, method)}.items():
            full = bool(value) and value not in admitted[name] and len(admitted[name]) == limit
            if full or len(value) > LONGEST_TAG:
                tags[name], fields[f"{name}_full"] = OTHER, value
            elif value:
                tags[name] = value
                admitted[name].add(value)
                fields |= {} if line_protocol.tag_is_exact(value) else {f"{name}_full": value}
        fields |= {"query": query} if query else {}
        labels = [
            f",{line_protocol.key(name)}={line_protocol.tag(tags[name])}" for name in sorted(tags) if name != dropped
        ]
        texts = [f'{name}="{line_protocol.string(value)}",' for name, value in fields.items() if name != dropped]
        made.append("".join(["m", *labels, " ", *texts]))
    return made


def route(uri: str, method: str) -> str:
    return "" if not uri else method + uri[:1] + "\\" * uri.count("r")


STATIC = st.dictionaries(st.sampled_from(["host", "path", "tag", "zone", "a b"]), st.sampled_from(["x", "a b"]))
URIS = st.text(st.sampled_from('/r?", =\\\n\0'), max_size=4) | st.just("/" + "a" * LONGEST_TAG)
LINES = st.lists(st.tuples(st.sampled_from(["200", "404"]), st.sampled_from(["GET", "P\\", "\0"]), URIS), max_size=40)
DROPPED = st.sampled_from(["", "uri", "uri_full", "query", "route", "method_full"])


@given(LINES, st.integers(1, 8), STATIC, DROPPED)
def test_each_prefix_equals_one_built_without_a_cache(
    lines: list[tuple[str, str, str]], limit: int, static: dict[str, str], dropped: str
) -> None:
    rules = PrefixRules("m", static, route, lambda name: name != dropped, lambda name: name != dropped)
    made = TextPrefixes(rules, (STATUS, METHOD, URI), {}, TagLimit(Limits(limit)), CacheBudget())
    assert [made[status][method][uri] for status, method, uri in lines] == expected(lines, limit, static, dropped)


@given(LINES, st.integers(1, 8))
def test_the_order_of_the_columns_does_not_change_the_prefix(lines: list[tuple[str, str, str]], limit: int) -> None:
    rules = PrefixRules("m", {}, route)
    last, first = (
        TextPrefixes(rules, columns, {}, TagLimit(Limits(limit)), CacheBudget())
        for columns in ((METHOD, URI), (URI, METHOD))
    )
    for _, method, uri in lines:
        found, other = (
            next(points(f"{text}x=1i 1\n".replace("\0", "NUL"))) for text in (last[method][uri], first[uri][method])
        )
        assert found == other


def test_the_uri_of_a_line_overrides_a_configured_tag() -> None:
    made = heads(tags={"uri": "/set"}, limit=1)
    assert [head("200", "GET", uri, made).tags["uri"] for uri in ("/a", "", "/b")] == ["/a", "/set", "/b"]


def test_a_tag_named_like_a_configured_tag_is_numbered() -> None:
    columns = [Column(1, "path", "tag", False, False), Column(2, "host", "tag", False, False)]
    rules = PrefixRules("uwsgi_log", {"host": "web1"})
    made = TextPrefixes(rules, columns, {"path": "/a.log"}, TagLimit(Limits(9)), CacheBudget())
    assert made["/a"]["shop"] == "uwsgi_log,host=web1,host_1=shop,path=/a.log,path_1=/a "


def test_a_tag_named_like_a_computed_tag_is_numbered() -> None:
    made = heads(STATUS, Column(1, "status_class", "tag", False, False), Column(2, "route", "tag", False, False))
    assert made["200"]["good"]["x"] == "uwsgi_log,route=x,status_class=2xx,status_class_1=good "
