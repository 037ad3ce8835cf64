"""What a visitor's SQL may take: no function hides a long time, and the bounded ones return what SQLite's do."""

import sqlite3
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logshipper.viewer.limits import bound

ZEROS = "hex(zeroblob(%d))"


def connection() -> sqlite3.Connection:
    made = sqlite3.connect(":memory:")
    bound(made)
    return made


@pytest.mark.parametrize(
    "sql",
    [
        "printf('%.*c', 900000000, 'x')",
        "format('%0900000000d', 1)",
        "PRINTF('%.*c', 900000000, 'x')",
        "json_patch('{}', '{}')",
        "fts3_tokenizer('simple')",
        "load_extension('/x')",
        "replace(hex(zeroblob(2000000)), '0', '00')",
        "trim('a', (select group_concat(char(value), '') from (with recursive n(value) as"
        " (select 200 union all select value + 1 from n where value < 400) select value from n)))",
        "hex(zeroblob(1000000)) like '%0_' || hex(zeroblob(20000)) || '1'",
        "hex(zeroblob(1000000)) glob '*' || hex(zeroblob(20000)) || '1*'",
        "zeroblob(5000000)",
    ],
)
def test_what_may_take_long_is_refused_at_once(sql: str) -> None:
    started = time.process_time()
    with pytest.raises(sqlite3.Error):
        connection().execute(f"SELECT {sql}").fetchall()
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    "sql",
    [
        f"instr({ZEROS % 2_000_000}, {ZEROS % 1_000_000} || '1')",
        f"length(replace({ZEROS % 2_000_000}, {ZEROS % 1_000_000} || '1', ''))",
        f"length(trim({ZEROS % 2_000_000}, replace({ZEROS % 1_000_000}, '00', 'ab') || '0'))",
    ],
    ids=["instr", "replace", "trim"],
)
def test_long_arguments_take_a_moment(sql: str) -> None:
    """Each takes minutes in SQLite's own form."""
    started = time.process_time()
    connection().execute(f"SELECT {sql}").fetchall()
    assert time.process_time() - started < 2


texts = st.none() | st.integers(-9, 99) | st.text("ab ", max_size=6)


@given(texts, texts, texts)
def test_the_bounded_functions_return_what_sqlites_own_do(text: object, part: object, other: object) -> None:
    sql = "SELECT instr(?1, ?2), replace(?1, ?2, ?3), trim(?1, ?2), ltrim(?1, ?2), rtrim(?1, ?2), trim(?1)"
    given_values = (text, part, other)
    assert connection().execute(sql, given_values).fetchall() == sqlite3.connect(":memory:").execute(
        sql, given_values
    ).fetchall()  # fmt: skip


def test_a_visitor_may_look_for_parts_of_texts() -> None:
    sql = "SELECT '/a/b' LIKE '%a%', '/a/b' GLOB '/a/*', replace('/a', '/', ''), instr('/a', 'a'), trim(' a ')"
    assert connection().execute(sql).fetchall() == [(1, 1, "a", 2, "a")]
