"""The metrics as Prometheus scrapes them, on the app's own address and on one of their own."""

import os
import random
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from flask import Blueprint, request
from prometheus_client import REGISTRY, CollectorRegistry, Metric, make_wsgi_app, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, SummaryMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample
from werkzeug import Response

from flaskapp import metrics, workers

ADDRESS = "METRICS_ADDRESS"
BOUNDS = ("0.1", "0.3", "0.5", "0.7", "1.0", "2.0", "5.0", "10.0", "+Inf")  # of request_duration_seconds
USERS_CHANGE = 5  # seconds for which the simulated number of users stays

pages = Blueprint("metrics", __name__)


@pages.get(metrics.PATH)
def show() -> Response:
    """Answer a scrape, in the format that is asked for."""
    return Response.from_app(make_wsgi_app(registry()), request.environ)


def serve() -> None:
    """Serve the metrics on METRICS_ADDRESS (host:port; empty: nowhere) for ever, in a process of its own: a uWSGI mule.

    It answers even while all workers are busy, which is when the metrics matter most.
    """
    address = os.environ.get(ADDRESS, "")
    host, _, port = address.rpartition(":")
    while address:
        try:
            _, thread = start_http_server(int(port), host.strip("[]") or "0.0.0.0", registry())  # noqa: S104 - asked for
            thread.join()
        except (OSError, OverflowError, ValueError) as error:
            text = f"metrics: not served on {ADDRESS}={address}: {error}; it must be a free host:port; trying again"
            print(text, file=sys.stderr, flush=True)
        time.sleep(5)
    while True:  # a mule that ends is started again at once
        time.sleep(3600)


def registry() -> CollectorRegistry:
    """Return a registry that collects everything at each scrape."""
    made = CollectorRegistry(auto_describe=False)
    made.register(Everything())
    return made


class Everything(Collector):
    """The metrics of all processes: whatever the app has registered, and those computed from the requests."""

    def collect(self) -> Iterator[Metric]:
        """Yield the metric families of this moment."""
        families = list(read_files() if workers.FOLDER in os.environ else REGISTRY.collect())
        yield from families
        yield from totals([s for family in families if family.name == metrics.NAME for s in family.samples])
        yield GaugeMetricFamily("current_users", "Users at this moment (simulated).", current_users(time.time()))


def read_files() -> Iterable[Metric]:
    """Return what all processes have counted. An empty file belongs to a worker that is just creating it."""
    files = [str(file) for file in Path(os.environ[workers.FOLDER]).glob("*.db") if file.stat().st_size]
    merged: Iterable[Metric] = MultiProcessCollector.merge(files)  # type: ignore[no-untyped-call]
    return merged


def totals(samples: Iterable[Sample]) -> Iterator[Metric]:
    """Yield the metrics that follow from the histogram; those without labels are there, with 0, from the start."""
    seconds = 0.0
    buckets: dict[str, float] = defaultdict(float)
    codes: dict[str, float] = defaultdict(float)
    requests: dict[tuple[str, str, str], float] = defaultdict(float)
    for sample in samples:
        if sample.name.endswith("_sum"):
            seconds += sample.value
        elif sample.name.endswith("_bucket"):
            buckets[sample.labels["le"]] += sample.value
        elif sample.name.endswith("_count"):
            method, route, code = (sample.labels[label] for label in metrics.LABELS)
            codes[code] += sample.value
            requests[method, route, f"{code[0]}xx"] += sample.value
    count = sum(codes.values())
    errors = sum(number for code, number in codes.items() if code >= "500")
    took = "Time spent on requests."
    yield SummaryMetricFamily("request_processing_seconds", took, count_value=int(count), sum_value=seconds)
    known = [(bound, buckets[bound]) for bound in BOUNDS]
    yield HistogramMetricFamily("request_duration_seconds", took, buckets=known, sum_value=seconds)
    yield CounterMetricFamily("request_count", "Requests.", count)
    yield CounterMetricFamily("error_count", "Requests answered with a status of 500 or more.", errors)
    by_code = CounterMetricFamily("response_code_count", "Requests by status code.", labels=["status_code"])
    for code, number in sorted(codes.items()):
        by_code.add_metric([code], number)
    yield by_code
    by_route = CounterMetricFamily("flask_http_requests", "Requests.", labels=["method", "route", "status_class"])
    for key, number in sorted(requests.items()):
        by_route.add_metric(key, number)
    yield by_route


def current_users(now: float) -> int:
    """Return the simulated number of users, 10 to 50, at a time in seconds since 1970.

    It follows from the clock alone. So all workers say the same, and none that dies leaves a number behind.
    """
    return random.Random(int(now // USERS_CHANGE)).randint(10, 50)  # noqa: S311 - a simulation
