"""The dashboard *uWSGI requests*: every request of the log, for the last hours."""

from grafana_foundation_sdk.models.dashboard import DataTransformerConfig

from grafana.generate import thresholds
from grafana.generate.frame import annotation, choice, dashboard, fixed_choice, to_json
from grafana.generate.panels import (
    RANK_COLORS,
    RED,
    STATUS_COLORS,
    bar,
    colored,
    graph,
    heat_map,
    hidden,
    inspect,
    limits,
    link,
    named,
    number,
    rows,
    unit,
    wide,
)
from grafana.generate.queries import REF_IDS, TELEGRAF, series, table

UID = "flaskfana-uwsgi"
CHOSEN = '"host" =~ /^$host$/ AND "route" =~ /^$route$/ AND "method" =~ /^$method$/ AND "status_class" =~ /^$status$/'
FROM = f'FROM "uwsgi_log" WHERE $timeFilter AND {CHOSEN}'
EVENTS = 'FROM "uwsgi_event" WHERE $timeFilter AND "host" =~ /^$host$/'
RATE = 'count("resTime") * 1000 / $__interval_ms'  # a second
# The mean over the period; Grafana tells InfluxQL the length of an interval, but not that of the period.
MEAN_RATE = f'SELECT mean("rate") FROM (SELECT {RATE} AS "rate" {FROM} GROUP BY time($__interval) fill(0)) WHERE $timeFilter'
# Without an error the answer has to be 0 and not nothing, so errors are not selected by their tag but computed
# from the status of every request: of all three-digit numbers, bit 512 of status + 12 is set from 500 to 599
# (and above, where there is no status), and clear below.
ERROR_BIT = f'SELECT ("status" + 12) & 512 AS "error" {FROM}'
ERROR_PERCENT = f'SELECT mean("error") * 100 / 512 AS "errors" FROM ({ERROR_BIT})'
# Upper ends of the heat map's buckets, in ms.
BUCKETS = (5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000)
NEWEST = 500  # rows of the log table
WORKER_SAMPLE = 5_000
TO_ROUTE = f"/d/{UID}?${{__url_time_range}}&var-host=${{host}}&var-route=${{__data.fields.route:percentencode}}"


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
    for panel in (*numbers(), *traffic(), *times(), *tables(), *details()):
        board = board.with_panel(panel)
    return to_json(board, annotations())


def annotations() -> list[dict[str, object]]:
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


def numbers() -> list[object]:
    """Return the row of big numbers."""

    def rank(percent: int, description: str, limit: object = None) -> object:
        query = series(f'SELECT percentile("resTime", {percent}) {FROM}')
        return number(f"p{percent}", description, TELEGRAF, query, "ms", limits=limit)

    died = f'SELECT count("message") {EVENTS} AND ("kind" = \'worker_died\' OR "kind" = \'harakiri\')'
    tracebacks = f'SELECT count("message") {EVENTS} AND "kind" = \'traceback\''
    errors = limits(thresholds.ERROR_PERCENT_WARNING, thresholds.ERROR_PERCENT)
    slow = limits(thresholds.P95_WARNING, thresholds.P95)
    return [
        number("Requests", "Requests per second, over the whole period.", TELEGRAF,
               series(MEAN_RATE), "reqps", none="0"),
        number("Error rate", "Share of the answers with a status of 500 or more.", TELEGRAF,
               series(ERROR_PERCENT), "percent", limits=errors, decimals=2),
        rank(50, "Half of the requests took at most this long."),
        rank(95, "95 of 100 requests took at most this long.", slow),
        rank(99, "99 of 100 requests took at most this long."),
        number("Sent", "Bytes of all answers' bodies in the period.", TELEGRAF,
               series(f'SELECT sum("resSize") {FROM}'), "decbytes", none="0"),
        number("Worker deaths", "Workers that died or were killed by harakiri in the period.", TELEGRAF,
               series(died), "short", limits=limits(None, 1), none="0"),
        number("Tracebacks", "Python tracebacks in the log in the period.", TELEGRAF,
               series(tracebacks), "short", limits=limits(1, None), none="0"),
    ]  # fmt: skip


def traffic() -> list[object]:
    """Return what was asked for and how it ended."""
    by_class = series(f'SELECT {RATE} {FROM} GROUP BY time($__interval), "status_class" fill(0)', "$tag_status_class")
    by_route = series(f'SELECT {RATE} {FROM} GROUP BY time($__interval), "route" fill(0)', "$tag_route")
    errors = series(f"{ERROR_PERCENT} WHERE $timeFilter GROUP BY time($__interval) fill(none)", "errors")
    limit = limits(thresholds.ERROR_PERCENT_WARNING, thresholds.ERROR_PERCENT)
    return [
        graph("Requests by status", "Requests per second, by class of status: a red layer is errors of the server.",
              TELEGRAF, [by_class], "reqps", stacked=True, colors=STATUS_COLORS),
        graph("Error rate", "Share of answers with a status of 500 or more. Dashed: when to look, when to act.",
              TELEGRAF, [errors], "percent", colors={"errors": RED}, limits=limit, span_nulls=True),
        graph("Request rate by route", "Requests per second, by Flask route; (none) is what no route matches.",
              TELEGRAF, [by_route], "reqps"),
    ]  # fmt: skip


