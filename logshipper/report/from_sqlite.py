"""A report from a SQLite file that the shipper wrote: SQLite counts, so that a large file need not be read twice."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from logshipper.errors import UserError
from logshipper.model import DEPLOYS
from logshipper.report.periods import SECOND, Comparison, Period, ReportChoice, last_period, since_deploy
from logshipper.report.routes import Names, plain_path, without_ids
from logshipper.report.summary import Report, Source, report_of
from logshipper.report.tally import SLOWEST, UNKNOWN, Request, Tally
from logshipper.rfc3339 import exact, nanoseconds

_REQUESTS, _EVENTS = "uwsgi_log", "uwsgi_event"
_NEEDED = {"time", "method", "uri", "status"}


def from_sqlite(file: Path, choice: ReportChoice) -> Report:
    """Return the report of a SQLite file. Raises UserError."""
    with _opened(file) as database:
        columns = _columns(database, _REQUESTS)
        if _NEEDED - columns:
            fix = "give a file that `logshipper run --to sqlite:///FILE` wrote"
            raise UserError(f"no table {_REQUESTS} with requests", where=str(file), fix=fix)
        newest = database.execute(f"SELECT max(time) FROM {_REQUESTS}").fetchone()[0]
        if newest is None:
            raise UserError("no request in the database", where=str(file), fix="ship some first: logshipper run LOG")
        periods = _periods(database, nanoseconds(newest), choice, file)
        reader = _Reader(database, columns, choice)
        tallies = [reader.tally(period) for period in (periods.before, periods.now)]
    return report_of(Source([str(file)]), periods, *tallies)


@contextmanager
def _opened(file: Path) -> Iterator[sqlite3.Connection]:
    """Open a file read-only. What SQLite says of it is the user's error: its name, its rights, its content."""
    if not file.is_file():
        raise UserError("no such file", where=str(file), fix="give the SQLite file that `logshipper run` writes")
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as database:
            yield database
    except sqlite3.Error as error:
        raise UserError(f"cannot read the database: {error}", where=str(file), fix="check the file") from error


def _columns(database: sqlite3.Connection, table: str) -> set[str]:
    return {row[1] for row in database.execute(f"PRAGMA table_info({table})")}


def _periods(database: sqlite3.Connection, end: int, choice: ReportChoice, file: Path) -> Comparison:
    if not choice.since_deploy:
        return last_period(end, choice.length)
    times: list[int] = []
    if "kind" in _columns(database, _EVENTS):
        marks = ", ".join("?" * len(DEPLOYS))
        rows = database.execute(f"SELECT time FROM {_EVENTS} WHERE kind IN ({marks})", DEPLOYS)
        times = [nanoseconds(time) for (time,) in rows]
    found = since_deploy(times, end)
    if found is None:
        raise UserError("no start or reload in the database", where=str(file), fix="leave --since-deploy")
    return found


class _Reader:
    """Reads the tally of a period."""

    def __init__(self, database: sqlite3.Connection, columns: set[str], choice: ReportChoice) -> None:
        self.database = database
        by_route = "route" in columns and not choice.each_uri
        full = "coalesce(uri_full, uri)" if "uri_full" in columns else "uri"
        self.name = f"coalesce(nullif(route, ''), {full})" if by_route else full
        self.uri, self.ms = full, "resTime" if "resTime" in columns else "NULL"
        self.address = "remoteAddr" if "remoteAddr" in columns else "''"
        self.names = Names(plain_path if by_route or choice.each_uri else without_ids)

    def tally(self, period: Period) -> Tally:
        """Return what the rows of a period add up to."""
        tally, limits = Tally(), (_text(period.start), _text(period.end))
        for method, name, status, ms, count in self._select(
            f"method, {self.name}, status, {self.ms}, count(*)", limits, "GROUP BY 1, 2, 3, 4"
        ):
            tally.counts[self._name(method, name), _known(status), _known(ms)] += count
        for minute, status_class, count in self._select(
            "substr(time, 1, 16), status / 100, count(*)", limits, "GROUP BY 1, 2"
        ):
            key = nanoseconds(minute + ":00") // (60 * SECOND), UNKNOWN if status_class is None else status_class
            tally.minutes[key] += count
        for first, last in self._select("min(time), max(time)", limits, ""):
            if first is not None:
                tally.first, tally.last = nanoseconds(first), nanoseconds(last)
        tally.slowest = self._slowest(limits)
        if "kind" in _columns(self.database, _EVENTS):
            query = f"SELECT kind, count(*) FROM {_EVENTS} WHERE time >= ? AND time < ? GROUP BY 1"
            tally.events.update(dict(self.database.execute(query, limits)))
        return tally

    def _select(self, values: str, limits: Sequence[Any], rest: str) -> Iterator[Sequence[Any]]:
        query = f"SELECT {values} FROM {_REQUESTS} WHERE time >= ? AND time < ? {rest}"
        return self.database.execute(query, limits)

    def _slowest(self, limits: Sequence[str]) -> list[Request]:
        values = f"{self.ms}, time, method, {self.name}, {self.uri}, status, {self.address}"
        rest = f"AND {self.ms} IS NOT NULL ORDER BY {self.ms} DESC, time DESC LIMIT {SLOWEST}"
        return [
            Request(ms, nanoseconds(time), self._name(method, name), uri, _known(status), address or "")
            for ms, time, method, name, uri, status, address in self._select(values, limits, rest)
        ]

    def _name(self, method: str, name: str) -> str:
        return self.names[method.encode().decode("latin-1"), name.encode("utf-8", "replace").decode("latin-1")]


def _known(number: int | None) -> int:
    return UNKNOWN if number is None else number


def _text(time: int) -> str:
    return exact(max(0, time) // SECOND * SECOND)
