"""Makes the rollups of a file that has rows but no rollups yet, because an older version wrote it.

An hour is one transaction, which also says how far it is; so it goes on where it was interrupted.
"""

import logging
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime

from logshipper.outputs.sqlite_rollups import Request, Rollups
from logshipper.outputs.sqlite_tables import Table, quoted
from logshipper.rollups import BUILDING, CREATE, HOUR, TABLE

log = logging.getLogger(__name__)

_COLUMNS = ("method", "status_class", "uri", "route", "resSize", "resTime")
_START = f"INSERT OR IGNORE INTO \"{TABLE}\" SELECT {BUILDING}, ?, 0, '', '', '', 0, 0, x''"
_PROGRESS = f'SELECT start FROM "{TABLE}" WHERE width = {BUILDING}'  # noqa: S608
_MOVE = f'UPDATE "{TABLE}" SET start = ? WHERE width = {BUILDING}'  # noqa: S608
_END = f'DELETE FROM "{TABLE}" WHERE width = {BUILDING}'  # noqa: S608


def catch_up(
    connection: sqlite3.Connection,
    table: Table,
    transaction: Callable[[], AbstractContextManager[object]],
    rollups: Callable[[], Rollups],
) -> None:
    """Make the rollups of the rows in the table if the file has none, or goes on with that."""
    if not table.columns:
        return
    with transaction():
        known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (TABLE,)).fetchone()
        if not known:
            connection.execute(CREATE)
            connection.execute(_START, (-(2**40),))
    first = True
    while progress := connection.execute(_PROGRESS).fetchone():
        if first:
            log.info("making the rollups of the requests that are in the file, once")
        first = False
        with transaction():
            _next_hour(connection, table, progress[0], rollups())


def _next_hour(connection: sqlite3.Connection, table: Table, since: int, rollups: Rollups) -> None:
    name = quoted(table.name)
    (found,) = connection.execute(f"SELECT min(time) FROM {name} WHERE time >= ?", (_text(since),)).fetchone()  # noqa: S608
    if found is None:
        connection.execute(_END)
        return
    start = int(datetime.fromisoformat(f"{found[:19]}+00:00").timestamp()) // HOUR * HOUR
    columns = ", ".join(
        ("NULL" if column.startswith("res") else "''") if column.lower() not in table.columns else quoted(column)
        for column in _COLUMNS
    )
    rows = connection.execute(
        f"SELECT strftime('%s', substr(time, 1, 19)) / 60, {columns} FROM {name} WHERE time >= ? AND time < ?",  # noqa: S608
        (_text(start), _text(start + HOUR)),
    )
    rollups.count(_requests(rows))
    connection.execute(_MOVE, (start + HOUR,))


def _requests(rows: Iterable[tuple[int, str, str, str, str, int | None, int | None]]) -> Iterator[Request]:
    for minute, method, status_class, uri, route, size, time in rows:
        yield minute, (method, status_class, uri, route), size or 0, time


def _text(second: int) -> str:
    """Return what the times from this second on are not before, as text."""
    return "" if second < 0 else datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
