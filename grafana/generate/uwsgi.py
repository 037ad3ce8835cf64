"""The dashboard *uWSGI requests*: every request of the log, for the last hours."""

from typing import Any

from grafana_foundation_sdk.builders.dashboard import ThresholdsConfig

from grafana.generate import thresholds
from grafana.generate.frame import annotation, choice, dashboard, fixed_choice, to_json
from grafana.generate.panels import (
    RANK_COLORS,
    RED,
    STATUS_COLORS,
    Panel,
    Query,
    graph,
    heat_map,
    limits,
    number,
)
from grafana.generate.queries import REF_IDS, TELEGRAF, series
from grafana.generate.uwsgi_questions import EVENTS, FROM, UID
from grafana.generate.uwsgi_tables import details, newest, tables

RATE = 'count("resTime") * 1000 / $__interval_ms'  # a second
# The mean over the period; Grafana tells InfluxQL the length of an interval, but not that of the period.
MEAN_RATE = f'SELECT mean("rate") FROM (SELECT {RATE} AS "rate" {FROM} GROUP BY time($__interval) fill(0))'
# Without an error the answer has to be 0 and not nothing, so errors are not selected by their tag but computed
# from the status of every request: of all three-digit numbers, bit 512 of status + 12 is set from 500 to 599
# (and above, where there is no status), and clear below.
ERROR_BIT = f'SELECT ("status" + 12) & 512 AS "error" {FROM}'
ERROR_PERCENT = f'SELECT mean("error") * 100 / 512 AS "errors" FROM ({ERROR_BIT})'
# Upper ends of the heat map's buckets, in ms.
BUCKETS = (5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000)


def build() -> str:
    """Return the dashboard's JSON."""
    board = dashboard(
        UID,
        "uWSGI requests",
        "Which routes are slow and which fail: each request of uWSGI's log, as logshipper wrote it to InfluxDB.",
        "now-1h",
    )
    for name, label, tag in (
        ("host", "Host", "host"),
        ("route", "Route", "route"),
        ("method", "Method", "method"),
        ("status", "Status", "status_class"),
    ):
        query = f'SHOW TAG VALUES FROM "uwsgi_log" WITH KEY = "{tag}"'
        board = board.with_variable(choice(name, label, f"Only requests with these values of the tag {tag}", query))
    rank = fixed_choice(
        "rank", "Percentile by route", "Which percentile the graph by route shows", ["50", "95", "99"], "95"
    )
    board = board.with_variable(rank)
    for panel in (*numbers(), *totals(), *traffic(), *times(), *tables(), *details(), *newest()):
        board = board.with_panel(panel)
    return to_json(board, annotations())


def annotations() -> list[dict[str, Any]]:
    """Return the marks over all graphs: what the server did, from the same log."""
    marks = (
        ("Worker deaths", RED, "worker_died"),
        ("Harakiri", "purple", "harakiri"),
        ("Tracebacks", "orange", "traceback"),
        ("Starts and reloads", "blue", "start' OR \"kind\" = 'reload"),
    )
    return [
        annotation(
            name, color, f'SELECT "message", "kind" {EVENTS} AND ("kind" = \'{kind}\') LIMIT 200', "message", "kind"
        )
        for name, color, kind in marks
    ]


def numbers() -> list[Panel]:
    """Return the first big numbers: how many, how many failed, how long."""

    def rank(percent: int, description: str, limit: ThresholdsConfig | None = None) -> Panel:
        query = series(f'SELECT percentile("resTime", {percent}) {FROM}')
        return number(f"p{percent}", description, TELEGRAF, query, "ms", limits=limit)

    errors = limits(thresholds.ERROR_PERCENT_WARNING, thresholds.ERROR_PERCENT)
    slow = limits(thresholds.P95_WARNING, thresholds.P95)
    return [
        number(
            "Requests", "Requests per second, over the whole period.", TELEGRAF, series(MEAN_RATE), "reqps", none="0"
        ),
        number(
            "Error rate",
            "Share of the answers with a status of 500 or more.",
            TELEGRAF,
            series(ERROR_PERCENT),
            "percent",
            limits=errors,
            decimals=2,
        ),
        rank(50, "Half of the requests took at most this long."),
        rank(95, "95 of 100 requests took at most this long.", slow),
        rank(99, "99 of 100 requests took at most this long."),
    ]


