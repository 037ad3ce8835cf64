"""The dashboard *Shipper*: the account of every line, how far behind it is, and what went wrong."""

from grafana_foundation_sdk.models.dashboard import DynamicConfigValue

from grafana.generate import thresholds
from grafana.generate.frame import choice, dashboard, to_json
from grafana.generate.panels import Panel, Query, graph, heat_map, number, rows
from grafana.generate.properties import at_least, colored, decimals, hidden, limits, named, unit, wide
from grafana.generate.queries import PROMETHEUS, promql, promql_heatmap, promql_now
from grafana.generate.transformations import merged

UID = "flaskfana-shipper"
JOB = '{job="logshipper"}'
FILE = '{job="logshipper", file=~"$file"}'


def build() -> str:
    """Return the dashboard's JSON."""
    board = dashboard(
        UID,
        "Shipper",
        "Whether every line of the log arrives, and how far behind the shipper is.",
        "now-1h",
    )
    query = 'label_values(logshipper_lines_read_total{job="logshipper"}, file)'
    board = board.with_variable(choice("file", "File", "Only these log files", query, PROMETHEUS))
    for panel in (*numbers(), *mishaps(), account(), *flow(), *trouble(), *room(), *topics()):
        board = board.with_panel(panel)
    return to_json(board)


def numbers() -> list[Panel]:
    """Return the first big numbers: is it there, and how far behind."""
    late = limits(thresholds.LAG_SECONDS_WARNING, thresholds.LAG_SECONDS)
    return [
        number(
            "Shipper",
            "Whether Prometheus reaches the shipper: 1 up, 0 down.",
            PROMETHEUS,
            promql_now(f"min(up{JOB})"),
            "none",
            width=4,
            states={0: "down", 1: "up"},
        ),
        number(
            "Behind",
            "Age of the oldest line that is not in the database yet.",
            PROMETHEUS,
            promql_now(f"max(logshipper_lag_seconds{FILE})"),
            "s",
            limits=late,
            width=4,
        ),
        number(
            "Still to read",
            "Bytes of the logs that are not in the database yet.",
            PROMETHEUS,
            promql_now(f"sum(logshipper_lag_bytes{FILE})"),
            "decbytes",
            width=4,
        ),
    ]


def mishaps() -> list[Panel]:
    """Return the numbers that are 0 on a good day."""
    return [
        number(
            "Rejected",
            "Lines of the period that could not become a point; they are kept in the quarantine file.",
            PROMETHEUS,
            promql_now(f"round(sum(increase(logshipper_lines_rejected_total{FILE}[$__range]))) or 0 * sum(up{JOB})"),
            "short",
            limits=limits(None, 1),
            width=4,
        ),
        number(
            "Retries",
            "Writes of the period that had to be repeated.",
            PROMETHEUS,
            promql_now(f"round(sum(increase(logshipper_retries_total{JOB}[$__range]))) or 0 * sum(up{JOB})"),
            "short",
            limits=limits(1, None),
            width=4,
        ),
        number(
            "Account",
            "read - written - rejected - not a request - in flight, over all files: always 0.",
            PROMETHEUS,
            promql_now(f"sum(logshipper_account_difference{FILE})"),
            "short",
            limits=limits(None, 1),
            width=4,
        ),
    ]


def account() -> Panel:
    """Return the account of every file as a table."""
    read = f"sum by (file, output) (logshipper_lines_read_total{FILE})"
    # A reason or kind that never came has no series yet: that is a 0.
    parts = (
        ("A", "read", read),
        ("B", "written", f"sum by (file, output) (logshipper_points_written_total{FILE})"),
        ("C", "rejected", f"sum by (file, output) (logshipper_lines_rejected_total{FILE}) or 0 * {read}"),
        ("D", "not a request", f"sum by (file, output) (logshipper_lines_not_request_total{FILE}) or 0 * {read}"),
        ("E", "in flight", f"sum by (file, output) (logshipper_lines_in_flight{FILE})"),
        ("F", "difference", f"sum by (file, output) (logshipper_account_difference{FILE})"),
        ("G", "behind", f"max by (file, output) (logshipper_lag_seconds{FILE})"),
    )
    columns: dict[str, list[DynamicConfigValue]] = {
        "file": [at_least(130)],
        "output": [at_least(130)],
        "Time": [hidden()],
    }
    for ref, name, _ in parts:
        columns[f"Value #{ref}"] = [
            named(name),
            unit("s" if name == "behind" else "locale"),
            wide(115 if name == "not a request" else 90),
        ]
    return rows(
        "The account",
        "Lines of each file and output since the shipper started: read = written + rejected + not a request + in "
        "flight.",
        PROMETHEUS,
        [promql_now(expression, ref_id=ref, as_table=True) for ref, _, expression in parts],
        columns,
        width=24,
        height=6,
        sort="read",
        transformations=[merged()],
    )


