"""A report as plain values: what the text, the page and the JSON all show."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from logshipper.account import Account
from logshipper.report.comparison import Changes, Route, changes, routes_of, together
from logshipper.report.periods import MINUTE, SECOND, Comparison
from logshipper.report.tally import NEVER, Request, Tally

MOST_ROUTES = 15
_MOST_BARS = 96


@dataclass(frozen=True, slots=True)
class Bar:
    """The requests from `start` on, in nanoseconds since 1970, until the next bar; `failed` of them with a 5xx."""

    start: int
    requests: int
    failed: int


@dataclass(frozen=True, slots=True)
class Part:
    """One of the two periods. `start` and `end` are those of its requests where the log begins or ends within it."""

    start: int
    end: int
    all: Route
    routes: Mapping[str, Route]
    statuses: Mapping[int, int]
    events: Mapping[str, int]

    @property
    def rate(self) -> float:
        """Return the requests a second."""
        return self.all.requests / max(1.0, (self.end - self.start) / 1e9)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a report comes from: the names of files, or a database; notes for the reader; the account of the lines."""

    names: Sequence[str]
    notes: Sequence[str] = ()
    account: Account | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """A report. `before` is None if there is nothing to compare with; `deploy` as in `Comparison`."""

    source: Source
    deploy: int
    before: Part | None
    now: Part
    changes: Changes
    slowest: Sequence[Request]
    bars: Sequence[Bar] = field(default_factory=list)

    def slow_routes(self) -> Sequence[Route]:
        """Return the routes that took the most time together, with at least one time."""
        timed = [route for route in self.now.routes.values() if route.times.size]
        return sorted(timed, key=lambda route: (-route.times.sum, route.name))[:MOST_ROUTES]

    def failing_routes(self) -> Sequence[Route]:
        """Return the routes that failed, those with the most failures first."""
        failing = [route for route in self.now.routes.values() if route.classes.get(5, 0)]
        return sorted(failing, key=lambda route: (-route.classes[5], route.name))[:MOST_ROUTES]


def report_of(source: Source, periods: Comparison, before: Tally, now: Tally) -> Report:
    """Return the report of two tallies."""
    first = _part(before, periods.before.start, periods.before.end)
    second = _part(now, periods.now.start, periods.now.end)
    has_before = bool(first.all.requests)
    found = changes(first.routes, second.routes) if has_before else Changes((), 0, 0)
    return Report(
        source, periods.deploy, first if has_before else None, second, found, now.slowest, _bars(now, second)
    )  # fmt: skip


def _part(tally: Tally, start: int, end: int) -> Part:
    routes, statuses = routes_of(tally.counts), Counter[int]()
    for (_, status, _), count in tally.counts.items():
        statuses[status] += count
    # A log that begins within a period covers only the rest of it; the end of one is the end of the log.
    if tally.first != NEVER and tally.first - start > MINUTE:
        start = tally.first // SECOND * SECOND
    return Part(start, end, together(routes.values()), routes, statuses, tally.events)


def _bars(tally: Tally, part: Part) -> Sequence[Bar]:
    """Return the requests over time in at most some dozens of bars, each of a whole number of minutes."""
    if not tally.minutes:
        return ()
    first, last = part.start // MINUTE, (part.end - 1) // MINUTE
    width = next((minutes for minutes in _WIDTHS if (last - first) // minutes < _MOST_BARS), _WIDTHS[-1])
    requests, failed = Counter[int](), Counter[int]()
    for (minute, status_class), count in tally.minutes.items():
        requests[minute // width] += count
        failed[minute // width] += count if status_class == 5 else 0
    return [Bar(at * width * MINUTE, requests[at], failed[at]) for at in range(first // width, last // width + 1)]


_WIDTHS = (1, 5, 15, 30, 60, 120, 240, 720, 1440, 10080, 43200, 525600)
