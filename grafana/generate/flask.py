"""The dashboard *Flask (Prometheus)*: the application's own metrics."""

from typing import Any

from grafana.generate import thresholds
from grafana.generate.frame import choice, dashboard, to_json
from grafana.generate.panels import Panel, Queries, graph, heat_map, number, rows
from grafana.generate.properties import (
    BLUE,
    CODE_COLORS,
    GREEN,
    RANK_COLORS,
    RED,
    STATUS_COLORS,
    at_least,
    colored,
    hidden,
    limits,
    named,
    unit,
    wide,
)
from grafana.generate.queries import PROMETHEUS, promql, promql_heatmap, promql_now
from grafana.generate.transformations import merged

UID = "flaskfana-flask"
CHOSEN = 'job="flask_app", route=~"$route", method=~"$method"'
REQUESTS = f"flask_http_requests_total{{{CHOSEN}}}"
BUCKETS = f"flask_http_request_duration_seconds_bucket{{{CHOSEN}}}"
FAILED = f'flask_http_requests_total{{{CHOSEN}, status_class="5xx"}}'
ALL = '{job="flask_app"}'


def build() -> str:
    """Return the dashboard's JSON."""
    board = dashboard(
        UID,
        "Flask (Prometheus)",
        "The application as it measures itself: what Prometheus collects from /metrics, summed over all workers.",
        "now-1h",
    )
    for name, label in (("route", "Route"), ("method", "Method")):
        query = f'label_values(flask_http_requests_total{{job="flask_app"}}, {name})'
        described = f"Only requests with this {name}"
        board = board.with_variable(choice(name, label, described, query, PROMETHEUS))
    for panel in (*numbers(), *more_numbers(), *outcomes(), *times(), *by_route(), *routes(), *details()):
        board = board.with_panel(panel)
    return to_json(board)


def numbers() -> list[Panel]:
    """Return the big numbers of the chosen routes and methods."""
    counted = f"sum(increase({REQUESTS}[$__range]))"
    seconds = (
        f"flask_http_request_duration_seconds_sum{{{CHOSEN}}}",
        f"flask_http_request_duration_seconds_count{{{CHOSEN}}}",
    )
    mean = " / ".join(f"sum(increase({name}[$__range]))" for name in seconds)
    p95 = f"histogram_quantile(0.95, sum by (le) (increase({BUCKETS}[$__range])))"
    slow = limits(thresholds.P95_WARNING / 1000, thresholds.P95 / 1000)
    return [
        number(
            "Requests",
            "Requests per second, over the whole period.",
            PROMETHEUS,
            promql_now(f"sum(rate({REQUESTS}[$__range]))"),
            "reqps",
            width=4,
        ),
        number(
            "Error rate",
            "Share of the requests that failed with a status of 500 or more.",
            PROMETHEUS,
            promql_now(f"100 * sum(increase({FAILED}[$__range]) or 0 * increase({REQUESTS}[$__range])) / {counted}"),
            "percent",
            limits=limits(thresholds.ERROR_PERCENT_WARNING, thresholds.ERROR_PERCENT),
            decimals=2,
            width=4,
        ),
        number("Mean time", "Mean time of a request.", PROMETHEUS, promql_now(mean), "s", limits=slow, width=4),
        number(
            "p95",
            "95 of 100 requests took at most this long; read from the histogram's buckets, so approximate.",
            PROMETHEUS,
            promql_now(p95),
            "s",
            limits=slow,
            width=4,
        ),
    ]


def more_numbers() -> list[Panel]:
    """Return what is the same whatever is chosen."""
    return [
        number(
            "Users",
            "The simulated gauge current_users, of the whole application.",
            PROMETHEUS,
            promql_now(f"max(current_users{ALL})"),
            "short",
            width=4,
        ),
        number(
            "App",
            "Whether Prometheus reaches the application's metrics: 1 up, 0 down.",
            PROMETHEUS,
            promql_now(f"min(up{ALL})"),
            "none",
            width=4,
            states={0: "down", 1: "up"},
        ),
    ]


def over_time(title: str, description: str, queries: Queries, unit: str, **style: Any) -> Panel:
    """Return lines over time; Prometheus scrapes every 15 seconds."""
    return graph(title, description, PROMETHEUS, queries, unit, least="15s", **style)


def outcomes() -> list[Panel]:
    """Return what was asked for and how it ended."""
    by_class = promql(f"sum by (status_class) (rate({REQUESTS}[$__rate_interval]))", "{{status_class}}")
    errors = promql(
        f"100 * sum(rate({FAILED}[$__rate_interval]) or 0 * rate({REQUESTS}[$__rate_interval])) "
        f"/ sum(rate({REQUESTS}[$__rate_interval]))",
        "errors",
    )
    limit = limits(thresholds.ERROR_PERCENT_WARNING, thresholds.ERROR_PERCENT)
    return [
        over_time(
            "Requests by status",
            "Requests per second, by class of status.",
            [by_class],
            "reqps",
            stacked=True,
            colors=STATUS_COLORS,
        ),
        over_time(
            "Error rate over time",
            "Share of the requests that failed. Dashed: when to look, when to act.",
            [errors],
            "percent",
            colors={"errors": RED},
            limits=limit,
        ),
    ]


