"""The rollups in a SQLite file: what they are called and what they hold, for those who write and read them.

A rollup is a row for a period, of a minute, an hour or a day: how many requests there were, how many bytes they sent,
and the histogram of their times. There is one for all requests (`ALL`), and in hours and days one for each uri and
route, always by method and status class. A uri or route that is not among those of the period that matter is part of
`OTHERS`. A day has rollups when it is over. The newest rows, `STEP` at most, are not in the rollups yet.
"""

import sqlite3

TABLE = "uwsgi_log rollups"
MEASUREMENT = "uwsgi_log"
STEP = 40_000
MINUTE, HOUR, DAY = 60, 3600, 86_400  # widths, in seconds; periods begin at a multiple in UTC
ALL, URI, ROUTE = 0, 1, 2
OTHERS = ""
MADE = 9
"""The kind of the row that says that a day has rollups, or that an hour's values are those that matter."""
ROLLED = 0
"""The width of the row whose `start` says which rows are in the rollups: those up to this rowid."""
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "CONNECT", "TRACE"})
CLASSES = frozenset({"1xx", "2xx", "3xx", "4xx", "5xx"})
OTHER = "(other)"
"""Any other method or status class: both come from strangers."""

READ_ROLLED = f'SELECT start FROM "{TABLE}" WHERE width = {ROLLED}'  # noqa: S608 - our own text

CREATE = f"""CREATE TABLE IF NOT EXISTS "{TABLE}" (
    width INTEGER NOT NULL, start INTEGER NOT NULL, kind INTEGER NOT NULL, value TEXT NOT NULL,
    method TEXT NOT NULL, status_class TEXT NOT NULL,
    requests INTEGER NOT NULL, bytes INTEGER NOT NULL, times BLOB NOT NULL,
    PRIMARY KEY (width, kind, start, value, method, status_class)) WITHOUT ROWID"""


def has_table(connection: sqlite3.Connection, name: str = TABLE) -> bool:
    """Return whether the file has a table of this name."""
    return bool(connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (name,)).fetchone())
