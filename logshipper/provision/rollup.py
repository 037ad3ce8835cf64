"""Keep the rollups of the request log up to date: from minutes to days, out of requests.

A period is computed again when the server has more requests of it than its rollup has counted, whenever they came:
late lines, replays and backfills change the rollups within a minute for the last three hours, within an hour for the
last day, and within a day for all that is kept. What is longer than an hour changes once an hour. Writing a point twice
leaves one, so this may be killed and started at any time, and may run twice.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from logshipper.outputs.api import Api
from logshipper.provision.plan import DAYS_ROLLUP, FIVE_MINUTES, HOURS, MINUTES, RAW, SIX_HOURS, YEAR
from logshipper.provision.rollup_histogram import BOUNDS, HEAT
from logshipper.provision.rollup_points import LEVELS, TAGS, Cell, Histograms, Key, collect, lines

MINUTE, HOUR, DAY = 60, 3600, 86_400  # seconds
READ_AT_ONCE = 10 * MINUTE  # of requests; a step is a part of it or a multiple of it
WRITE_AT_ONCE = 500  # lines


@dataclass(frozen=True)
class Resolution:
    """A rollup: the measurement's name, its retention policy ("" for the default), its step in seconds and in words.

    `histograms` has the bounds for the levels with a histogram: it is large, so only where percentiles of several
    periods or tags are asked for. `levels` are those that it has.
    """

    name: str
    policy: str
    step: int
    label: str
    histograms: Histograms = field(hash=False)
    levels: Collection[str] = tuple(LEVELS)

    @property
    def measurement(self) -> str:
        """The name as InfluxQL takes it."""
        return f'"{self.policy}"."{self.name}"' if self.policy else f'"{self.name}"'


RESOLUTIONS = (
    Resolution(MINUTES, "", MINUTE, "1m", {"total": HEAT, "method": HEAT}, ("full", "method", "total")),
    Resolution(FIVE_MINUTES, "", 5 * MINUTE, "5m", {"total": BOUNDS, "method": BOUNDS}),
    Resolution(HOURS, YEAR, HOUR, "1h", {"total": BOUNDS, "method": BOUNDS, "full": BOUNDS}),
    Resolution(SIX_HOURS, YEAR, 6 * HOUR, "6h", {}),
    Resolution(DAYS_ROLLUP, YEAR, DAY, "1d", {"total": BOUNDS, "method": BOUNDS}),
)


def looks_back(days: int) -> Iterator[int]:
    """Yield for each minute how many seconds to look back: all at first and once a day, a day once an hour."""
    while True:
        for minute in range(DAY // MINUTE):
            yield days * DAY if minute == 0 else 26 * HOUR if minute % 60 == 0 else 3 * HOUR


@dataclass
class CaughtUp:
    """How many periods of the rollups changed, and the beginnings of the minutes that had new requests."""

    periods: int = 0
    minutes: set[int] = field(default_factory=set)


def catch_up(
    api: Api, database: str, start: int, end: int, resolutions: Sequence[Resolution] = RESOLUTIONS
) -> CaughtUp:
    """Bring the rollups of the period (epoch seconds) up to date; return what changed.

    A look back of less than a day leaves what is longer than an hour alone: it would read many requests again.
    """
    chosen = [one for one in resolutions if one.step <= HOUR or end - start >= DAY]
    changes = CaughtUp()
    for day in range(start - start % max(HOUR, *(one.step for one in chosen)), end, DAY):
        found = stale(api, database, chosen, (day, min(day + DAY, end)))
        roll(api, database, found)
        changes.periods += sum(map(len, found.values()))
        changes.minutes.update(*(begins for one, begins in found.items() if one.step == MINUTE))
    return changes


def stale(
    api: Api, database: str, resolutions: Iterable[Resolution], period: tuple[int, int]
) -> dict[Resolution, set[int]]:
    """Return the beginnings of which the server has more requests than each rollup has counted."""
    minutes = counts(api, database, f'count("resTime") AS "n" FROM "{RAW}" WHERE {between(period)}', MINUTE)
    found = {}
    for one in resolutions:
        requests: Counter[int] = Counter()
        for minute, n in minutes.items():
            requests[minute - minute % one.step] += n
        total = f"{between(period)} AND \"level\" = 'total'"
        rolled = counts(api, database, f'sum("n") AS "n" FROM {one.measurement} WHERE {total}', one.step)
        found[one] = {begin for begin, n in requests.items() if n > rolled.get(begin, 0)}
    return found


def counts(api: Api, database: str, what: str, step: int) -> dict[int, int]:
    """Return the count of each interval of `step` seconds that has one."""
    found = api.influxql(f"SELECT {what} GROUP BY time({step}s) fill(none)", db=database, epoch="s")
    return {moment: n for series in found for moment, n in series["values"] if n}


def roll(api: Api, database: str, periods: Mapping[Resolution, Collection[int]]) -> None:
    """Compute the periods that begin then from their requests, which are read once for all of them, in order."""
    unfinished: dict[Resolution, dict[Key, Cell]] = {one: {} for one in periods}
    for start in pieces(periods):
        end = start + READ_AT_ONCE
        minutes = read(api, database, (start, end))
        for one, begins in periods.items():
            cells = unfinished[one]
            for (values, minute), cell in minutes.items():
                key = values, minute - minute % one.step
                if key[1] in begins:
                    cells.setdefault(key, Cell()).add_all(cell)
            if end % max(one.step, READ_AT_ONCE) == 0:
                write(api, database, one, cells)
                cells.clear()


def pieces(periods: Mapping[Resolution, Collection[int]]) -> list[int]:
    """Return the beginnings of the pieces of READ_AT_ONCE seconds that hold these periods."""
    covered = (
        range(begin - begin % READ_AT_ONCE, begin + one.step, READ_AT_ONCE)
        for one, begins in periods.items()
        for begin in begins
    )
    return sorted({start for starts in covered for start in starts})


def read(api: Api, database: str, period: tuple[int, int]) -> dict[Key, Cell]:
    """Return the requests of this period by minute."""
    tags = ", ".join(f'"{tag}"' for tag in TAGS)
    question = f'SELECT "resTime", "resSize", "status" FROM "{RAW}" WHERE {between(period)} GROUP BY {tags}'
    found: dict[Key, Cell] = {}
    collect(api.influxql(question, db=database, epoch="ns"), MINUTE, found)
    return found


def write(api: Api, database: str, resolution: Resolution, cells: Mapping[Key, Cell]) -> None:
    """Write the points of these cells."""
    body = list(lines(resolution.name, resolution.label, cells, resolution.histograms, resolution.levels))
    where = {"db": database, "precision": "s", **({"rp": resolution.policy} if resolution.policy else {})}
    path = f"/write?{urlencode(where)}"
    for index in range(0, len(body), WRITE_AT_ONCE):
        api.request("POST", path, "\n".join(body[index : index + WRITE_AT_ONCE]).encode(), "text/plain")


def between(period: tuple[int, int]) -> str:
    """Return the condition on the time."""
    return f"time >= {period[0]}s AND time < {period[1]}s"
