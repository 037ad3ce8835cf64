"""A SQLite file as an output: a table for each measurement, the same columns as InfluxDB's `SELECT *`.

`time` is RFC 3339 in UTC with nine digits, tags are text, fields integer, real or text. As in InfluxDB, measurement,
time and tags identify a point, and a point that is written again replaces itself.

A batch is one transaction. If a point makes it fail, the batch is written again point by point, and those that the
file can never take are rejected, each with SQLite's reason.
"""

import logging
import os
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from time import monotonic

from logshipper.atomic_write import create_private
from logshipper.errors import UserError
from logshipper.outputs import sqlite_counted
from logshipper.outputs.protocol import Acknowledged, RetryLater
from logshipper.outputs.sqlite_counted import Home
from logshipper.outputs.sqlite_pruning import Keep, Pruning, give_back
from logshipper.outputs.sqlite_rollups import Rollups
from logshipper.outputs.sqlite_tables import Tables
from logshipper.points import PointRow, PointShape, Rows
from logshipper.rfc3339 import all_exact
from logshipper.rollups import MEASUREMENT

log = logging.getLogger(__name__)

_BUSY_SECONDS = 5.0
_ROWS_AT_ONCE = 1000
_MOST_WAL = 64 * 2**20  # bytes of the write-ahead log
_PAUSE = 60.0  # seconds between two tries to empty it: a reader that stays must not hold up each write
_MOST_HOMES = 1000
# What SQLite says of a point that it cannot take. Every other error concerns the file, and may pass: locked, full, I/O.
_OF_THE_POINT = {
    sqlite3.SQLITE_ERROR, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH,
    sqlite3.SQLITE_RANGE,
}  # fmt: skip
# What nothing but another file helps against, and what may pass.
_NO_DATABASE = {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}
_ADVICE = {
    sqlite3.SQLITE_READONLY: "let this user write the file and its folder",
    sqlite3.SQLITE_CANTOPEN: "let this user write the file and its folder",
    sqlite3.SQLITE_FULL: "free its disk",
    sqlite3.SQLITE_BUSY: "another program is writing it",
    sqlite3.SQLITE_LOCKED: "another program is writing it",
}
# An integer over 64 bits, text that is not UTF-8, a NUL in a name: Python notices these before SQLite does.
_PYTHON_ERRORS = (OverflowError, ValueError)


