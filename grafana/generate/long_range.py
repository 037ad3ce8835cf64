"""The dashboard *uWSGI requests, long range*: months, from one point an hour (or a minute) and route."""

from grafana.generate import thresholds
from grafana.generate.frame import choice, dashboard, fixed_choice, to_json
from grafana.generate.panels import (
    RED,
    STATUS_COLORS,
    Panel,
    colored,
    graph,
    hidden,
    limits,
    link,
    number,
    rows,
    unit,
    wide,
)
from grafana.generate.queries import TELEGRAF, series, table

UID = "flaskfana-long-range"
CHOSEN = '"host" =~ /^$host$/ AND "route" =~ /^$route$/ AND "method" =~ /^$method$/ AND "status_class" =~ /^$status$/'
FROM = f'FROM "year"."uwsgi_log_${{step}}" WHERE $timeFilter AND {CHOSEN}'
RATE = 'sum("count") * 1000 / $__interval_ms'
TO_ROUTE = "/d/flaskfana-uwsgi?${__url_time_range}&var-route=${__data.fields.route:percentencode}"
WORST = "Percentiles do not add up, so this is the highest of the single minutes and routes."


def build() -> str:
    """Return the dashboard's JSON."""
    board = dashboard(
        UID,
        "uWSGI requests, long range",
        "Weeks and months of traffic from the rollups, kept for a year: one point a minute or an hour for each route.",
        "now-30d",
        refresh="5m",
    )
    for name, label, tag in (
        ("host", "Host", "host"),
        ("route", "Route", "route"),
        ("method", "Method", "method"),
        ("status", "Status", "status_class"),
    ):
        # From the raw requests: InfluxDB 2.x looks for tag values in the default bucket alone.
        query = f'SHOW TAG VALUES FROM "uwsgi_log" WITH KEY = "{tag}"'
        board = board.with_variable(choice(name, label, f"Only requests with these values of the tag {tag}", query))
    told = "Hours are quick over months, minutes show more of a few days"
    board = board.with_variable(fixed_choice("step", "One point per", told, ["1h", "1m"], "1h"))
    for panel in (*numbers(), *graphs(), *times(), routes()):
        board = board.with_panel(panel)
    return to_json(board)


def numbers() -> list[Panel]:
    """Return the row of big numbers."""
    errors = limits(thresholds.ERROR_PERCENT_WARNING, thresholds.ERROR_PERCENT)
    slow = limits(thresholds.P95_WARNING, thresholds.P95)
    return [
        number(
            "Requests",
            "Requests in the period.",
            TELEGRAF,
            series(f'SELECT sum("count") {FROM}'),
            "short",
            width=6,
            none="0",
        ),
        number(
            "Error rate",
            "Share of the answers with a status of 500 or more.",
            TELEGRAF,
            series(f'SELECT 100 * sum("errors") / sum("count") {FROM}'),
            "percent",
            limits=errors,
            decimals=2,
            width=6,
            none="0 %",
        ),
        number(
            "p95 of the worst minute",
            f"The highest p95 of the period. {WORST}",
            TELEGRAF,
            series(f'SELECT max("p95") {FROM}'),
            "ms",
            limits=slow,
            width=6,
        ),
        number(
            "Sent",
            "Bytes of all answers' bodies in the period.",
            TELEGRAF,
            series(f'SELECT sum("bytes") {FROM}'),
            "decbytes",
            width=6,
            none="0",
        ),
    ]


def graphs() -> list[Panel]:
    """Return the graphs over time; no interval is shorter than that of the rollups."""
    by_class = series(f'SELECT {RATE} {FROM} GROUP BY time($__interval), "status_class" fill(0)', "$tag_status_class")
    by_route = series(f'SELECT {RATE} {FROM} GROUP BY time($__interval), "route" fill(0)', "$tag_route")
    errors = series(f'SELECT 100 * sum("errors") / sum("count") {FROM} GROUP BY time($__interval) fill(0)', "errors")
    limit = limits(thresholds.ERROR_PERCENT_WARNING, thresholds.ERROR_PERCENT)
    return [
        graph(
            "Requests by status",
            "Requests per second, by class of status.",
            TELEGRAF,
            [by_class],
            "reqps",
            stacked=True,
            colors=STATUS_COLORS,
            least="$step",
        ),
        graph(
            "Error rate",
            "Share of answers with a status of 500 or more. Dashed: when to look, when to act.",
            TELEGRAF,
            [errors],
            "percent",
            colors={"errors": RED},
            limits=limit,
            span_nulls=True,
            least="$step",
        ),
        graph(
            "Request rate by route",
            "Requests per second, by Flask route.",
            TELEGRAF,
            [by_route],
            "reqps",
            least="$step",
        ),
    ]


def times() -> list[Panel]:
    """Return how long requests took, and what was sent."""
    median = series(f'SELECT mean("p50") {FROM} GROUP BY time($__interval), "route" fill(none)', "$tag_route")
    worst = series(f'SELECT max("p95") {FROM} GROUP BY time($__interval), "route" fill(none)', "$tag_route")
    sent = series(
        f'SELECT sum("bytes") * 1000 / $__interval_ms {FROM} GROUP BY time($__interval), "route" fill(0)', "$tag_route"
    )
    return [
        graph(
            "p95 by route, worst minute",
            f"For each point in time the highest p95. {WORST}",
            TELEGRAF,
            [worst],
            "ms",
            span_nulls=True,
            least="$step",
        ),
        graph(
            "p50 by route, typical minute",
            "For each point in time the mean of the minutes' p50.",
            TELEGRAF,
            [median],
            "ms",
            span_nulls=True,
            least="$step",
        ),
        graph(
            "Bytes sent by route",
            "Bytes of the answers' bodies per second.",
            TELEGRAF,
            [sent],
            "Bps",
            stacked=True,
            least="$step",
        ),
    ]


def routes() -> Panel:
    """Return the table of routes."""
    measures = (
        'sum("count") AS "requests", sum("errors") AS "errors", mean("p50") AS "p50", max("p95") AS "p95", '
        'max("p99") AS "p99", sum("bytes") AS "bytes"'
    )
    columns = {
        "route": [link("The requests themselves", TO_ROUTE)],
        "method": [wide(90)],
        "Time": [hidden()],
        "requests": [unit("short"), wide(130)],
        "errors": [unit("short"), wide(90)],
        "p50": [unit("ms"), wide(110)],
        "p95": [unit("ms"), wide(110), *colored(thresholds.P95_WARNING, thresholds.P95)],
        "p99": [unit("ms"), wide(110)],
        "bytes": [unit("decbytes"), wide(110)],
    }
    return rows(
        "Routes",
        "Every route of the period; p50 is that of a typical minute, p95 and p99 are those of the worst one. A click "
        "on a route opens its requests of the same period.",
        TELEGRAF,
        [table(f'SELECT {measures} {FROM} GROUP BY "route", "method"')],
        columns,
        width=24,
        sort="requests",
    )
