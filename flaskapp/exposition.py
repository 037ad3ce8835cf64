"""The metrics as Prometheus scrapes them, with well-known names, computed from the observed requests."""

import os
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint, Response, request
from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
    SummaryMetricFamily,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from prometheus_client.samples import Exemplar

from flaskapp import counters, exemplars, workers
from flaskapp.metrics import COUNTERS, EXEMPLARS, METRICS_PATH

pages = Blueprint("metrics", __name__)

USERS_CHANGE = 5  # seconds for which the simulated number of users stays


@pages.get(METRICS_PATH)
def show() -> Response:
    """Answer a scrape, in OpenMetrics where that is asked for."""
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return Response(encode(registry()), content_type=content_type)


def registry() -> CollectorRegistry:
    """Return a registry that collects everything at each scrape."""
    made = CollectorRegistry(auto_describe=False)
    made.register(Requests())
    return made


KNOWN_BOUNDS = ("0.1", "0.3", "0.5", "0.7", "1.0", "2.0", "5.0", "10.0", "+Inf")


@dataclass(frozen=True)
class Observed:
    """The requests of one method, route and status: how many in each bucket and below, and their seconds."""

    method: str
    route: str
    status: str
    counts: Sequence[float]  # cumulative, one for each of counters.BOUNDS
    seconds: float


class Requests(Collector):
    """All metrics: those derived from the observed requests, and whatever else the app has registered."""

    def collect(self) -> Iterator[Metric]:
        """Yield the metric families of this moment."""
        if workers.several():
            folder = Path(os.environ[workers.DIRECTORY])
            observed, others = read_files(folder)
            traced = exemplars.read_files(folder)
        else:
            observed = [Observed(*key, counts, seconds) for key, counts, seconds in COUNTERS.read()]
            others = list(REGISTRY.collect())
            traced = dict(EXEMPLARS.latest)
        yield from others
        yield from known_names(observed)
        yield from by_route(observed, traced)
        yield GaugeMetricFamily("current_users", "Users at this moment (simulated).", current_users(time.time()))


def read_files(folder: Path) -> tuple[list[Observed], list[Metric]]:
    """Return what all workers have observed, summed once, and the other metrics in their files.

    An empty file belongs to a worker that is creating it: it has no numbers yet.
    """
    files = [str(file) for file in folder.glob("*.db") if file.stat().st_size]
    merged = list(MultiProcessCollector.merge(files))  # type: ignore[no-untyped-call]
    observed = [each for metric in merged if metric.name == counters.NAME for each in read_samples(metric)]
    return observed, [metric for metric in merged if metric.name != counters.NAME]


def read_samples(metric: Metric) -> Iterator[Observed]:
    """Yield the observed requests that the histogram's samples hold."""
    counts: dict[counters.Key, dict[str, float]] = {}
    seconds: dict[counters.Key, float] = {}
    for sample in metric.samples:
        method, route, status = (sample.labels[label] for label in counters.LABELS)
        key = method, route, status
        if sample.name.endswith("_bucket"):
            counts.setdefault(key, {})[sample.labels["le"]] = sample.value
        elif sample.name.endswith("_sum"):
            seconds[key] = sample.value
    for key, found in counts.items():
        # A worker killed while it made the counter has left the first buckets alone, all 0.
        full = [found.get(bound, 0.0) for bound in counters.BOUNDS]
        yield Observed(*key, full, seconds.get(key, 0.0))


def known_names(observed: Sequence[Observed]) -> Iterator[Metric]:
    """Yield the metrics of all requests together; they are there, with 0, before the first one."""
    counts, seconds = total(observed)
    errors = [each for each in observed if each.status >= "500"]
    yield SummaryMetricFamily(
        "request_processing_seconds", "Time spent on requests.", count_value=int(counts[-1]), sum_value=seconds
    )
    yield CounterMetricFamily("request_count", "Requests.", counts[-1])
    yield HistogramMetricFamily(
        "request_duration_seconds", "Time spent on requests.", buckets=known_buckets(counts), sum_value=seconds
    )
    yield CounterMetricFamily("error_count", "Requests answered with a status of 500 or more.", total(errors)[0][-1])
    codes = CounterMetricFamily("response_code_count", "Requests by status code.", labels=["status_code"])
    for status, those in grouped(observed, lambda each: (each.status,)):
        codes.add_metric(status, total(those)[0][-1])
    yield codes


def by_route(observed: Sequence[Observed], traced: Mapping[exemplars.BucketKey, Exemplar]) -> Iterator[Metric]:
    """Yield the metrics by method and route, with the newest exemplar of each sample (seen in OpenMetrics)."""
    counter = CounterMetricFamily("flask_http_requests", "Requests.", labels=["method", "route", "status_class"])
    for key, those in grouped(observed, lambda each: (each.method, each.route, f"{each.status[0]}xx")):
        trace = newest_of(those, counters.BOUNDS, traced)
        one = None if trace is None else trace._replace(value=1.0)  # what a counter's exemplar added to it
        counter.add_metric(key, total(those)[0][-1], exemplar=one)
    yield counter
    histogram = HistogramMetricFamily(
        "flask_http_request_duration_seconds", "Time spent on requests.", labels=["method", "route"]
    )
    for key, those in grouped(observed, lambda each: (each.method, each.route)):
        counts, seconds = total(those)
        traces = {bound: newest_of(those, [bound], traced) for bound in counters.BOUNDS}
        with_traces = [
            (bound, count) if (trace := traces[bound]) is None else (bound, count, trace)
            for bound, count in buckets(counts)
        ]
        histogram.add_metric(key, with_traces, seconds)
    yield histogram


def newest_of(
    observed: Sequence[Observed], bounds: Sequence[str], traced: Mapping[exemplars.BucketKey, Exemplar]
) -> Exemplar | None:
    """Return the newest exemplar of these requests in buckets with these bounds."""
    keys = ((each.method, each.route, each.status, bound) for each in observed for bound in bounds)
    return exemplars.newest(traced[bucket_key] for bucket_key in keys if bucket_key in traced)


def total(observed: Sequence[Observed]) -> tuple[list[float], float]:
    """Return the counts of all buckets and the seconds, summed."""
    columns = zip(*(each.counts for each in observed), strict=True)
    counts = [sum(column) for column in columns] or [0.0] * len(counters.BOUNDS)
    return counts, sum(each.seconds for each in observed)


def buckets(counts: Sequence[float]) -> list[tuple[str, float]]:
    """Return the counts with their upper bounds, as prometheus_client takes them."""
    return list(zip(counters.BOUNDS, counts, strict=True))


def known_buckets(counts: Sequence[float]) -> list[tuple[str, float]]:
    """Return those of the metric request_duration_seconds, which has always had these nine."""
    return [(bound, count) for bound, count in buckets(counts) if bound in KNOWN_BOUNDS]


def grouped(
    observed: Sequence[Observed], key: Callable[[Observed], tuple[str, ...]]
) -> list[tuple[tuple[str, ...], list[Observed]]]:
    """Return the observed requests by key, in the order of the keys."""
    groups: dict[tuple[str, ...], list[Observed]] = {}
    for each in observed:
        groups.setdefault(key(each), []).append(each)
    return sorted(groups.items())


def current_users(now: float) -> int:
    """Return the simulated number of users, 10 to 50, at a time in seconds since 1970.

    It follows from the clock alone. So all workers say the same without talking to each other, and no
    worker that dies leaves a number behind.
    """
    return random.Random(int(now // USERS_CHANGE)).randint(10, 50)  # noqa: S311 - a simulation
