"""All that the page shows for a choice, from one look at the file."""

import os
import sqlite3
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from logshipper.rfc3339 import nanoseconds
from logshipper.rollups import HOUR
from logshipper.viewer.cards import Rows, cards, utc
from logshipper.viewer.choice import Choice, as_text
from logshipper.viewer.starts import before_and_after, last_start
from logshipper.viewer.sums import (
    MOST_ROWS,
    Sums,
    Window,
    from_rollups,
    from_rows,
    oldest_rollup,
    others,
    requests_between,
    rolled,
    step_of,
)

LIMIT = 15.0
"""Seconds that an answer may take; it takes less than one if the file has rollups."""
_FUTURE = 300  # seconds that a clock may be ahead
_FIRST = ("time", "method", "uri", "status", "resTime")
_SHOWN = 50
_SEARCHED = 100_000  # rows, for those that the filters leave
_EVENTS = """
    SELECT substr(time, 1, 19) AS time, kind, {columns} FROM
    (SELECT * FROM uwsgi_event WHERE time >= (SELECT min(time) FROM
    (SELECT time FROM uwsgi_event ORDER BY time DESC LIMIT 20000)))
    WHERE kind <> 'app_output' ORDER BY time DESC LIMIT 20"""


def stamp(path: str) -> str:
    """Return what changes whenever somebody writes to the file."""
    found = []
    for name in (path, f"{path}-wal"):
        with suppress(OSError):
            status = os.stat(name)
            found.append(f"{status.st_size}.{status.st_mtime_ns}")
    return "-".join(found)


def figures(connection: sqlite3.Connection, choice: Choice) -> dict[str, Any]:
    """Return the rows of all cards, None for one that the file has no data for, and what to say about them."""
    end = time.monotonic() + LIMIT
    connection.set_progress_handler(lambda: time.monotonic() > end, 10_000)
    try:
        connection.execute("BEGIN")
        return _figures(connection, choice)
    finally:
        connection.set_progress_handler(None, 0)
        connection.execute("ROLLBACK")


def _figures(connection: sqlite3.Connection, choice: Choice) -> dict[str, Any]:
    columns = _columns(connection, "uwsgi_log")
    known = _bounds(connection) if columns else None
    if known is None:
        return {"cards": {}, "notes": [], "newest": None, "events": _events(connection)}
    oldest, newest, later, first_row = known
    until = min(newest + 1, choice.until or newest + 1)
    since = choice.since if choice.since is not None else oldest if choice.last is None else newest - choice.last
    window = Window(max(since, oldest), max(until, since + 1), step_of(until - max(since, oldest) - 1))
    sums = _sums(connection, choice, window, columns, first_row)
    made: dict[str, Rows | None] = {**cards(sums)}
    made["table"] = _table(connection, choice, window, columns)
    made["events"] = _events(connection)
    made["starts"] = _starts(connection, choice, window, columns, first_row)
    if not sums.routes:
        made["routes"] = None
    if not made["failing"]:
        made["failing"] = None
    return {
        "cards": made, "notes": _notes(connection, choice, sums, window, columns), "later": later,
        "newest": utc(newest), "oldest": utc(oldest), "from": utc(sums.window.start), "to": utc(sums.window.end),
        "exact": sums.is_exact, "bytes": _bytes(connection),
    }  # fmt: skip


def _bounds(connection: sqlite3.Connection) -> tuple[int, int, int, int] | None:
    """Return the seconds of the oldest and the newest request, how many are dated in the future, and the first row's.

    The oldest may be in the rollups alone.
    """
    limit = as_text(int(time.time()) + _FUTURE)
    (oldest,) = connection.execute("SELECT min(time) FROM uwsgi_log").fetchone()
    (newest,) = connection.execute("SELECT max(time) FROM uwsgi_log WHERE time <= ?", (limit,)).fetchone()
    if oldest is None:
        return None
    if newest is None:
        (newest,) = connection.execute("SELECT max(time) FROM uwsgi_log").fetchone()
    rollup = oldest_rollup(connection)
    (later,) = connection.execute("SELECT count(*) FROM uwsgi_log WHERE time > ?", (newest,)).fetchone()
    first = _second(oldest)
    is_pruned = rollup is not None and rollup < first - HOUR
    return (max(rollup or 0, 0) if is_pruned else first), _second(newest), later, first


