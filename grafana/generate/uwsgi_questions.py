"""What the dashboard *uWSGI requests* asks: of the requests themselves, or of their rollups, by the time range.

Every panel has one query for each source, and the time range decides which of them may answer: the conditions
compare constants once Grafana has filled in its variables, so InfluxDB drops the others before it reads anything.
The same goes for the level of a rollup, which depends on what is filtered.

Two rules for the text, because Grafana's front end takes what lies between two slashes of one line for a regular
expression and escapes the variables in it: intervals are written ${…}, and GROUP BY begins a line.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from grafana.generate.queries import REF_IDS, InfluxQL, series, table
from logshipper.provision.rollup_histogram import FIELDS, percentile_influxql, rank_influxql

UID = "flaskfana-uwsgi"
Percents = Sequence[tuple[str, str]]  # name of the column, percent
HOUR = 3_600_000  # ms
ROWS_UP_TO, MINUTES_UP_TO = 3 * HOUR, 30 * HOUR
RANGE = "(${__to} - ${__from})"
PERCENTS = (50, 95, 99)
TAGS = {"host": "host", "route": "route", "method": "method", "status": "status_class"}  # variable -> tag


def chosen(*variables: str) -> str:
    """Return the condition that a point's tags are among the chosen values of these variables."""
    return " AND ".join(f'"{TAGS[name]}" =~ /^${name}$/' for name in variables)


def all_of(*variables: str) -> str:
    """Return a condition on constants: "All" is chosen in each of these variables."""
    return f"'{''.join(f'${{{name}:text}}' for name in variables)}' = '{'All' * len(variables)}'"


def not_all_of(*variables: str) -> str:
    """Return the opposite."""
    return all_of(*variables).replace(" = ", " != ")


CHOSEN = chosen(*TAGS)
UNFILTERED = all_of("host", "status")
FILTERED = not_all_of("host", "status")
# Levels of the rollups. A point of the level "route" adds up all hosts and statuses, one of "total" everything.
FULL = f"\"level\" = 'full' AND {CHOSEN}"
BY_ROUTE = f"(\"level\" = 'route' AND {UNFILTERED} AND {chosen('route', 'method')} OR {FULL} AND {FILTERED})"
OVERALL = (
    f"(\"level\" = 'total' AND {all_of(*TAGS)} "
    f"OR \"level\" = 'route' AND {UNFILTERED} AND {not_all_of('route', 'method')} AND {chosen('route', 'method')} "
    f"OR {FULL} AND {FILTERED})"
)


def up_to(limit: int) -> str:
    """Return a condition on the time that holds for a range of up to `limit` ms, else for no time that there is.

    Of a negative number bit 62 is set: then the time has to be after the year 2115, and InfluxDB opens no shard.
    """
    return f"time >= ({limit} - {RANGE}) & {1 << 62}"


def over(limit: int) -> str:
    """Return the condition for a longer range."""
    return f"time >= ({RANGE} - {limit + 1}) & {1 << 62}"


ROWS = up_to(ROWS_UP_TO)
IN_MINUTES = f"{over(ROWS_UP_TO)} AND {up_to(MINUTES_UP_TO)}"
IN_HOURS = over(MINUTES_UP_TO)
MINUTES_OF_TIMES = f"{IN_MINUTES} AND {UNFILTERED}"
EVENTS = 'FROM "uwsgi_event" WHERE $timeFilter AND "host" =~ /^$host$/'
SUMS = ", ".join(
    [f'sum("{name}") AS "{name}"' for name in ("n", *FIELDS)]
    + ['max("max") AS "max"']
    + [f'{rank_influxql(percent)} AS "r{percent}"' for percent in PERCENTS]
)


@dataclass(frozen=True)
class Rollup:
    """The measurement, when it is asked (`counts`, `times`), its interval for graphs and the seconds of a point."""

    measurement: str
    counts: str
    times: str
    interval: str
    seconds: int

    def where(self, level: str, condition: str) -> str:
        """Return FROM … WHERE …."""
        return f"FROM {self.measurement} WHERE $timeFilter AND {condition} AND {level}"

    def rate(self, field: str, tag: str) -> str:
        """Return the query of a field a second by a tag: the mean of the points, each of which is a sum."""
        level = FULL if tag == "status_class" else BY_ROUTE
        step, where = self.seconds, self.where(level, self.counts)
        each = f'SELECT sum("{field}") AS "n" {where}\nGROUP BY time({step}s), "{tag}" fill(0)'
        return (
            f'SELECT mean("n") / {step} FROM ({each}) WHERE $timeFilter\n'
            f'GROUP BY time({self.interval}), "{tag}" fill(0)'
        )

    def percentiles(self, percents: Percents, level: str, *tags: str, graph: bool = False, more: str = "") -> str:
        """Return the query of percentiles by tags: of the period, or of each interval of a graph.

        They are those of all the group's requests: the histograms are added up first. In a graph, an interval
        without requests is a gap: the logarithm of 0 is null, and so is what it is added to. `more` are further
        columns of a table.
        """
        names = [f'"{tag}"' for tag in tags]
        groups = ", ".join(([f"time({self.interval})"] if graph else []) + names)
        inner = f"SELECT {SUMS} {self.where(level, self.times)}"
        inner += f"\nGROUP BY {groups}" if groups else ""
        inner += " fill(0)" if graph else ""
        outer = f"\nGROUP BY {', '.join(names)}" if names else ""
        gap = '+0*ln("n")' if graph else ""
        wanted = ", ".join(f'{percentile_influxql(f"r{percent}")}{gap} AS "{name}"' for name, percent in percents)
        return f"SELECT {wanted}{more} FROM ({inner}) WHERE $timeFilter{outer}"


ALL_PERCENTS: Percents = [(f"p{percent}", str(percent)) for percent in PERCENTS]
CHOSEN_PERCENT: Percents = [("p", "${rank}")]
MINUTES = Rollup('"uwsgi_log_minutes"', IN_MINUTES, MINUTES_OF_TIMES, "${minutes}", 60)
HOURS = Rollup('"year"."uwsgi_log_hours"', IN_HOURS, IN_HOURS, "${hours}", 3600)
ROLLUPS = (MINUTES, HOURS)
FROM = f'FROM "uwsgi_log" WHERE $timeFilter AND {ROWS} AND {CHOSEN}'
# A minute has no histogram by host and status: percentiles of a choice of those come from the requests.
FROM_FILTERED = f'FROM "uwsgi_log" WHERE $timeFilter AND {IN_MINUTES} AND {FILTERED} AND {CHOSEN}'
# For what only the requests themselves know: at most the last hours of a long period.
NEWEST = f'FROM "uwsgi_log" WHERE $timeFilter AND time > ${{__to}}ms - {ROWS_UP_TO // HOUR}h AND {CHOSEN}'


def asked(rows: str, rollup: list[str], alias: str = "", *, as_table: bool = False) -> list[InfluxQL]:
    """Return the panel's queries: of the requests, of the minutes, of the hours."""
    texts = (rows, *rollup)
    if as_table:
        return [table(text, REF_IDS[index]) for index, text in enumerate(texts)]
    return [series(text, alias, REF_IDS[index]) for index, text in enumerate(texts)]
