"""What the dashboard *uWSGI requests* asks: of the requests themselves, or of their rollups, by the time range.

Every panel has queries for its sources, and the time range decides which of them may answer: the conditions compare
constants once Grafana has filled in its variables, so InfluxDB drops the others before it reads anything. The same goes
for the level of a rollup, which depends on what is filtered.

Percentiles do not add up. Graphs show those that every period has stored, on the level that fits the filters. Those of
a whole range, and of filters that no level fits, are computed from histograms, which do.

Two rules for the text, because Grafana's front end takes what lies between two slashes of one line for a regular
expression and escapes the variables in it: intervals are written ${…}, and GROUP BY begins a line.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from grafana.generate.queries import REF_IDS, InfluxQL, series, table
from grafana.generate.uwsgi_levels import (
    BY_METHOD,
    BY_ROUTE,
    BY_STATUS,
    CHOSEN,
    FILTERED,
    OVERALL,
    UNFILTERED,
    stored,
    stored_nowhere,
)
from logshipper.provision import deploys
from logshipper.provision.rollup import RESOLUTIONS
from logshipper.provision.rollup_histogram import FIELDS, percentile_influxql, rank_influxql

UID = "flaskfana-uwsgi"
Percents = Sequence[tuple[str, str]]  # name of the column, percent
HOUR = 3_600_000  # ms
DAY = 24 * HOUR
ROWS_UP_TO, MINUTES_UP_TO = 3 * HOUR, 30 * HOUR
# Of the table by route; beyond that it adds up days. It sorts each request three times, so it reads an hour of them
# and a minute more, as a page's hour may be some milliseconds longer.
ROUTES_UP_TO, FIVE_MINUTES_UP_TO, HOURS_UP_TO = HOUR + 60_000, 12 * HOUR, 10 * DAY
RANGE = "(${__to} - ${__from})"
PERCENTS = (50, 95, 99)


def up_to(limit: int) -> str:
    """Return a condition on the time that holds for a range of up to `limit` ms, else for no time that there is.

    Of a negative number bit 62 is set: then the time has to be after the year 2115, and InfluxDB opens no shard.
    """
    return f"time >= ({limit} - {RANGE}) & {1 << 62}"


def over(limit: int) -> str:
    """Return the condition for a longer range."""
    return f"time >= ({RANGE} - {limit + 1}) & {1 << 62}"


ROWS = up_to(ROWS_UP_TO)
IN_ROLLUPS = over(ROWS_UP_TO)
IN_MINUTES = f"{IN_ROLLUPS} AND {up_to(MINUTES_UP_TO)}"
IN_HOURS = over(MINUTES_UP_TO)
EVENTS = 'FROM "uwsgi_event" WHERE $timeFilter AND "host" =~ /^$host$/'
DEPLOYS = deploys.MEASUREMENT
SUMS = ", ".join(
    [f'sum("{name}") AS "{name}"' for name in ("n", *FIELDS)]
    + ['max("max") AS "max"']
    + [f'{rank_influxql(percent)} AS "r{percent}"' for percent in PERCENTS]
)
ALL_PERCENTS: Percents = [(f"p{percent}", str(percent)) for percent in PERCENTS]
CHOSEN_PERCENT: Percents = [("p", "${rank}")]


@dataclass(frozen=True)
class Rollup:
    """The measurement, when it is asked, its step in seconds and as InfluxQL has it."""

    measurement: str
    when: str
    seconds: int
    step: str

    def where(self, level: str) -> str:
        """Return FROM … WHERE …."""
        return f"FROM {self.measurement} WHERE $timeFilter AND {self.when} AND {level}"

    def over_time(self, what: str, level: str, tag: str = "", fill: str = "null") -> str:
        """Return the query of a graph with a point for each of the rollup's own."""
        group = f', "{tag}"' if tag else ""
        return f"SELECT {what} {self.where(level)}\nGROUP BY time({self.step}){group} fill({fill})"


def _rollup(name: str, shortest: int, longest: int, seconds: int, step: str) -> Rollup:
    return Rollup(name, over(shortest) + (f" AND {up_to(longest)}" if longest else ""), seconds, step)


M, F, H, S, D = (one.measurement for one in RESOLUTIONS)
# For numbers of the whole range: as exact as it can be at the range's beginning.
MINUTES = _rollup(M, ROWS_UP_TO, MINUTES_UP_TO, 60, "1m")
HOURS = _rollup(H, MINUTES_UP_TO, 0, 3600, "1h")
ROLLUPS = (MINUTES, HOURS)
# For graphs: some hundred points.
GRAPHS = (
    _rollup(F, ROWS_UP_TO, MINUTES_UP_TO, 300, "5m"),
    _rollup(H, MINUTES_UP_TO, HOURS_UP_TO, 3600, "1h"),
    _rollup(S, HOURS_UP_TO, 92 * DAY, 6 * 3600, "6h"),
    _rollup(D, 92 * DAY, 0, 86_400, "1d"),
)


def rates(field: str, tag: str) -> list[str]:
    """Return the queries of a field a second by a tag."""
    level = BY_STATUS if tag == "status_class" else BY_ROUTE
    return [one.over_time(f'sum("{field}") / {one.seconds}.0', level, tag, "0") for one in GRAPHS]


