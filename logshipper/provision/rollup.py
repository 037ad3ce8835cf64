"""Keep the rollups of the request log up to date: from minutes to days, out of requests.

A period is computed again when the server has more requests of it than its rollup has counted, whenever they came:
late lines, replays and backfills change the rollups within a minute for the last three hours, within an hour for the
last day, and within a day for all that is kept. What is longer than an hour changes once an hour. Writing a point twice
leaves one, so this may be killed and started at any time, and may run twice.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from logshipper.outputs.api import Api
from logshipper.provision.plan import DAYS_ROLLUP, FIVE_MINUTES, HOURS, MINUTES, RAW, SIX_HOURS, YEAR
from logshipper.provision.rollup_histogram import BOUNDS, HEAT
from logshipper.provision.rollup_points import LEVELS, TAGS, Cell, Histograms, Key, collect, lines

MINUTE, HOUR, DAY = 60, 3600, 86_400  # seconds
READ_AT_ONCE = 10 * MINUTE  # of requests
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
    histograms: Histograms
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


def catch_up(api: Api, database: str, start: int, end: int, resolutions: Sequence[Resolution] = RESOLUTIONS) -> int:
    """Bring the rollups of the period (epoch seconds) up to date; return how many of their periods changed.

    A look back of less than a day leaves what is longer than an hour alone: it would read many requests again.
    """
    changed = 0
    for resolution in resolutions:
        if resolution.step > HOUR and end - start < DAY:
            continue
        for day in range(start - start % max(resolution.step, HOUR), end, DAY):
            found = stale(api, database, resolution, (day, min(day + DAY, end)))
            for first, last in stretches(found, resolution.step):
                roll(api, database, resolution, (first, last))
            changed += len(found)
    return changed


def stale(api: Api, database: str, resolution: Resolution, period: tuple[int, int]) -> list[int]:
    """Return the beginnings of which the server has more requests than the rollup has counted."""
    step = f"{resolution.step}s"
    requests = counts(api, database, f'count("resTime") AS "n" FROM "{RAW}" WHERE {between(period)}', step)
    total = f"{between(period)} AND \"level\" = 'total'"
    rolled = counts(api, database, f'sum("n") AS "n" FROM {resolution.measurement} WHERE {total}', step)
    return sorted(begin for begin, n in requests.items() if n > rolled.get(begin, 0))


def counts(api: Api, database: str, what: str, step: str) -> dict[int, int]:
    """Return the count of each interval that has one."""
    found = api.influxql(f"SELECT {what} GROUP BY time({step}) fill(none)", db=database, epoch="s")
    return {moment: n for series in found for moment, n in series["values"] if n}


def stretches(begins: Iterable[int], step: int) -> list[tuple[int, int]]:
    """Join neighbors into periods of READ_AT_ONCE, or of one step where that is longer."""
    found: list[tuple[int, int]] = []
    for begin in begins:
        if found and found[-1][1] == begin and begin - found[-1][0] < READ_AT_ONCE:
            found[-1] = found[-1][0], begin + step
        else:
            found.append((begin, begin + step))
    return found


def roll(api: Api, database: str, resolution: Resolution, period: tuple[int, int]) -> None:
    """Compute this period from its requests, which are read a few minutes at a time."""
    tags = ", ".join(f'"{tag}"' for tag in TAGS)
    found: dict[Key, Cell] = {}
    for start in range(*period, READ_AT_ONCE):
        when = between((start, min(start + READ_AT_ONCE, period[1])))
        question = f'SELECT "resTime", "resSize", "status" FROM "{RAW}" WHERE {when} GROUP BY {tags}'
        collect(api.influxql(question, db=database, epoch="ns"), resolution.step, found)
    body = list(lines(resolution.name, resolution.label, found, resolution.histograms, resolution.levels))
    where = {"db": database, "precision": "s", **({"rp": resolution.policy} if resolution.policy else {})}
    path = f"/write?{urlencode(where)}"
    for index in range(0, len(body), WRITE_AT_ONCE):
        api.request("POST", path, "\n".join(body[index : index + WRITE_AT_ONCE]).encode(), "text/plain")


def between(period: tuple[int, int]) -> str:
    """Return the condition on the time."""
    return f"time >= {period[0]}s AND time < {period[1]}s"
