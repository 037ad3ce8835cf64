"""What Prometheus is told: the metrics with the well-known names, made out of the observed requests."""

import os
import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
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
from prometheus_client.utils import floatToGoString

from flaskapp import workers
from flaskapp.metrics import BUCKETS, METRICS_PATH, REQUESTS

pages = Blueprint("metrics", __name__)

USERS_CHANGE = 5  # seconds for which the simulated number of users stays


@pages.get(METRICS_PATH)
def show() -> Response:
    """Answer a scrape, in OpenMetrics where that is asked for."""
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return Response(encode(registry()), content_type=content_type)


def registry() -> CollectorRegistry:
    """Return a registry that collects everything anew each time it is asked."""
    made = CollectorRegistry(auto_describe=False)
    made.register(Requests())
    return made


@dataclass(frozen=True)
class Observed:
    """The requests of one method, route and status: how many in each bucket and below, and their seconds."""

    method: str
    route: str
    status: str
    counts: tuple[float, ...]  # cumulative, one for each bucket and the last for +Inf
    seconds: float


class Requests(Collector):
    """All metrics: those derived from the observed requests, and whatever else the app has registered."""

    def collect(self) -> Iterator[Metric]:
        """Yield the metric families of this moment."""
        observed: list[Observed] = []
        for metric in collected():
            if metric.name == REQUESTS._name:
                observed = read(metric)
            else:
                yield metric
        yield from known_names(observed)
        yield from by_route(observed)
        yield GaugeMetricFamily("current_users", "Users at this moment (simulated).", current_users(time.time()))


def collected() -> Iterable[Metric]:
    """Return the metrics as they were counted: of this process, or of all workers' files.

    A file that is still empty belongs to a worker that is creating it: it holds no value yet.
    """
    if not workers.several():
        return REGISTRY.collect()
    files = [str(file) for file in Path(os.environ[workers.DIRECTORY]).glob("*.db") if file.stat().st_size]
    merged: Iterable[Metric] = MultiProcessCollector.merge(files)  # type: ignore[no-untyped-call]
    return merged


def read(metric: Metric) -> list[Observed]:
    """Return the observed requests that the samples of the histogram tell of."""
    counts: dict[tuple[str, str, str], dict[str, float]] = {}
    seconds: dict[tuple[str, str, str], float] = {}
    for sample in metric.samples:
        labels = sample.labels
        key = labels["method"], labels["route"], labels["status"]
        if sample.name.endswith("_bucket"):
            counts.setdefault(key, {})[labels["le"]] = sample.value
        elif sample.name.endswith("_sum"):
            seconds[key] = sample.value
    bounds = [*map(floatToGoString, BUCKETS), "+Inf"]
    return [Observed(*key, tuple(found[le] for le in bounds), seconds[key]) for key, found in counts.items()]


def known_names(observed: Sequence[Observed]) -> Iterator[Metric]:
    """Yield the metrics of all requests together; they are there, with 0, before the first one."""
    counts, seconds = total(observed)
    errors = [each for each in observed if each.status >= "500"]
    yield SummaryMetricFamily(
        "request_processing_seconds", "Time spent on requests.", count_value=int(counts[-1]), sum_value=seconds
    )
    yield CounterMetricFamily("request_count", "Requests.", counts[-1])
    yield HistogramMetricFamily(
        "request_duration_seconds", "Time spent on requests.", buckets=buckets(counts), sum_value=seconds
    )
    yield CounterMetricFamily("error_count", "Requests answered with a status of 500 or more.", total(errors)[0][-1])
    codes = CounterMetricFamily("response_code_count", "Requests by status code.", labels=["status_code"])
    for status, those in grouped(observed, lambda each: (each.status,)):
        codes.add_metric(status, total(those)[0][-1])
    yield codes


def by_route(observed: Sequence[Observed]) -> Iterator[Metric]:
    """Yield the metrics by method and route."""
    counter = CounterMetricFamily("flask_http_requests", "Requests.", labels=["method", "route", "status_class"])
    for key, those in grouped(observed, lambda each: (each.method, each.route, f"{each.status[0]}xx")):
        counter.add_metric(key, total(those)[0][-1])
    yield counter
    histogram = HistogramMetricFamily(
        "flask_http_request_duration_seconds", "Time spent on requests.", labels=["method", "route"]
    )
    for key, those in grouped(observed, lambda each: (each.method, each.route)):
        counts, seconds = total(those)
        histogram.add_metric(key, buckets(counts), seconds)
    yield histogram


def total(observed: Sequence[Observed]) -> tuple[list[float], float]:
    """Return the counts of all buckets and the seconds, summed."""
    columns = zip(*(each.counts for each in observed), strict=True)
    counts = [sum(column) for column in columns] or [0.0] * (len(BUCKETS) + 1)
    return counts, sum(each.seconds for each in observed)


def buckets(counts: Sequence[float]) -> list[tuple[str, float]]:
    """Return the counts with their upper bounds, as prometheus_client takes them."""
    return list(zip([*map(floatToGoString, BUCKETS), "+Inf"], counts, strict=True))


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
