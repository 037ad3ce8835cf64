"""The dashboard *uWSGI requests*: what uWSGI's log says, from minutes to a year."""

from typing import Any

from grafana.generate import thresholds
from grafana.generate.frame import annotation, choice, dashboard, fixed_choice, step_of_graphs, to_json
from grafana.generate.panels import Panel, number
from grafana.generate.properties import RED, limits
from grafana.generate.queries import TELEGRAF
from grafana.generate.uwsgi_graphs import ERROR_PERCENT, times, traffic
from grafana.generate.uwsgi_levels import OVERALL, TAGS, chosen
from grafana.generate.uwsgi_questions import (
    ALL_PERCENTS,
    DEPLOYS,
    EVENTS,
    FROM,
    FROM_FILTERED,
    HOURS,
    IN_HOURS,
    IN_MINUTES,
    MINUTES,
    PERCENTS,
    RANGE,
    ROLLUPS,
    ROWS,
    UID,
    asked,
    percentiles,
)
from grafana.generate.uwsgi_tables import deploys, details, newest, tables

DIED = "(\"kind\" = 'worker_died' OR \"kind\" = 'harakiri')"
NEWEST_MARKS = "ORDER BY time DESC LIMIT 50"


def build() -> str:
    """Return the dashboard's JSON."""
    board = dashboard(
        UID,
        "uWSGI requests",
        "Which routes are slow and which fail: uWSGI's log, as logshipper wrote it to InfluxDB. Up to three hours "
        "from each request, longer from sums by the minute or hour.",
        "now-1h",
    )
    for name, tag in TAGS.items():
        query = f'SHOW TAG VALUES FROM "uwsgi_log" WITH KEY = "{tag}"'
        described = f"Only requests with these values of the tag {tag}"
        board = board.with_variable(choice(name, name.capitalize(), described, query))
    rank = fixed_choice("rank", "Percentile", "Which percentile the graph by route shows", ["50", "95", "99"], "95")
    board = board.with_variable(rank)
    for rollup, name in ((MINUTES, "minutes"), (HOURS, "hours")):
        board = board.with_variable(step_of_graphs(name, rollup.seconds))
    for panel in (*numbers(), *totals(), *traffic(), *times(), deploys(), *tables(), *details(), *newest()):
        board = board.with_panel(panel)
    return to_json(board, annotations())


def annotations() -> list[dict[str, Any]]:
    """Return the marks over all graphs: what the server did, the newest of the period, from the same log.

    A deploy's mark says what it changed. Few switches: each takes a row beside the time range on a narrow page.
    """
    effects = f'SELECT "text", "kind", "host" FROM {DEPLOYS} WHERE $timeFilter AND {chosen("host")}'
    found = f'SELECT "message", "kind", "host" {EVENTS} AND'
    return [
        annotation("Deploys", "blue", f"{effects} {NEWEST_MARKS}", text="text"),
        annotation("Worker deaths", RED, f"{found} {DIED} {NEWEST_MARKS}"),
        annotation("Tracebacks", "orange", f"{found} \"kind\" = 'traceback' {NEWEST_MARKS}", enabled=False),
    ]


def numbers() -> list[Panel]:
    """Return the first big numbers: how many, how many failed, how long."""
    count = f'SELECT count("resTime") * 1000.0 / {RANGE} {FROM}'
    counted = [f'SELECT sum("n") * 1000.0 / {RANGE} {one.where(OVERALL)}' for one in ROLLUPS]
    failed = [f'SELECT 100.0 * sum("errors") / sum("n") {one.where(OVERALL)}' for one in ROLLUPS]
    ranks = ", ".join(f'percentile("resTime", {percent}) AS "p{percent}"' for percent in PERCENTS)
    return [
        number(
            "Requests", "Requests per second, over the whole period.", TELEGRAF, asked(count, counted), "reqps", width=5
        ),
        number(
            "Error rate",
            "Share of the answers with a status of 500 or more.",
            TELEGRAF,
            asked(ERROR_PERCENT, failed),
            "percent",
            limits=limits(thresholds.ERROR_PERCENT_WARNING, thresholds.ERROR_PERCENT),
            decimals=2,
            width=5,
        ),
        number(
            "Response times",
            "50, 95 and 99 of 100 requests took at most this long. From sums by the minute or hour they are within 5 % "
            "of the true value.",
            TELEGRAF,
            asked(f"SELECT {ranks} {FROM}", [percentiles(ALL_PERCENTS), f"SELECT {ranks} {FROM_FILTERED}"], "$col"),
            "ms",
            limits=limits(thresholds.P95_WARNING, thresholds.P95),
            width=14,
        ),
    ]


def totals() -> list[Panel]:
    """Return the other big numbers."""
    sent = [f'SELECT sum("bytes") {one.where(OVERALL)}' for one in ROLLUPS]
    source = [f'SELECT last("n") * 0 + {one.seconds} {one.where(OVERALL)}' for one in ROLLUPS]
    size = {"width": 6, "height": 3}
    return [
        number(
            "Sent",
            "Bytes of all answers' bodies in the period.",
            TELEGRAF,
            asked(f'SELECT sum("resSize") {FROM}', sent),
            "decbytes",
            **size,
        ),
        number(
            "Worker deaths",
            "Workers that died or were killed by harakiri in the period.",
            TELEGRAF,
            events(DIED),
            "short",
            limits=limits(None, 1),
            added=True,
            **size,
        ),
        number(
            "Tracebacks",
            "Python tracebacks in the log in the period.",
            TELEGRAF,
            events("\"kind\" = 'traceback'"),
            "short",
            limits=limits(1, None),
            added=True,
            **size,
        ),
        number(
            "Source",
            "What this page is computed from: each request up to three hours, else sums by the minute or hour.",
            TELEGRAF,
            asked(f'SELECT last("resTime") * 0 + 1 {FROM}', source),
            "none",
            words={1: "requests", 60: "minutes", 3600: "hours"},
            **size,
        ),
    ]


def events(condition: str) -> list[Any]:
    """Return the queries of a number of events: 0 needs requests without an event, nothing else is 0."""

    def question(when: str, zero: str) -> str:
        found = f'SELECT count("message") AS "n" {EVENTS} AND {when} AND {condition}'
        return f'SELECT sum("n") FROM ({found}), ({zero}) WHERE $timeFilter'

    rollups = [
        question(when, f'SELECT sum("n") * 0 AS "n" {one.where(OVERALL)}')
        for one, when in ((MINUTES, IN_MINUTES), (HOURS, IN_HOURS))
    ]
    return asked(question(ROWS, f'SELECT count("resTime") * 0 AS "n" {FROM}'), rollups)
