"""The tables of the dashboard *uWSGI requests*: routes, uris, workers, tracebacks and the log."""

from grafana_foundation_sdk.models.dashboard import DataTransformerConfig, DynamicConfigValue

from grafana.generate import thresholds
from grafana.generate.panels import Panel, graph, rows
from grafana.generate.properties import at_least, bar, colored, hidden, inspect, link, named, unit, wide
from grafana.generate.queries import TELEGRAF, table
from grafana.generate.transformations import merged
from grafana.generate.uwsgi_levels import chosen
from grafana.generate.uwsgi_questions import (
    ALL_PERCENTS,
    DEPLOYS,
    EVENTS,
    FROM,
    FROM_BY_ROUTE,
    FROM_FILTERED_BY_ROUTE,
    LAST_HOUR,
    NEWEST,
    UID,
    asked,
    percentiles_by_route,
    rates,
)
from logshipper.provision.deploys import AROUND

NEWEST_ROWS = 500  # of the log table
WORKER_SAMPLE = 5_000
TO_ROUTE = (
    f"/d/{UID}?${{__url_time_range}}&${{host:queryparam}}&${{method:queryparam}}&${{status:queryparam}}"
    "&var-route=${__data.fields.route:percentencode}"
)
TO_DEPLOY = (
    f"/d/{UID}?from=${{__data.fields.look_from.numeric}}&to=${{__data.fields.look_to.numeric}}"
    "&${host:queryparam}&${route:queryparam}&${method:queryparam}&${status:queryparam}"
)
SORTED_BY = "p95"
DEPLOY_ROWS, DEPLOY_DAYS = 10, 30


def tables() -> list[Panel]:
    """Return the routes and uris, the slowest first."""
    measures = (
        'count("resTime") AS "requests", percentile("resTime", 50) AS "p50", percentile("resTime", 95) AS "p95", '
        'percentile("resTime", 99) AS "p99", max("resTime") AS "max"'
    )
    # Each measure costs InfluxDB a walk over all uris, of which there may be thousands; over a subquery, a shorter one.
    few = 'count("ms") AS "requests", percentile("ms", 95) AS "p95", max("ms") AS "max"'
    of_uris = f'SELECT {few} FROM (SELECT "resTime" AS "ms", "uri" {LAST_HOUR}) WHERE $timeFilter\nGROUP BY "uri"'
    more = ', "n" AS "requests", "max" AS "max"'
    of_rows = [
        f'SELECT {measures} {rows}\nGROUP BY "route", "method"' for rows in (FROM_BY_ROUTE, FROM_FILTERED_BY_ROUTE)
    ]
    slow = thresholds.P95_WARNING, thresholds.P95
    times = {name: [unit("ms"), wide(78), *colored(*slow)] for name in ("p95", "p50", "p99", "max")}
    # First what a narrow page shows.
    columns = {"Time": [hidden()], "p95": times["p95"], "requests": [unit("short"), wide(80)], **times}
    routes = {"route": [link("Only this route", TO_ROUTE), at_least(120)], "method": [wide(70)], **columns}
    return [
        rows(
            "Slowest routes",
            "Every route of the period, the highest p95 first. A click on a route shows it alone. Beyond an hour "
            "percentiles are within 5 % and the period begins with whole five minutes, beyond twelve hours with a "
            "whole hour, beyond ten days with a whole day (UTC).",
            TELEGRAF,
            asked(of_rows[0], [percentiles_by_route(ALL_PERCENTS, more), of_rows[1]], as_table=True),
            routes,
            sort=SORTED_BY,
            transformations=[merged()],
            width=24,
        ),
        rows(
            "Slowest uris, last hour",
            "Every uri (the path, without its query) of the period's last hour, the highest p95 first.",
            TELEGRAF,
            [table(of_uris)],
            {"uri": [inspect(), at_least(120)], **{name: columns[name] for name in ("Time", "p95", "requests", "max")}},
            sort=SORTED_BY,
            width=14,
        ),
    ]