def rate(metric: str, by: str, where: str) -> Query:
    """Return what a counter gains a second, by one of its labels."""
    return promql(f"sum by ({by}) (rate({metric}{where}[$__rate_interval]))", f"{{{{{by}}}}}")


def flow() -> list[Panel]:
    """Return what goes through, and how far behind it is."""
    lag = limits(thresholds.LAG_SECONDS_WARNING, thresholds.LAG_SECONDS)

    return [
        graph(
            "Lines read",
            "Lines per second, by file.",
            PROMETHEUS,
            [rate("logshipper_lines_read_total", "file", FILE)],
            "suffix:lines/s",
            least="15s",
        ),
        graph(
            "Points written",
            "Acknowledged points per second, by output.",
            PROMETHEUS,
            [rate("logshipper_points_written_total", "output", FILE)],
            "suffix:lines/s",
            least="15s",
        ),
        graph(
            "Behind over time",
            "Age of the oldest line that is not in the database yet. Dashed: when to look, when to act.",
            PROMETHEUS,
            [promql(f"max by (file) (logshipper_lag_seconds{FILE})", "{{file}}")],
            "s",
            limits=lag,
            least="15s",
        ),
        graph(
            "Still to read over time",
            "Bytes of the log that are not in the database yet.",
            PROMETHEUS,
            [promql(f"sum by (file) (logshipper_lag_bytes{FILE})", "{{file}}")],
            "decbytes",
            least="15s",
        ),
    ]


def topics() -> list[Panel]:
    """Return how far consumers of Kafka have got; without Kafka there is nothing to see."""
    return [
        graph(
            "Messages to read in Kafka",
            "Messages of each partition that are not in the database yet. Only consumers of Kafka have this.",
            PROMETHEUS,
            [promql(f"sum by (file) (logshipper_lag_messages{FILE})", "{{file}}")],
            "short",
            width=24,
            least="15s",
        )
    ]


def trouble() -> list[Panel]:
    """Return what did not become a point, and what was tried again."""
    return [
        graph(
            "Rejected over time",
            "Lines per second that could not become a point, by reason.",
            PROMETHEUS,
            [rate("logshipper_lines_rejected_total", "reason", FILE)],
            "suffix:lines/s",
            soft_max=0.1,
            stacked=True,
            least="15s",
        ),
        graph(
            "Not a request",
            "Other lines per second, by kind: events, the application's own output, banners.",
            PROMETHEUS,
            [rate("logshipper_lines_not_request_total", "kind", FILE)],
            "suffix:lines/s",
            stacked=True,
            least="15s",
        ),
        graph(
            "Retries over time",
            "Repeated writes per second, by reason.",
            PROMETHEUS,
            [rate("logshipper_retries_total", "reason", JOB)],
            "suffix:writes/s",
            soft_max=0.1,
            stacked=True,
            least="15s",
        ),
    ]


def room() -> list[Panel]:
    """Return the time of a write, and what is held in memory."""
    buckets = f"sum by (le) (rate(logshipper_write_duration_seconds_bucket{JOB}[$__rate_interval]))"
    return [
        heat_map(
            "How long writes took",
            "Writes per second by the time until the acknowledgement.",
            PROMETHEUS,
            [promql_heatmap(buckets)],
            counts="wps",
            unit="s",
            width=12,
            least="15s",
        ),
        tag_values(),
        graph(
            "Lines in flight",
            "Lines that are read but not acknowledged yet.",
            PROMETHEUS,
            [promql(f"sum by (file) (logshipper_lines_in_flight{FILE})", "{{file}}")],
            "short",
            least="15s",
        ),
    ]


def tag_values() -> Panel:
    """Return how many values each tag has, as a table: in a graph the limit would leave no room for the values."""
    values = f"max by (file, tag) (logshipper_tag_values{FILE})"
    limit = f"max(logshipper_tag_values_limit{JOB})"
    parts = (
        ("A", values),
        ("B", f"0 * {values} + scalar({limit})"),
        ("C", f"100 * {values} / scalar({limit})"),
    )
    columns = {
        "tag": [wide(80)],
        "file": [at_least(120)],
        "Time": [hidden()],
        "Value #A": [named("values"), unit("locale"), wide(80)],
        "Value #B": [named("limit"), unit("locale"), wide(75)],
        "Value #C": [named("used"), unit("percent"), decimals(2), *colored(80, 100), wide(75)],
    }
    return rows(
        "Distinct tag values",
        "How many values each tag has, against the limit: past it a tag says (other).",
        PROMETHEUS,
        [promql_now(expression, ref_id=ref, as_table=True) for ref, expression in parts],
        columns,
        height=8,
        sort="values",
        transformations=[merged()],
    )
