"""A report from an InfluxDB that the shipper writes: its rows are read in pages, and counted like those of a log."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from logshipper.errors import UserError
from logshipper.model import DEPLOYS
from logshipper.points import PointRow, PointShape
from logshipper.report.periods import Comparison, ReportChoice, last_period, since_deploy
from logshipper.report.routes import Names, plain_path, without_ids
from logshipper.report.summary import Report, Source, report_of
from logshipper.report.tally import Counting
from logshipper.rfc3339 import nanoseconds

Ask = Callable[[str], Sequence[Mapping[str, Any]]]
PAGE = 20_000  # rows, some megabytes
_REQUESTS, _EVENTS = "uwsgi_log", "uwsgi_event"
_COLUMNS = ("method", "uri", "status", "resTime", "remoteAddr", "uri_full", "route")
_SHAPE = PointShape("", (), tuple((name, str) for name in ("method", "uri", "status", "resTime", "remoteAddr")))
_EVENT = PointShape(_EVENTS, ("kind",), ())


def from_influxdb(name: str, ask: Ask, choice: ReportChoice) -> Report:
    """Return the report of the database that `ask(query)` reads. Raises UserError, and what `ask` raises."""
    newest = _rows(ask(f'SELECT "status" FROM "{_REQUESTS}" ORDER BY time DESC LIMIT 1'))
    if not newest:
        raise UserError("no request in the database", where=name, fix="check the database, or ship some first")
    periods = _periods(name, ask, nanoseconds(newest[0][0]), choice)
    routes: dict[tuple[str, str], str] = {}

    def route(path: str, method: str) -> str:
        return routes.get((method, path)) or without_ids(path)

    counting = Counting((periods.before, periods.now), Names(plain_path if choice.each_uri else route), _readable)
    for page in _pages(ask, _REQUESTS, _COLUMNS, periods):
        counting.take([_request(row, routes) for row in page])
    for page in _pages(ask, _EVENTS, ("message", "kind"), periods):
        counting.take([(_EVENT, (str(kind),), nanoseconds(time)) for time, _, kind in page])
    return report_of(Source([name]), periods, *counting.tallies)


def _periods(name: str, ask: Ask, end: int, choice: ReportChoice) -> Comparison:
    if not choice.since_deploy:
        return last_period(end, choice.length)
    kinds = " OR ".join(f"\"kind\" = '{kind}'" for kind in DEPLOYS)
    found = since_deploy(
        [nanoseconds(row[0]) for row in _rows(ask(f'SELECT "message" FROM "{_EVENTS}" WHERE {kinds}'))], end
    )
    if found is None:
        raise UserError("no start or reload in the database", where=name, fix="leave --since-deploy")
    return found


def _pages(ask: Ask, table: str, columns: Sequence[str], periods: Comparison) -> Iterator[list[list[Any]]]:
    """Yield the rows of both periods, the oldest first: the time, then the columns.

    Rows at the time that ends a full page may continue in the next one, which begins with that time.
    """
    names, start = ", ".join(f'"{name}"' for name in columns), max(0, periods.before.start)
    while True:
        query = f'SELECT {names} FROM "{table}" WHERE time >= {start} AND time < {periods.now.end} LIMIT {PAGE}'
        rows = _rows(ask(query))
        last = rows[-1][0] if len(rows) == PAGE else None
        page = [row for row in rows if row[0] != last]
        if last is not None and not page:
            raise UserError(f"{PAGE} rows have the same time", where=table, fix="make a report of the log")
        yield page
        if last is None:
            return
        start = nanoseconds(last)


def _rows(series: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
    return [row for one in series for row in one["values"]]


def _request(row: Sequence[Any], routes: dict[tuple[str, str], str]) -> PointRow:
    time, method, uri, status, ms, address, full, route = row
    method, uri = _bytes(method), _bytes(full or uri)
    if route:
        routes[method, uri] = _bytes(route)
    values = (method, uri, str(_or_nothing(status)), _or_nothing(ms), _or_nothing(address))
    return _SHAPE, values, nanoseconds(time)


def _or_nothing(value: Any) -> Any:
    return "" if value is None else value


def _bytes(text: str | None) -> str:
    """Return text as the parser has it: one character for each byte of its UTF-8."""
    return (text or "").encode("utf-8", "replace").decode("latin-1")


def _readable(uri: str) -> str:
    return uri.encode("latin-1").decode("utf-8", "replace")