def deploys() -> Panel:
    """Return the last starts and reloads, with what they changed."""
    sides = ", ".join(
        f'"{side}_{field}" AS "{name} {side}"'
        for field, name in (("p95", "p95"), ("errors", "errors"), ("n", "requests"))
        for side in ("before", "after")
    )
    last = table(
        f'SELECT "host", "kind", {sides}, "look_from", "look_to" FROM {DEPLOYS} WHERE time <= ${{__to}}ms '
        f"AND time > ${{__to}}ms - {DEPLOY_DAYS}d AND {chosen('host')} ORDER BY time DESC LIMIT {DEPLOY_ROWS}"
    )
    slow = colored(thresholds.P95_WARNING, thresholds.P95)
    failing = colored(thresholds.ERROR_PERCENT_WARNING, thresholds.ERROR_PERCENT)
    minutes = AROUND // 60
    return rows(
        "Last deploys",
        f"The last {DEPLOY_ROWS} starts and reloads that the log tells, up to the end of the period: p95, errors and "
        f"requests of the {minutes} minutes before and after, of all routes of that host and log. Fewer minutes if "
        "another deploy is closer, or if the time after is not over yet. A click on a time shows the half hour around.",
        TELEGRAF,
        [last],
        {
            "Time": [link("The time around it", TO_DEPLOY), wide(150)],
            "p95 before": [unit("ms"), wide(90), *slow],
            "p95 after": [unit("ms"), wide(80), *slow],
            "errors before": [unit("percent"), wide(105), *failing],
            "errors after": [unit("percent"), wide(95), *failing],
            "requests before": [unit("short"), wide(130)],
            "requests after": [unit("short"), wide(120)],
            "kind": [wide(65)],
            "host": [at_least(70)],
            "look_from": [hidden()],
            "look_to": [hidden()],
        },
        width=24,
        height=6,
    )


def details() -> list[Panel]:
    """Return workers and bytes."""
    rows_sent = f'SELECT sum("resSize") * 1000.0 / ${{__interval_ms}} {FROM}'
    rows_sent += '\nGROUP BY time(${__interval}), "route" fill(0)'
    sent = asked(rows_sent, rates("bytes", "route"), "$tag_route")
    workers = table(f'SELECT "pid", "resTime" {NEWEST} ORDER BY time DESC LIMIT {WORKER_SAMPLE}')
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
        "pid": [named("worker (pid)"), unit("none"), wide(100)],
        "resTime (count)": [named("requests"), unit("short"), wide(110), *bar(WORKER_SAMPLE)],
        "resTime (mean)": [named("mean"), unit("ms"), wide(80)],
        "resTime (max)": [named("longest"), unit("ms"), wide(80)],
    }
    return [
        rows(
            "Requests by worker",
            f"How the newest {WORKER_SAMPLE:,} requests (of the last three hours) were spread over uWSGI's "
            "workers: one far above the others means that the others hang or that there are too many.",
            TELEGRAF,
            [workers],
            worker_columns,
            transformations=[per_worker],
            width=10,
            sort="requests",
        ),
        graph(
            "Bytes sent by route",
            "Bytes of the answers' bodies per second.",
            TELEGRAF,
            sent,
            "Bps",
            stacked=True,
            width=24,
        ),
    ]


def newest() -> list[Panel]:
    """Return the newest tracebacks and requests."""
    tracebacks = table(
        'SELECT "host", "exception", "message", "frame", "text" '
        f"{EVENTS} AND \"kind\" = 'traceback' ORDER BY time DESC LIMIT 50"
    )
    log = table(f"SELECT * {NEWEST} ORDER BY time DESC LIMIT {NEWEST_ROWS}")
    return [
        rows(
            "Newest tracebacks",
            "Python tracebacks from the log, the newest first: the last frame inside the "
            "application, and the whole text behind the eye.",
            TELEGRAF,
            [tracebacks],
            {
                "Time": [wide(150)],
                "host": [wide(80)],
                "exception": [wide(120)],
                "message": [inspect(), at_least(150)],
                "frame": [inspect(), wide(255)],
                "text": [inspect(), at_least(110)],
            },
            width=24,
            height=7,
        ),
        rows(
            "Log",
            f"SELECT * FROM uwsgi_log: the newest {NEWEST_ROWS} requests of the period's last three hours and of the "
            "choice above, the newest first. Scroll to the right for the other fields.",
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
        "Time": [wide(165)],
        "status": [wide(62), *colored(400, 500)],
        "method": [wide(70)],
        "uri": [wide(200), inspect()],
        "query": [wide(100), inspect()],
        "resTime": [unit("ms"), wide(82), *colored(thresholds.P95_WARNING, thresholds.P95)],
        "resSize": [unit("decbytes"), wide(80)],
        "pid": [wide(60)],
        "route": [wide(170), link("Only this route", TO_ROUTE)],
        "host": [wide(90)],
        "remoteAddr": [wide(105)],
        "remoteUser": [wide(95)],
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
