"""The graphs of the dashboard *uWSGI requests*: what was asked for, how it ended, how long it took."""

import itertools
from collections.abc import Iterator

from grafana.generate import thresholds
from grafana.generate.panels import Panel, Query, graph, heat_map
from grafana.generate.properties import RANK_COLORS, RED, STATUS_COLORS, limits
from grafana.generate.queries import REF_IDS, TELEGRAF, InfluxQL, series
from grafana.generate.uwsgi_levels import OVERALL, UNFILTERED, stored_nowhere
from grafana.generate.uwsgi_questions import (
    ALL_PERCENTS,
    CHOSEN_PERCENT,
    FROM,
    FROM_FILTERED,
    GRAPHS,
    HOURS,
    PERCENTS,
    ROLLUPS,
    Percents,
    Rollup,
    added_percentiles,
    asked,
    rates,
    stored_percentiles,
)
from logshipper.provision.rollup_histogram import HEAT

# A second. 1000.0, as InfluxQL cuts the quotient of two whole numbers in a subquery.
RATE = 'count("resTime") * 1000.0 / ${__interval_ms}'
# Without an error the answer has to be 0 and not nothing, so errors are not selected by their tag but computed
# from the status of every request: of all three-digit numbers, bit 512 of status + 12 is set from 500 to 599
# (and above, where there is no status), and clear below.
ERROR_BIT = f'SELECT ("status" + 12) & 512 AS "error" {FROM}'
ERROR_PERCENT = f'SELECT mean("error") * 100 / 512 AS "errors" FROM ({ERROR_BIT}) WHERE $timeFilter'


def traffic() -> list[Panel]:
    """Return what was asked for and how it ended."""
    by_class = f'SELECT {RATE} {FROM}\nGROUP BY time(${{__interval}}), "status_class" fill(0)'
    by_route = f'SELECT {RATE} {FROM}\nGROUP BY time(${{__interval}}), "route" fill(0)'
    failed = [one.over_time('100.0 * sum("errors") / sum("n") AS "errors"', OVERALL) for one in GRAPHS]
    return [
        graph(
            "Requests by status",
            "Requests per second, by class of status: a red layer is errors of the server.",
            TELEGRAF,
            asked(by_class, rates("n", "status_class"), "$tag_status_class"),
            "reqps",
            stacked=True,
            colors=STATUS_COLORS,
        ),
        graph(
            "Error rate over time",
            "Share of answers with a status of 500 or more. Dashed: when to look, when to act.",
            TELEGRAF,
            asked(f"{ERROR_PERCENT}\nGROUP BY time(${{__interval}}) fill(null)", failed, "errors"),
            "percent",
            colors={"errors": RED},
            limits=limits(thresholds.ERROR_PERCENT_WARNING, thresholds.ERROR_PERCENT),
        ),
        graph(
            "Request rate by route",
            "Requests per second, by Flask route; (none) is what no route matches.",
            TELEGRAF,
            asked(by_route, rates("n", "route"), "$tag_route"),
            "reqps",
        ),
    ]


def times() -> list[Panel]:
    """Return how long requests took."""
    ranks = ", ".join(f'percentile("resTime", {percent}) AS "p{percent}"' for percent in PERCENTS)
    return [
        graph(
            "p$rank by route",
            "Time that all but the slowest requests of a route took; choose the percentile above.",
            TELEGRAF,
            over_time('percentile("resTime", ${rank})', CHOSEN_PERCENT, "route"),
            "ms",
        ),
        graph(
            "p50, p95, p99",
            "Time that 50, 95 and 99 of 100 requests took at most. Dashed: when to look, when to act.",
            TELEGRAF,
            over_time(ranks, ALL_PERCENTS),
            "ms",
            colors=RANK_COLORS,
            limits=limits(thresholds.P95_WARNING, thresholds.P95),
        ),
        heat_map(
            "How long requests took",
            "Requests by the time they took: a second band is a second kind of request. Each row holds the requests "
            "up to its number of milliseconds.",
            TELEGRAF,
            heat(),
            counts="short",
            unit="ms",
            width=12,
        ),
    ]


def over_time(of_rows: str, percents: Percents, tag: str = "") -> list[InfluxQL]:
    """Return the queries of percentiles over time: of the requests, as they are stored, or of histograms."""
    group = f', "{tag}"' if tag else ""
    rows = f"SELECT {of_rows} {FROM}\nGROUP BY time(${{__interval}}){group} fill(null)"
    filtered = f"{FROM_FILTERED} AND {stored_nowhere(by_route=bool(tag))}"
    rollups = [*stored_percentiles(percents, tag), *added_percentiles(percents, tag)]
    rollups.append(f"SELECT {of_rows} {filtered}\nGROUP BY time(${{__interval}}){group} fill(null)")
    return asked(rows, rollups, f"$tag_{tag}" if tag else "$col")


def heat() -> list[Query]:
    """Return the queries of the heat map: a query for each row, or one for all rows of a rollup."""
    letters = iter(REF_IDS)
    sums = [heat_of_sums(one, next(letters)) for one in ROLLUPS]
    return [*heat_of_rows(FROM, letters), *sums, *heat_of_rows(FROM_FILTERED, letters)]


def heat_of_rows(rows: str, letters: Iterator[str]) -> list[Query]:
    """Return a query per row of the heat map, the quickest first."""
    found: list[Query] = []
    for low, high in zip((-1, *HEAT), (*HEAT, None), strict=True):
        below = f' AND "resTime" <= {high}' if high else ""
        query = f'SELECT count("resTime") {rows} AND "resTime" > {low}{below}\nGROUP BY time(${{__interval}}) fill(0)'
        found.append(series(query, str(high) if high else "+Inf", next(letters)))
    return found


def heat_of_sums(rollup: Rollup, ref_id: str) -> Query:
    """Return one query for all rows of the heat map: the requests up to a bound, less those up to the one before."""
    fields = [*(f"le_{bound}" for bound in HEAT), "n"]
    sums = [f'sum("{field}")' for field in fields]
    names = [*map(str, HEAT), "+Inf"]
    rows = [sums[0], *(f"{more} - {less}" for less, more in itertools.pairwise(sums))]
    columns = ", ".join(f'{row} AS "{name}"' for row, name in zip(rows, names, strict=True))
    # A minute's level "full" has no histogram: those requests are asked themselves.
    by_hour = rollup is HOURS
    where = rollup.where(OVERALL if by_hour else f"{UNFILTERED} AND {OVERALL}")
    interval = "${hours}" if by_hour else "${minutes}"
    return series(f"SELECT {columns} {where}\nGROUP BY time({interval}) fill(0)", "$col", ref_id)
