"""What changed from one period to the next, and what chance explains.

Every route is tested several times, so a few would differ by chance alone: the p-values of all tests together are
corrected (Holm), and a change counts if chance alone would bring one in less than one report of a thousand. It must
matter too: a percent that is certain is no news.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from statistics import median
from typing import Literal

from logshipper.report.routes import OTHER
from logshipper.report.statistics import Distribution, Shift, exact_test, holm, rank_test, share_bounds, shift
from logshipper.report.tally import UNKNOWN, Key

ALPHA = 0.001
# With fewer requests in either period, a route's times are not compared.
FEW = 30
_LEAST_FACTOR = 1.1  # of a median, _LEAST_TAIL of the 95th percentile
_LEAST_TAIL = 1.2
_LEAST_MS = 1.0
_LEAST_TRAFFIC = 2.0
_LEAST_SHARE = {"5xx": 0.001, "4xx": 0.01}  # of the requests

Kind = Literal["fails", "slower", "refused", "new", "gone", "busier", "quieter", "faster", "recovered"]
WORSE = frozenset[Kind]({"fails", "slower", "refused"})
BETTER = frozenset[Kind]({"faster", "recovered"})
KINDS: Sequence[Kind] = ("fails", "slower", "refused", "recovered", "faster", "gone", "new", "busier", "quieter")


@dataclass(frozen=True)
class Route:
    """The requests of one route in one period: by class of status, and by milliseconds."""

    name: str
    requests: int
    classes: Mapping[int, int]
    times: Distribution

    def share(self, status_class: int) -> float:
        """Return which share of the requests had a status of this class."""
        return self.classes.get(status_class, 0) / self.requests if self.requests else 0.0

    @cached_property
    def only_missing(self) -> bool:
        """Return whether every request was refused: somebody looks for pages that this application does not have."""
        return self.classes.get(4, 0) == self.requests


def routes_of(counts: Mapping[Key, int]) -> dict[str, Route]:
    """Return the routes of a period by name."""
    classes: dict[str, Counter[int]] = {}
    times: dict[str, Counter[int]] = {}
    for (name, status, ms), count in counts.items():
        if name not in classes:
            classes[name], times[name] = Counter(), Counter()
        classes[name][status // 100] += count
        if ms != UNKNOWN:
            times[name][ms] += count
    return {name: Route(name, classes[name].total(), classes[name], Distribution(times[name])) for name in classes}


def no_route(name: str) -> Route:
    """Return a route without requests."""
    return Route(name, 0, {}, Distribution({}))


def together(routes: Iterable[Route]) -> Route:
    """Return all routes as one."""
    classes, times = Counter[int](), Counter[int]()
    for one in routes:
        classes.update(one.classes)
        times.update(one.times.counts)
    return Route("", classes.total(), classes, Distribution(times))


@dataclass(frozen=True, slots=True)
class Change:
    """A change that chance does not explain. `p` is the corrected p-value.

    `percentile` and `shift` say how the time changed, `bounds` between which shares the true one is now, `factor` by
    how much a route's share of the traffic changed.
    """

    kind: Kind
    name: str
    p: float
    percentile: float = 0.0
    shift: Shift | None = None
    bounds: tuple[float, float] = (0.0, 0.0)
    factor: float = 0.0


@dataclass(frozen=True, slots=True)
class Changes:
    """The findings, the worst first; how many routes were compared, and how many have too few requests."""

    findings: Sequence[Change]
    compared: int
    few: int


def changes(before: Mapping[str, Route], now: Mapping[str, Route]) -> Changes:
    """Return what changed between the routes of two periods."""
    names = sorted({*before, *now} - {OTHER})
    traffic = _Traffic.of(before, now)
    found = [
        pair
        for name in names
        for pair in _tests(before.get(name, no_route(name)), now.get(name, no_route(name)), traffic)
    ]
    corrected = holm([p for p, _ in found])
    candidates = [replace(made, p=p) for (_, made), p in zip(found, corrected, strict=True) if made and p < ALPHA]
    best: dict[tuple[str, str], Change] = {}
    for one in candidates:
        best.setdefault((one.name, _GROUP.get(one.kind, one.kind)), one)
    few = [name for name in names if min(_size(before, name), _size(now, name)) < FEW]
    ordered = sorted(best.values(), key=lambda one: (KINDS.index(one.kind), -_weight(one, now)))
    return Changes(ordered, len(names) - len(few), len(few))


# A route is named once for its time, once for its failures and once for its traffic.
_GROUP = {"slower": "time", "faster": "time"}


def _size(routes: Mapping[str, Route], name: str) -> int:
    return routes[name].requests if name in routes else 0


def _weight(finding: Change, now: Mapping[str, Route]) -> float:
    """Return how much a finding matters: how many requests it concerns, or how much time."""
    route = now.get(finding.name)
    if route is None:
        return 0.0
    if finding.shift:
        return abs(1 - 1 / finding.shift.factor) * route.times.sum
    return max(finding.bounds[0], 0.001) * route.requests


@dataclass(frozen=True, slots=True)
class _Traffic:
    """All requests before and now, and by which factor the traffic of most routes grew.

    Measured against that factor, one route that grows does not make the others quieter.
    """

    before: int
    now: int
    growth: float

    @classmethod
    def of(cls, before: Mapping[str, Route], now: Mapping[str, Route]) -> "_Traffic":
        factors = [now[name].requests / before[name].requests for name in now.keys() & before.keys()]
        totals = [sum(route.requests for route in routes.values()) for routes in (before, now)]
        return cls(totals[0], totals[1], median(factors) if factors else 1.0)


_Tested = tuple[float, Change | None]
"""A p-value, and what it means if chance does not explain it; None if the change would not matter."""


def _tests(first: Route, second: Route, traffic: _Traffic) -> list[_Tested]:
    found = [*_times(first, second)]
    if first.requests and second.requests:
        found += [*_share(first, second, 5, "5xx"), *_share(first, second, 4, "4xx")]
    if max(first.requests, second.requests) >= FEW and not (first.only_missing and second.only_missing):
        found.append(_traffic_of(first, second, traffic))
    return found


def _times(first: Route, second: Route) -> list[_Tested]:
    """Test whether the times of a route differ: as a whole, and in their slowest twentieth."""
    if min(first.times.size, second.times.size) < FEW:
        return []
    whole, _ = rank_test(first.times, second.times)
    limit = Distribution(Counter(first.times.counts) + Counter(second.times.counts)).percentile(0.95)
    tail = exact_test(first.times.above(limit), first.times.size, second.times.above(limit), second.times.size)
    return [
        (whole, _shifted(first, second, 0.5, _LEAST_FACTOR)),
        (tail, _shifted(first, second, 0.95, _LEAST_TAIL)),
    ]


def _shifted(first: Route, second: Route, percentile: float, least: float) -> Change | None:
    found = shift(first.times, second.times, percentile)
    ranks = [percentile * route.times.size for route in (first, second)]
    moved = abs(second.times.between(ranks[1]) - first.times.between(ranks[0]))
    if moved < _LEAST_MS or max(found.factor, 1 / found.factor) < least or found.low <= 1 <= found.high:
        return None
    return Change("slower" if found.factor > 1 else "faster", second.name, 1.0, percentile, found)


def _share(first: Route, second: Route, status_class: int, label: str) -> list[_Tested]:
    """Test whether a route fails, or refuses, more or less often.

    Where too few failed for any division of them between the periods to be certain, there is no test: it could find
    nothing, and would make all others less sure (Tarone).
    """
    hits = first.classes.get(status_class, 0), second.classes.get(status_class, 0)
    if _least_p(sum(hits), first.requests, second.requests) >= ALPHA:
        return []
    p = exact_test(hits[0], first.requests, hits[1], second.requests)
    shares = hits[0] / first.requests, hits[1] / second.requests
    if abs(shares[1] - shares[0]) < _LEAST_SHARE[label] or max(shares) < 2 * min(shares):
        return [(p, None)]
    bounds = share_bounds(hits[1], second.requests)
    worse: Kind = "fails" if label == "5xx" else "refused"
    if shares[1] < shares[0]:
        return [(p, Change("recovered", second.name, 1.0, bounds=bounds) if label == "5xx" else None)]
    return [(p, Change(worse, second.name, 1.0, bounds=bounds))]


def _least_p(hits: int, before: int, now: int) -> float:
    """Return the p-value if all hits were on one side, as far as they fit there."""
    most, least = min(hits, now), max(0, hits - before)
    return min(exact_test(hits - most, before, most, now), exact_test(hits - least, before, least, now))


def _traffic_of(first: Route, second: Route, traffic: _Traffic) -> _Tested:
    """Test whether a route has another share of the traffic."""
    if not (traffic.before and traffic.now):
        return 1.0, None
    p = exact_test(first.requests, traffic.before, second.requests, traffic.now)
    if not first.requests or not second.requests:
        return p, Change("gone" if first.requests else "new", second.name, 1.0)
    factor = second.requests / first.requests / traffic.growth
    if max(factor, 1 / factor) < _LEAST_TRAFFIC:
        return p, None
    return p, Change("busier" if factor > 1 else "quieter", second.name, 1.0, factor=factor)
