"""What Prometheus would have scraped from the application and the shipper while the traffic came: OpenMetrics.

The newest hour every 15 seconds, and longer ago more seldom, as graphs of longer ranges need it. A counter counts the
requests themselves, so a dashboard's numbers can be compared with them.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from flaskapp.metrics import BUCKETS
from tests.grafana.traffic import DAY, HOUR, OUTAGE, Traffic
from tests.support.traffic import Request

BOUNDS = (*map(str, BUCKETS), "+Inf")
KNOWN = ("0.1", "0.3", "0.5", "0.7", "1.0", "2.0", "5.0", "10.0", "+Inf")  # bounds of request_duration_seconds
FLASK = 'job="flask_app",instance="flask_app:8000"'
SHIPPER = 'job="logshipper",instance="flask_app:9273"'
FILE = f'{SHIPPER},file="/var/log/uwsgi.log",output="influxdb"'
WRITE_BOUNDS = ("0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1.0", "+Inf")
WRITE_SHARES = (0.1, 0.4, 0.75, 0.9, 0.96, 0.98, 0.99, 1.0, 1.0)
KINDS = {
    "request_count": "counter",
    "error_count": "counter",
    "response_code_count": "counter",
    "request_processing_seconds": "summary",
    "request_duration_seconds": "histogram",
    "flask_http_requests": "counter",
    "flask_http_request_duration_seconds": "histogram",
    "current_users": "gauge",
    "up": "gauge",
    "logshipper_lines_read": "counter",
    "logshipper_points_written": "counter",
    "logshipper_lines_rejected": "counter",
    "logshipper_lines_not_request": "counter",
    "logshipper_retries": "counter",
    "logshipper_lines_in_flight": "gauge",
    "logshipper_lag_bytes": "gauge",
    "logshipper_lag_messages": "gauge",
    "logshipper_lag_seconds": "gauge",
    "logshipper_account_difference": "gauge",
    "logshipper_tag_values": "gauge",
    "logshipper_tag_values_limit": "gauge",
    "logshipper_write_duration_seconds": "histogram",
}
USERS, LAG, TAG_LIMIT = 27, 0.4, 10_000
Sample = tuple[str, str, str, float]  # family, suffix, labels, value


def moments(traffic: Traffic) -> Iterator[int]:
    """Yield the seconds of the scrapes; a gauge that is five minutes old is gone for Prometheus."""
    second = traffic.start
    while second <= traffic.end:
        yield second
        left = traffic.end - second
        second += 15 if left <= HOUR else 30 if left <= 7 * HOUR else 60 if left <= DAY + HOUR else 240


def metrics(traffic: Traffic) -> Iterator[str]:
    """Yield the lines; the samples of one metric stand together, as the format wants it."""
    found: dict[str, list[str]] = {family: [] for family in KINDS}
    seen = Seen()
    position = 0
    for moment in moments(traffic):
        while position < len(traffic.times) and traffic.times[position] <= moment:
            seen.add(traffic.requests[position])
            position += 1
        rare = traffic.end - moment > DAY + HOUR and (moment - traffic.start) % (4 * 240)
        for family, suffix, labels, value in (*seen.samples(), *shipper(position, moment, traffic)):
            if not rare or KINDS[family] == "gauge":
                found[family].append(f"{family}{suffix}{{{labels}}} {value} {moment}")
    for family, lines in found.items():
        yield f"# TYPE {family} {KINDS[family]}"
        yield from lines
    yield "# EOF"


@dataclass
class Seen:
    """The application's counters."""

    classes: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    codes: Counter[int] = field(default_factory=Counter)
    buckets: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    seconds: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, request: Request) -> None:
        """Count one request."""
        route = request.tags["route"], request.tags["method"]
        self.classes[(*route, request.tags["status_class"])] += 1
        self.codes[request.status] += 1
        counts = self.buckets.setdefault(route, [0] * len(BOUNDS))
        counts[bisect_left(BUCKETS, request.time / 1000)] += 1
        self.seconds[route] += request.time  # ms

    def samples(self) -> Iterator[Sample]:
        """Yield what a scrape answers now."""
        everything = [0] * len(BOUNDS)
        for (route, method), counts in self.buckets.items():
            labels = f'{FLASK},route="{route}",method="{method}"'
            sums = cumulative(counts)
            everything = [one + more for one, more in zip(everything, sums, strict=True)]
            yield from histogram(
                "flask_http_request_duration_seconds",
                labels,
                dict(zip(BOUNDS, sums, strict=True)),
                self.seconds[route, method],
            )
        spent = sum(self.seconds.values())
        known = {bound: count for bound, count in zip(BOUNDS, everything, strict=True) if bound in KNOWN}
        yield from histogram("request_duration_seconds", FLASK, known, spent)
        yield from histogram("request_processing_seconds", FLASK, {"+Inf": everything[-1]}, spent, buckets=False)
        for (route, method, kind), count in self.classes.items():
            yield (
                "flask_http_requests",
                "_total",
                f'{FLASK},route="{route}",method="{method}",status_class="{kind}"',
                count,
            )
        for code, count in self.codes.items():
            yield "response_code_count", "_total", f'{FLASK},status_code="{code}"', count
        yield "request_count", "_total", FLASK, everything[-1]
        yield "error_count", "_total", FLASK, sum(count for code, count in self.codes.items() if code >= 500)
        yield "current_users", "", FLASK, USERS
        yield "up", "", FLASK, 1