def times() -> list[object]:
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
        graph("p$rank by route", "Time that all but the slowest requests of a route took; choose the percentile above.",
              TELEGRAF, [by_route], "ms", span_nulls=True),
        graph("p50, p95, p99", "Time that 50, 95 and 99 of 100 requests took at most. Dashed: when to look, when to act.",
              TELEGRAF, ranks, "ms", colors=RANK_COLORS, span_nulls=True,
              limits=limits(thresholds.P95_WARNING, thresholds.P95)),
        heat_map("How long requests took", "Requests per second by the time they took: a second band is a second kind "
                 "of request. Each row holds the requests up to its number of milliseconds.", TELEGRAF, buckets(),
                 counts="reqps", unit="none", width=12),
    ]  # fmt: skip


def buckets() -> list[object]:
    """Return a query per row of the heat map, the quickest first."""
    found = []
    for number_, (low, high) in enumerate(zip((0, *BUCKETS), (*BUCKETS, None), strict=True)):
        below = f' AND "resTime" < {high}' if high else ""
        name = f"{high} ms" if high else "more"
        if high and high >= 1_000:
            name = f"{high / 1_000:g} s"
        query = f'SELECT {RATE} {FROM} AND "resTime" >= {low}{below} GROUP BY time($__interval) fill(0)'
        found.append(series(query, name, REF_IDS[number_]))
    return found


def tables() -> list[object]:
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
        "p95": [unit("ms"), *bar(*slow)],
        "p99": [unit("ms"), wide(80), *colored(*slow)],
        "max": [unit("ms"), wide(80)],
    }
    routes = {"route": [link("Only this route", TO_ROUTE)], "method": [wide(80)], **columns}
    return [
        rows("Slowest routes", "Every route of the period, the highest p95 first. A click on a route shows it alone.",
             TELEGRAF, [table(f'SELECT {measures} {FROM} GROUP BY "route", "method"')], routes, sort="p95"),
        rows("Slowest uris", "Every uri of the period (the path, without its query), the highest p95 first.",
             TELEGRAF, [table(f'SELECT {measures} {FROM} GROUP BY "uri"')], {"uri": [inspect()], **columns}, sort="p95"),
    ]  # fmt: skip


def details() -> list[object]:
    """Return bytes, workers, tracebacks and the log itself."""
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
        "resTime (count)": [named("requests"), unit("short"), *bar(full=WORKER_SAMPLE)],
        "resTime (mean)": [named("mean"), unit("ms"), wide(100)],
        "resTime (max)": [named("longest"), unit("ms"), wide(100)],
    }
    tracebacks = table(
        'SELECT "host", "exception", "message", "frame", "text" '
        f"{EVENTS} AND \"kind\" = 'traceback' ORDER BY time DESC LIMIT 50"
    )
    log = table(f"SELECT * {FROM} ORDER BY time DESC LIMIT {NEWEST}")
    return [
        graph("Bytes sent by route", "Bytes of the answers' bodies per second.", TELEGRAF, [sent], "Bps", stacked=True),
        rows("Requests by worker", f"How the newest {WORKER_SAMPLE:,} requests of the period were spread over uWSGI's "
             "workers: one far above the others means that the others hang or that there are too many.", TELEGRAF,
             [workers], worker_columns, transformations=[per_worker], height=8, sort="requests"),
        rows("Newest tracebacks", "Python tracebacks from the log, the newest first: the last frame inside the "
             "application, and the whole text behind the eye.", TELEGRAF, [tracebacks],
             {"Time": [wide(165)], "host": [wide(100)], "exception": [wide(160)], "message": [inspect()],
              "frame": [inspect()], "text": [inspect()]}, width=24, height=7),
        rows("Log", f"SELECT * FROM uwsgi_log: the newest {NEWEST} requests of the period and the choice above, the "
             "newest first.", TELEGRAF, [log], log_columns(), width=24, height=14),
    ]  # fmt: skip


def log_columns() -> dict[str, list[object]]:
    """Return the log table's columns: what is asked first stands first."""
    first: dict[str, list[object]] = {
        "Time": [wide(165)],
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
    rest = ("id", "currentReq", "totalReq", "CGIVar", "CGISize", "headers", "headersSize", "httpVer", "status_class",
            "path", "timestamp", "coreInfo")  # fmt: skip
    return {**first, **{name: [wide(110)] for name in rest}}