def stored_percentiles(percents: Percents, tag: str = "") -> list[str]:
    """Return the queries of percentiles over time, which every period has stored."""
    what = ", ".join(f'max("p{percent}") AS "{name}"' for name, percent in percents)
    return [one.over_time(what, stored(by_route=bool(tag)), tag) for one in GRAPHS]


# Histograms: one query for all steps, as InfluxDB takes long to read so long a text. It finds points of one step.
_FIVE_MINUTES, _HOURS, _DAYS = (f"\"step\" = '{step}'" for step in ("5m", "1h", "1d"))
_FIVE_MINUTES += f" AND {UNFILTERED}"  # a choice of hosts and statuses has a histogram in hours only
STEPS = f"({_FIVE_MINUTES} AND {RANGE} <= {MINUTES_UP_TO} OR {_HOURS} AND {RANGE} > {MINUTES_UP_TO})"
# By route there are many points, so they become longer sooner.
STEPS_BY_ROUTE = (
    f"({_FIVE_MINUTES} AND {RANGE} <= {FIVE_MINUTES_UP_TO} "
    f"OR {_HOURS} AND ({RANGE} > {FIVE_MINUTES_UP_TO} AND {RANGE} <= {HOURS_UP_TO} AND {UNFILTERED} "
    f"OR {RANGE} > {MINUTES_UP_TO} AND {FILTERED}) "
    f"OR {_DAYS} AND {RANGE} > {HOURS_UP_TO} AND {UNFILTERED})"
)


def percentiles(percents: Percents) -> str:
    """Return the query of the percentiles of the whole range."""
    return _added(percents, f"FROM {F}, {H}", f"{STEPS} AND {OVERALL}")


def percentiles_by_route(percents: Percents, more: str) -> str:
    """Return the query of the percentiles of each route and method, with further columns."""
    where = f"{STEPS_BY_ROUTE} AND {BY_METHOD}"
    when = over(ROUTES_UP_TO)
    return _added(percents, f"FROM {F}, {H}, {D}", where, ["route", "method"], when=when, more=more)


def added_percentiles(percents: Percents, tag: str = "") -> list[str]:
    """Return the queries of percentiles over time for filters that no level has stored them for."""
    where = f"{BY_METHOD if tag else OVERALL} AND {stored_nowhere(by_route=bool(tag))}"
    tags = [tag] if tag else []
    return [
        _added(percents, f"FROM {F}", f"{where} AND {UNFILTERED}", tags, when=IN_MINUTES, interval="10m"),
        _added(percents, f"FROM {H}", where, tags, when=IN_HOURS, interval="${hours}"),
    ]


def _added(  # noqa: PLR0913
    percents: Percents,
    source: str,
    where: str,
    tags: Sequence[str] = (),
    *,
    when: str = IN_ROLLUPS,
    interval: str = "",
    more: str = "",
) -> str:
    """Return the query of percentiles by tags: of the range, or of each interval of a graph.

    They are those of all the group's requests: the histograms are added up first. In a graph, an interval without
    requests is a gap: the logarithm of 0 is null, and so is what it is added to. `when` stands in both questions, or
    InfluxDB would open the shards of the whole range for the inner one.
    """
    names = [f'"{tag}"' for tag in tags]
    groups = ", ".join(([f"time({interval})"] if interval else []) + names)
    inner = f"SELECT {SUMS} {source} WHERE $timeFilter AND {when} AND {where}"
    inner += f"\nGROUP BY {groups}" if groups else ""
    inner += " fill(0)" if interval else ""
    outer = f"\nGROUP BY {', '.join(names)}" if names else ""
    gap = '+0*ln("n")' if interval else ""
    wanted = ", ".join(f'{percentile_influxql(f"r{percent}")}{gap} AS "{name}"' for name, percent in percents)
    return f"SELECT {wanted}{more} FROM ({inner}) WHERE $timeFilter AND {when}{outer}"


FROM, FROM_BY_ROUTE = (
    f'FROM "uwsgi_log" WHERE $timeFilter AND {up_to(most)} AND {CHOSEN}' for most in (ROWS_UP_TO, ROUTES_UP_TO)
)
# Five minutes have no histogram by host and status: percentiles of a choice of those come from the requests.
FROM_FILTERED, FROM_FILTERED_BY_ROUTE = (
    f'FROM "uwsgi_log" WHERE $timeFilter AND {over(most)} AND {up_to(MINUTES_UP_TO)} AND {FILTERED} AND {CHOSEN}'
    for most in (ROWS_UP_TO, ROUTES_UP_TO)
)
# For what only the requests themselves know: at most the last hours of a long period.
NEWEST, LAST_HOUR = (
    f'FROM "uwsgi_log" WHERE $timeFilter AND time >= ${{__to}}ms - {hours}h AND {CHOSEN}'
    for hours in (ROWS_UP_TO // HOUR, 1)
)


def asked(rows: str, rollup: Sequence[str], alias: str = "", *, as_table: bool = False) -> list[InfluxQL]:
    """Return the panel's queries: of the requests, and of the rollups."""
    texts = (rows, *rollup)
    if as_table:
        return [table(text, REF_IDS[index]) for index, text in enumerate(texts)]
    return [series(text, alias, REF_IDS[index]) for index, text in enumerate(texts)]