def cumulative(counts: list[int]) -> list[int]:
    """Return how many requests each bucket and those below it hold."""
    total = 0
    return [total := total + count for count in counts]


def histogram(
    name: str, labels: str, counts: dict[str, int], milliseconds: float, *, buckets: bool = True
) -> Iterator[Sample]:
    """Yield a histogram's samples, or those of a summary without quantiles."""
    for bound, count in counts.items() if buckets else ():
        yield name, "_bucket", f'{labels},le="{bound}"', count
    yield name, "_count", labels, counts["+Inf"]
    yield name, "_sum", labels, milliseconds / 1000


def rejected(written: int) -> int:
    """Return how many lines were rejected when this many points were written."""
    return written // 40_000


def retries(written: int) -> int:
    """Return how many writes were repeated by then."""
    return written // 60_000


def shipper(written: int, moment: int, traffic: Traffic) -> Iterator[Sample]:
    """Yield what the shipper answers when this many requests have come."""
    other = written // 50
    bad = rejected(written)
    left = traffic.end - moment
    behind = 45.0 if OUTAGE[1] - 120 < left <= OUTAGE[1] else LAG  # it catches up after the outage
    yield "logshipper_lines_read", "_total", FILE, written + other + bad
    yield "logshipper_points_written", "_total", FILE, written
    yield "logshipper_lines_rejected", "_total", f'{FILE},reason="no match"', bad
    yield "logshipper_lines_not_request", "_total", f'{FILE},kind="app_output"', other
    yield "logshipper_retries", "_total", f'{SHIPPER},output="influxdb",reason="unreachable"', retries(written)
    yield "logshipper_lines_in_flight", "", FILE, 12 if behind > 1 else 0
    yield "logshipper_lag_bytes", "", FILE, 4_800 if behind > 1 else 0
    yield "logshipper_lag_messages", "", FILE, 3 if behind > 1 else 0
    yield "logshipper_lag_seconds", "", FILE, behind
    yield "logshipper_account_difference", "", FILE, 0
    for tag, values in (("uri", 29), ("method", 2), ("route", 6)):
        yield "logshipper_tag_values", "", f'{FILE},tag="{tag}"', values
    yield "logshipper_tag_values_limit", "", SHIPPER, TAG_LIMIT
    writes = written // 20
    counts = {bound: round(writes * share) for bound, share in zip(WRITE_BOUNDS, WRITE_SHARES, strict=True)}
    yield from histogram("logshipper_write_duration_seconds", f'{SHIPPER},output="influxdb"', counts, writes * 20)
    yield "up", "", SHIPPER, 1