class SqliteOutput:
    """Writes points into the file; the connection belongs to the thread that writes first."""

    connections = 0

    def __init__(self, file: Path, keep: Keep = Keep()) -> None:  # noqa: B008 - it cannot change
        self.file = file
        self._pruning = Pruning(keep)
        self._connection: sqlite3.Connection | None = None
        self._key = (0, 0)  # device and inode
        self._tables = Tables()
        self._homes: dict[int, Home] = {}  # by the id of the shape
        self._rollups: Rollups | None = None
        self._version = 0
        self._next_try = 0.0

    def write(self, points: Rows) -> Acknowledged:
        """Store points in one transaction; see `Output`. Raises UserError for a file that can never be a database."""
        answer = self._write(points)
        if self._is_gone():
            log.warning("%s: the file was removed or replaced; continuing in a new one, without its rows", self.file)
            self.close()
            answer = self._write(points)
        if self._pruning.is_due():
            self._prune()
        return answer

    def _prune(self) -> None:
        """Remove some of what is old. The points are stored, so a failure is left to the next write."""
        try:
            with self._transaction() as connection:
                self._pruning.step(connection, self._tables.names(), self._rollups)
            give_back(connection)
        except sqlite3.Error as error:
            log.debug("%s: nothing was removed: %s", self.file, error)

    def _write(self, points: Rows) -> Acknowledged:
        try:
            self._catch_up(points)
            try:
                with self._transaction() as connection:
                    self._prepare_rollups(connection, points)
                    self._store(connection, points)
                return Acknowledged()
            except (sqlite3.Error, *_PYTHON_ERRORS) as error:
                if not _is_of_the_point(error):
                    raise
            self._reload()
            with self._transaction() as connection:
                self._prepare_rollups(connection, points)
                return Acknowledged(self._store_each(connection, points))
        except sqlite3.Error as error:
            self.close()
            raise self._failure(error) from error

    def _failure(self, error: sqlite3.Error) -> RetryLater | UserError:
        """Return what an error of the file means: that the settings are wrong, or that it may pass."""
        code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
        if code in _NO_DATABASE:
            return UserError(f"not a usable SQLite file ({error})", where=str(self.file), fix="give another file")
        advice = f"; {_ADVICE[code]}" if code in _ADVICE else ""
        return RetryLater("sqlite", f"{self.file}: {error}{advice}")

    def _is_gone(self) -> bool:
        """Return whether the name no longer stands for the file that is open."""
        try:
            found = os.stat(self.file)
        except OSError:
            return True
        return (found.st_dev, found.st_ino) != self._key

    def sync(self) -> None:
        """Do nothing: each transaction is synced when it is committed."""

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        connection = self._open()
        connection.execute("BEGIN IMMEDIATE")
        try:
            (version,) = connection.execute("PRAGMA data_version").fetchone()
            if version != self._version:  # somebody else wrote: what the rollups know may no longer be so
                self._version, self._rollups = version, None
            yield connection
            if self._rollups:
                self._rollups.write()
            connection.execute("COMMIT")
            self._bound_wal(connection)
        except BaseException:
            self._rollups = None  # what they know of the file is no longer so
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    def _bound_wal(self, connection: sqlite3.Connection) -> None:
        """Empty the write-ahead log if it is large: as long as readers overlap, SQLite itself never does."""
        try:
            is_large = os.stat(f"{self.file}-wal").st_size > _MOST_WAL
        except OSError:
            return
        if is_large and monotonic() >= self._next_try:
            self._next_try = monotonic() + _PAUSE
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # waits for readers, as for a lock

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            if self.file.is_dir():
                raise UserError(
                    "a folder, not a SQLite file", where=str(self.file), fix=f"give {self.file}/requests.db"
                )
            try:
                create_private(self.file)
            except OSError as error:
                raise RetryLater("sqlite", f"{self.file}: cannot create the file: {error.strerror}") from error
            self._connection = sqlite3.connect(self.file, timeout=_BUSY_SECONDS, isolation_level=None)
            self._connection.execute("PRAGMA auto_vacuum=INCREMENTAL")  # a new file can give back what is removed
            self._connection.execute("PRAGMA journal_mode=WAL")
            found = os.stat(self.file)
            self._key = found.st_dev, found.st_ino
            self._connection.execute("PRAGMA synchronous=FULL")
            self._reload()
        return self._connection

    def _reload(self) -> None:
        """Read the tables from the file: another process may have changed them, or a rollback what we did."""
        self._homes.clear()
        if self._connection is not None:
            self._tables = Tables(self._connection)

    def _store(self, connection: sqlite3.Connection, points: Iterable[PointRow]) -> None:
        """Store points, some at a time: with their times as text they take more memory."""
        rows = iter(points)
        while some := list(islice(rows, _ROWS_AT_ONCE)):
            by_shape: dict[int, list[PointRow]] = defaultdict(list)
            for row in some:
                by_shape[id(row[0])].append(row)
            for of_shape in by_shape.values():
                shapes, values, times = zip(*of_shape, strict=True)
                home = self._home(connection, shapes[0])
                columns = (all_exact(times), *zip(*values, strict=True))
                sqlite_counted.store(connection, home, columns, times, self._rollups)

    def _store_each(self, connection: sqlite3.Connection, points: Rows) -> dict[int, str]:
        """Store points one by one; return those that cannot be stored, with the reason."""
        rejected = {}
        for index, point in enumerate(points):
            connection.execute("SAVEPOINT point")
            try:
                self._store(connection, [point])
            except (sqlite3.Error, *_PYTHON_ERRORS) as error:
                if not _is_of_the_point(error):
                    raise
                connection.execute("ROLLBACK TO point")
                self._reload()
                rejected[index] = str(error)
            connection.execute("RELEASE point")
        return rejected

    def _home(self, connection: sqlite3.Connection, shape: PointShape) -> Home:
        """Return where the points of a shape go, once the table has all their columns."""
        known = self._homes.get(id(shape))
        if known is None or known.shape is not shape:
            table = self._tables.of(shape.measurement)
            before = len(table.columns)
            columns = table.fit(connection, shape)
            if len(table.columns) > before or len(self._homes) >= _MOST_HOMES:
                self._homes.clear()
            known = self._homes[id(shape)] = Home.of(shape, table, columns)
        return known

    def _catch_up(self, points: Rows) -> None:
        """Make the rollups of a file that has few, a part in each transaction: a kill loses only the last."""
        while self._rollups is None and _has_requests(points):
            with self._transaction() as connection:
                rollups = self._new_rollups(connection, most_steps=1)
                self._rollups = None if rollups.is_behind else rollups

    def _prepare_rollups(self, connection: sqlite3.Connection, points: Rows) -> None:
        """Open the rollups before the first request is stored: they read which of the rows they do not hold."""
        if self._rollups is None and _has_requests(points):
            self._rollups = self._new_rollups(connection)

    def _new_rollups(self, connection: sqlite3.Connection, most_steps: int = 0) -> Rollups:
        table = self._tables.of(MEASUREMENT)
        columns = [name for name, _ in table.columns.values()] if table.name == MEASUREMENT else []
        return Rollups(connection, columns, most_steps)

    def close(self) -> None:
        """Close the file."""
        self._homes.clear()
        self._rollups = None
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _has_requests(points: Rows) -> bool:
    return any(shape.measurement == MEASUREMENT for shape, _, _ in points)


def _is_of_the_point(error: Exception) -> bool:
    """Return whether an error is the point's fault rather than the file's."""
    if not isinstance(error, sqlite3.Error):
        return True
    code = getattr(error, "sqlite_errorcode", None)
    return code is None or code & 0xFF in _OF_THE_POINT


def is_new(file: Path) -> bool:
    """Return whether nothing was ever stored in the file."""
    return not file.exists() or file.stat().st_size == 0