def totals() -> list[Panel]:
    """Return the other big numbers."""
    died = f'SELECT count("message") {EVENTS} AND ("kind" = \'worker_died\' OR "kind" = \'harakiri\')'
    tracebacks = f'SELECT count("message") {EVENTS} AND "kind" = \'traceback\''
    return [
        number(
            "Sent",
            "Bytes of all answers' bodies in the period.",
            TELEGRAF,
            series(f'SELECT sum("resSize") {FROM}'),
            "decbytes",
            none="0",
        ),
        number(
            "Worker deaths",
            "Workers that died or were killed by harakiri in the period.",
            TELEGRAF,
            series(died),
            "short",
            limits=limits(None, 1),
            none="0",
        ),
        number(
            "Tracebacks",
            "Python tracebacks in the log in the period.",
            TELEGRAF,
            series(tracebacks),
            "short",
            limits=limits(1, None),
            none="0",
        ),
    ]


def traffic() -> list[Panel]:
    """Return what was asked for and how it ended."""
    by_class = series(f'SELECT {RATE} {FROM} GROUP BY time($__interval), "status_class" fill(0)', "$tag_status_class")
    by_route = series(f'SELECT {RATE} {FROM} GROUP BY time($__interval), "route" fill(0)', "$tag_route")
    errors = series(f"{ERROR_PERCENT} WHERE $timeFilter GROUP BY time($__interval) fill(none)", "errors")
    limit = limits(thresholds.ERROR_PERCENT_WARNING, thresholds.ERROR_PERCENT)
    return [
        graph(
            "Requests by status",
            "Requests per second, by class of status: a red layer is errors of the server.",
            TELEGRAF,
            [by_class],
            "reqps",
            stacked=True,
            colors=STATUS_COLORS,
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
        ),
        graph(
            "Request rate by route",
            "Requests per second, by Flask route; (none) is what no route matches.",
            TELEGRAF,
            [by_route],
            "reqps",
        ),
    ]


def times() -> list[Panel]:
    """Return how long requests took."""
    ranks = [
        series(
            f'SELECT percentile("resTime", {percent}) {FROM} GROUP BY time($__interval) fill(none)', f"p{percent}", ref
        )
        for percent, ref in ((50, "A"), (95, "B"), (99, "C"))
    ]
    by_route = series(
        f'SELECT percentile("resTime", $rank) {FROM} GROUP BY time($__interval), "route" fill(none)', "$tag_route"
    )
    return [
        graph(
            "p$rank by route",
            "Time that all but the slowest requests of a route took; choose the percentile above.",
            TELEGRAF,
            [by_route],
            "ms",
            span_nulls=True,
        ),
        graph(
            "p50, p95, p99",
            "Time that 50, 95 and 99 of 100 requests took at most. Dashed: when to look, when to act.",
            TELEGRAF,
            ranks,
            "ms",
            colors=RANK_COLORS,
            span_nulls=True,
            limits=limits(thresholds.P95_WARNING, thresholds.P95),
        ),
        heat_map(
            "How long requests took",
            "Requests per second by the time they took: a second band is a second kind "
            "of request. Each row holds the requests up to its number of milliseconds.",
            TELEGRAF,
            buckets(),
            counts="reqps",
            unit="none",
            width=12,
        ),
    ]


def buckets() -> list[Query]:
    """Return a query per row of the heat map, the quickest first."""
    found: list[Query] = []
    for number_, (low, high) in enumerate(zip((0, *BUCKETS), (*BUCKETS, None), strict=True)):
        below = f' AND "resTime" < {high}' if high else ""
        name = f"{high} ms" if high else "more"
        if high and high >= 1_000:
            name = f"{high / 1_000:g} s"
        query = f'SELECT {RATE} {FROM} AND "resTime" >= {low}{below} GROUP BY time($__interval) fill(0)'
        found.append(series(query, name, REF_IDS[number_]))
    return found