def _sums(
    connection: sqlite3.Connection, choice: Choice, window: Window, columns: Iterable[str], first_row: int
) -> Sums:
    if choice.needs_rows:
        since = _nth_newest(connection, window, _SEARCHED)
        start = window.start if since is None else _second(since) + 1
        return from_rows(connection, choice, Window(start, window.end, step_of(window.end - start - 1)), columns)
    after = rolled(connection)
    is_pruned = window.start < first_row - HOUR
    if after is not None and (is_pruned or requests_between(connection, window.start, window.end) > MOST_ROWS):
        return from_rollups(connection, choice, window, columns, after)
    return from_rows(connection, choice, window, columns)


def _starts(
    connection: sqlite3.Connection, choice: Choice, window: Window, columns: Iterable[str], first_row: int
) -> Rows | None:
    if "kind" not in _columns(connection, "uwsgi_event") or (start := last_start(connection, window)) is None:
        return None
    return before_and_after(
        start, window.end, lambda side: _sums(connection, choice, side, columns, first_row)
    ) or None  # fmt: skip


def _bytes(connection: sqlite3.Connection) -> int:
    """Return the size of the file."""
    (pages,), (size,) = (connection.execute(f"PRAGMA {name}").fetchone() for name in ("page_count", "page_size"))
    return int(pages * size)


def _table(connection: sqlite3.Connection, choice: Choice, window: Window, columns: Iterable[str]) -> Rows:
    """Return the newest rows of the window that the filters leave, if they are among those that are searched."""
    known = list(columns)
    first = [name for name in _FIRST if name in known]
    names = ", ".join('"' + name.replace('"', '""') + '"' for name in (*first, *(n for n in known if n not in first)))
    conditions, parameters = choice.sql(choice.columns(known))
    found = connection.execute(
        f"SELECT {names} FROM uwsgi_log WHERE time >= ? AND time < ?{conditions} ORDER BY time DESC LIMIT {_SHOWN}",  # noqa: S608
        (_nth_newest(connection, window, _SEARCHED) or as_text(window.start), as_text(window.end), *parameters),
    )
    return _as_dicts(found)


def _nth_newest(connection: sqlite3.Connection, window: Window, number: int) -> str | None:
    """Return the time of a row of the window that this number of rows are newer than, None if there are too few."""
    found = connection.execute(
        "SELECT time FROM uwsgi_log WHERE time >= ? AND time < ? ORDER BY time DESC LIMIT 1 OFFSET ?",
        (as_text(window.start), as_text(window.end), number),
    ).fetchone()
    return found[0] if found else None


def _events(connection: sqlite3.Connection) -> Rows | None:
    columns = _columns(connection, "uwsgi_event")
    if not columns:
        return None
    # Only tracebacks have an exception, a frame and more than one line of text.
    known = [name for name in ("exception", "message", "frame", "text") if name in columns]
    return _as_dicts(connection.execute(_EVENTS.format(columns=", ".join(known)))) or None


def _notes(
    connection: sqlite3.Connection, choice: Choice, sums: Sums, window: Window, columns: Iterable[str]
) -> list[str]:
    notes = []
    if not sums.is_exact:
        notes.append("Response times are within 2 %.")
        notes.append(f"The tables by URI and route begin at {utc(sums.values_since)[:16].replace('T', ' ')}.")
        if (uri := choice.value("uri")) and (missing := others(connection, sums.window, uri)):
            notes.append(f"{missing:,} requests of rare URIs are only counted together; some may be missing here.")
    if choice.needs_rows and sums.window.start > window.start:
        notes.append(f"For an address or a log, only the newest {_SEARCHED:,} requests are searched.")
    if choice.filters and not sums.bars:
        notes.append("No request fits; * stands for anything, as in /api/*.")
    if "resTime" not in columns:
        notes.append("The lines have no response time: the pattern has no resTime.")
    return notes


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    return [name for (name,) in connection.execute("SELECT name FROM pragma_table_info(?)", (table,))]


def _as_dicts(found: sqlite3.Cursor) -> Rows:
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found]


def _second(text: str) -> int:
    return nanoseconds(text) // 10**9


def answer(connection: sqlite3.Connection, path: str, given: Mapping[str, str]) -> dict[str, Any]:
    """Return what the page asks for; `stamp` is that of its last answer, and without change there is nothing new."""
    now = stamp(path)
    if given.get("stamp") == now:
        return {"stamp": now, "unchanged": True}
    try:
        return {"stamp": now, **figures(connection, Choice.of(given))}
    except (ValueError, sqlite3.OperationalError) as error:
        return {"stamp": "", "error": str(error), "cards": {}}
