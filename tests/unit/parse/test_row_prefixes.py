"""The beginning of a row: as `TextPrefixes` would write it, without escapes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logshipper.parse.encoder import Column
from logshipper.parse.prefix_cache import CacheBudget, PrefixRules
from logshipper.parse.row_prefixes import RowPrefix, RowPrefixes
from logshipper.parse.tag_limit import Limits, TagLimit
from logshipper.parse.text_prefixes import TextPrefixes
from tests.support.rows import rows_of

COLUMNS = (
    Column(3, "status", "int", True, True), Column(1, "method", "tag", False, False),
    Column(2, "uri", "tag", False, False),
)  # fmt: skip
RULES = PrefixRules("uwsgi log", {"host": "caf\xc3\xa9", "zone": ""}, route=lambda uri, method: uri[:3] or None)


def both(limit: int = 100, rules: PrefixRules = RULES) -> tuple[TextPrefixes, RowPrefixes]:
    budget = CacheBudget()
    return tuple(  # type: ignore[return-value]
        kind(rules, COLUMNS, {"path": "/a.log"}, TagLimit(Limits(limit)), budget)
        for kind in (TextPrefixes, RowPrefixes)
    )


def of_text(text: str) -> tuple[object, ...]:
    ((shape, values, _),) = rows_of(f"{text}last=1i 1\n")
    return shape.measurement, shape.names[:-1], values[:-1]


def of_row(prefix: RowPrefix) -> tuple[object, ...]:
    return prefix.head.measurement, (*prefix.head.tags, *prefix.head.fields), prefix.values


cells = st.text(st.sampled_from(list('/a?=&,\\" %#\n\xc3\xa9')), max_size=8)


@given(
    st.lists(st.tuples(st.sampled_from(["200", "404", "0"]), cells, cells), min_size=1, max_size=8), st.integers(0, 3)
)
def test_prefixes_are_the_same_in_both_forms(lines: list[tuple[str, str, str]], limit: int) -> None:
    texts, rows = both(limit)
    for status, method, uri in lines:
        assert of_row(rows[status][method][uri]) == of_text(texts[status][method][uri])


@pytest.mark.parametrize("uri", ["/a", "/a?q=1", "/a\\"])
def test_excluded_tags_and_fields_are_left_out(uri: str) -> None:
    rules = PrefixRules("m", {}, keep_tag=lambda name: name != "uri", keep_field=lambda name: name != "query")
    texts, rows = both(rules=rules)
    assert of_row(rows["200"]["GET"][uri]) == of_text(texts["200"]["GET"][uri])


def test_prefixes_with_the_same_names_share_a_head_until_the_cache_is_cleared() -> None:
    _, rows = both()
    first, second = rows["200"]["GET"]["/a"], rows["404"]["POST"]["/b"]
    assert first.head is second.head
    rows.clear()
    assert rows["200"]["GET"]["/a"].head is not first.head


def test_the_size_of_a_prefix_counts_towards_the_budget() -> None:
    _, rows = both()
    assert len(rows["200"]["GET"]["/a"]) < len(rows["200"]["GET"]["/a" * 500]) < 3000
