"""The tables of the dashboard *uWSGI requests*: routes, uris, workers, tracebacks and the log."""

from grafana_foundation_sdk.models.dashboard import DataTransformerConfig, DynamicConfigValue

from grafana.generate import thresholds
from grafana.generate.panels import Panel, bar, colored, graph, hidden, inspect, link, named, rows, unit, wide
from grafana.generate.queries import TELEGRAF, series, table
from grafana.generate.uwsgi_questions import EVENTS, FROM, UID

NEWEST = 500  # rows of the log table
WORKER_SAMPLE = 5_000
TO_ROUTE = f"/d/{UID}?${{__url_time_range}}&var-host=${{host}}&var-route=${{__data.fields.route:percentencode}}"


def tables() -> list[Panel]:
    """Return the routes and uris, the slowest first."""
    measures = (
        'count("resTime") AS "requests", percentile("resTime", 50) AS "p50", percentile("resTime", 95) AS "p95", '
        'percentile("resTime", 99) AS "p99", max("resTime") AS "max"'
    )
    slow = thresholds.P95_WARNING, thresholds.P95
    columns = {
        "Time": [hidden()],
        "requests": [unit("short"), wide(85)],
        "p50": [unit("ms"), wide(80)],
        "p95": [unit("ms"), wide(90), *colored(*slow)],
        "p99": [unit("ms"), wide(90), *colored(*slow)],
        "max": [unit("ms"), wide(80)],
    }
    routes = {"route": [link("Only this route", TO_ROUTE)], "method": [wide(80)], **columns}
    return [
        rows(
            "Slowest routes",
            "Every route of the period, the highest p95 first. A click on a route shows it alone.",
            TELEGRAF,
            [table(f'SELECT {measures} {FROM} GROUP BY "route", "method"')],
            routes,
            sort="p95",
        ),
        rows(
            "Slowest uris",
            "Every uri of the period (the path, without its query), the highest p95 first.",
            TELEGRAF,
            [table(f'SELECT {measures} {FROM} GROUP BY "uri"')],
            {"uri": [inspect()], **columns},
            sort="p95",
        ),
    ]


def details() -> list[Panel]:
    """Return bytes and workers."""
    sent = series(
        f'SELECT sum("resSize") * 1000 / $__interval_ms {FROM} GROUP BY time($__interval), "route" fill(0)',
        "$tag_route",
    )
    workers = table(f'SELECT "pid", "resTime" {FROM} ORDER BY time DESC LIMIT {WORKER_SAMPLE}')
    per_worker = DataTransformerConfig(
        id_val="groupBy",
        options={
            "fields": {
                "pid": {"aggregations": [], "operation": "groupby"},
                "resTime": {"aggregations": ["count", "mean", "max"], "operation": "aggregate"},
            }
        },
    )
    worker_columns = {
        "pid": [named("worker (pid)"), unit("none"), wide(110)],
        "resTime (count)": [named("requests"), unit("short"), *bar(WORKER_SAMPLE)],
        "resTime (mean)": [named("mean"), unit("ms"), wide(100)],
        "resTime (max)": [named("longest"), unit("ms"), wide(100)],
    }
    return [
        graph("Bytes sent by route", "Bytes of the answers' bodies per second.", TELEGRAF, [sent], "Bps", stacked=True),
        rows(
            "Requests by worker",
            f"How the newest {WORKER_SAMPLE:,} requests of the period were spread over uWSGI's "
            "workers: one far above the others means that the others hang or that there are too many.",
            TELEGRAF,
            [workers],
            worker_columns,
            transformations=[per_worker],
            height=8,
            sort="requests",
        ),
    ]


def newest() -> list[Panel]:
    """Return the newest tracebacks and requests."""
    tracebacks = table(
        'SELECT "host", "exception", "message", "frame", "text" '
        f"{EVENTS} AND \"kind\" = 'traceback' ORDER BY time DESC LIMIT 50"
    )
    log = table(f"SELECT * {FROM} ORDER BY time DESC LIMIT {NEWEST}")
    return [
        rows(
            "Newest tracebacks",
            "Python tracebacks from the log, the newest first: the last frame inside the "
            "application, and the whole text behind the eye.",
            TELEGRAF,
            [tracebacks],
            {
                "Time": [wide(190)],
                "host": [wide(100)],
                "exception": [wide(160)],
                "message": [inspect()],
                "frame": [inspect()],
                "text": [inspect()],
            },
            width=24,
            height=7,
        ),
        rows(
            "Log",
            f"SELECT * FROM uwsgi_log: the newest {NEWEST} requests of the period and the choice above, the "
            "newest first.",
            TELEGRAF,
            [log],
            log_columns(),
            width=24,
            height=14,
        ),
    ]


def log_columns() -> dict[str, list[DynamicConfigValue]]:
    """Return the log table's columns: what is asked first stands first."""
    first: dict[str, list[DynamicConfigValue]] = {
        "Time": [wide(190)],
        "status": [wide(70), *colored(400, 500)],
        "method": [wide(75)],
        "uri": [wide(240), inspect()],
        "query": [wide(120), inspect()],
        "resTime": [unit("ms"), wide(90), *colored(thresholds.P95_WARNING, thresholds.P95)],
        "resSize": [unit("decbytes"), wide(90)],
        "route": [wide(190), link("Only this route", TO_ROUTE)],
        "host": [wide(100)],
        "remoteAddr": [wide(120)],
        "remoteUser": [wide(100)],
        "pid": [wide(70)],
    }
    rest = (
        "id",
        "currentReq",
        "totalReq",
        "CGIVar",
        "CGISize",
        "headers",
        "headersSize",
        "httpVer",
        "status_class",
        "path",
        "timestamp",
        "coreInfo",
    )
    return {**first, **{name: [wide(110)] for name in rest}}