def times() -> list[Panel]:
    """Return how long requests took."""
    ranks = [
        promql(f"histogram_quantile({rank / 100}, sum by (le) (rate({BUCKETS}[$__rate_interval])))", f"p{rank}", ref)
        for rank, ref in ((50, "A"), (95, "B"), (99, "C"))
    ]
    return [
        over_time(
            "p50, p95, p99",
            "Time that 50, 95 and 99 of 100 requests took at most, read from the histogram's buckets.",
            ranks,
            "s",
            colors=RANK_COLORS,
        ),
        heat_map(
            "How long requests took",
            "Requests per second by the time they took. Each row holds the requests up to its number of seconds.",
            PROMETHEUS,
            [promql_heatmap(f"sum by (le) (rate({BUCKETS}[$__rate_interval]))")],
            counts="reqps",
            unit="s",
            width=12,
            least="15s",
        ),
    ]


def details() -> list[Panel]:
    """Return the application's six plain metrics, which know no routes: they count all requests."""
    codes = promql(f"sum by (status_code) (rate(response_code_count_total{ALL}[$__rate_interval]))", "{{status_code}}")
    counts = [
        promql(f"sum(rate(request_count_total{ALL}[$__rate_interval]))", "requests", "A"),
        promql(f"sum(rate(error_count_total{ALL}[$__rate_interval])) or vector(0)", "errors", "B"),
    ]
    took = "request_processing_seconds_sum", "request_processing_seconds_count"
    mean = " / ".join(f"sum(rate({name}{ALL}[$__rate_interval]))" for name in took)
    p95 = f"histogram_quantile(0.95, sum by (le) (rate(request_duration_seconds_bucket{ALL}[$__rate_interval])))"
    return [
        over_time(
            "Status codes", "Answers per second, by status code, of all routes.", [codes], "reqps", patterns=CODE_COLORS
        ),
        over_time(
            "All routes: requests, errors",
            "The counters request_count and error_count, per second.",
            counts,
            "reqps",
            colors={"errors": RED, "requests": GREEN},
        ),
        over_time(
            "All routes: mean, p95",
            "The summary request_processing_seconds and the histogram request_duration_seconds, whose nine buckets "
            "tell a p95 only roughly.",
            [promql(mean, "mean", "A"), promql(p95, "p95", "B")],
            "s",
            colors={"mean": BLUE, "p95": RANK_COLORS["p95"]},
        ),
        over_time(
            "Current users over time",
            "The simulated gauge current_users: one value, whatever the number of workers.",
            [promql(f"max(current_users{ALL})", "users")],
            "short",
        ),
    ]


def by_route() -> list[Panel]:
    """Return rates and times by route."""
    rate = promql(f"sum by (route) (rate({REQUESTS}[$__rate_interval]))", "{{route}}")
    slow = promql(f"histogram_quantile(0.95, sum by (le, route) (rate({BUCKETS}[$__rate_interval])))", "{{route}}")
    return [
        over_time("Request rate by route", "Requests per second, by Flask route.", [rate], "reqps"),
        over_time("p95 by route", "Time that 95 of 100 requests of a route took at most.", [slow], "s"),
    ]


def routes() -> list[Panel]:
    """Return the table of routes."""
    counted = promql_now(f"round(sum by (route, method) (increase({REQUESTS}[$__range])))", ref_id="A", as_table=True)
    failed = promql_now(
        f"round(sum by (route, method) (increase({FAILED}[$__range]))) or 0 * sum by (route, method) ({REQUESTS})",
        ref_id="B",
        as_table=True,
    )
    p95 = promql_now(
        f"histogram_quantile(0.95, sum by (le, route, method) (increase({BUCKETS}[$__range])))",
        ref_id="C",
        as_table=True,
    )
    columns = {
        "route": [at_least(150)],
        "Value #C": [
            named("p95"),
            unit("s"),
            wide(78),
            *colored(thresholds.P95_WARNING / 1000, thresholds.P95 / 1000),
        ],
        "Value #A": [named("requests"), unit("short"), wide(110)],
        "Value #B": [named("errors"), unit("short"), wide(80)],
        "method": [wide(80)],
        "Time": [hidden()],
    }
    return [
        rows(
            "Routes",
            "Every route of the period. Counts are Prometheus' estimates between its scrapes, rounded.",
            PROMETHEUS,
            [counted, failed, p95],
            columns,
            width=24,
            sort="requests",
            transformations=[merged()],
        ),
    ]
