"""The table of the rollups: what is read together lies together."""

import sqlite3

from logshipper.rollups import CREATE, DAY, HOUR, MINUTE, ROLLED, TABLE


def test_a_rollup_is_found_by_width_kind_and_start() -> None:
    connection = sqlite3.connect(":memory:")
    for _ in range(2):
        connection.execute(CREATE)
    columns = {row[1]: row[5] for row in connection.execute(f"PRAGMA table_info('{TABLE}')")}
    key = sorted((order, name) for name, order in columns.items() if order)
    assert [name for _, name in key] == ["width", "kind", "start", "value", "method", "status_class"]


def test_each_width_divides_the_next() -> None:
    assert ROLLED < MINUTE
    assert HOUR % MINUTE == DAY % HOUR == 0
