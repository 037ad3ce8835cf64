"""Before and after the last start or reload of the application, to see whether it got slower or fails more."""

import sqlite3
from collections.abc import Callable

from logshipper.model import DEPLOYS
from logshipper.rfc3339 import nanoseconds
from logshipper.viewer.cards import Rows, summary
from logshipper.viewer.choice import as_text
from logshipper.viewer.sums import Sums, Window

_LONGEST = 3600  # seconds on each side
_ALIGNED = 60  # rollups are made of whole minutes


def last_start(connection: sqlite3.Connection, window: Window) -> int | None:
    """Return the second of the last start or reload in the window, None if there is none."""
    found = connection.execute(
        "SELECT time FROM uwsgi_event WHERE time >= ? AND time < ? AND kind IN (?, ?) ORDER BY time DESC LIMIT 1",
        (as_text(window.start), as_text(window.end), *DEPLOYS),
    ).fetchone()
    return nanoseconds(found[0]) // 10**9 if found else None


def before_and_after(start: int, end: int, add_up: Callable[[Window], Sums]) -> Rows:
    """Return two rows: as many seconds before the start as there are after it, at most an hour; none before a minute.

    The minute of the start belongs to neither.
    """
    before_end = start // _ALIGNED * _ALIGNED
    after_start = before_end + _ALIGNED
    seconds = min(_LONGEST, (end - after_start) // _ALIGNED * _ALIGNED)
    if seconds <= 0:
        return []
    rows = Rows()
    for name, first in (("before", before_end - seconds), ("after", after_start)):
        sums = add_up(Window(first, first + seconds, seconds))
        rows.append({"": name, "from": as_text(first), "to": as_text(first + seconds), **summary(sums)})
    return rows if all(row["requests"] for row in rows) else []
