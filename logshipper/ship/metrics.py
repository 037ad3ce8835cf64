"""The shipper's own metrics for Prometheus, and its health, over HTTP: `/metrics`, `/healthz` and `/livez`.

`/healthz` says what is wrong, `/livez` only whether the loop answers: a restart helps against nothing else.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from logshipper import __version__
from logshipper.errors import UserError
from logshipper.printable import printable
from logshipper.ship.status import PipelineState, Status, StatusExchange
from logshipper.ship.write_stats import BUCKETS

log = logging.getLogger(__name__)

PATIENCE = 2.0  # seconds that the loop may take to answer
CLOSES_WITHIN = 0.1  # seconds that closing the server may add to a stop
PREFIX = "logshipper_"


class StatusCollector(Collector):
    """Takes a fresh status at each scrape; between scrapes nothing is counted for Prometheus."""

    def __init__(self, exchange: StatusExchange) -> None:
        self.exchange = exchange

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics; only `up` and `build_info` if the loop does not answer."""
        status = self.exchange.request(PATIENCE)
        yield GaugeMetricFamily(PREFIX + "up", "1 while the shipper's loop answers, else 0.", value=bool(status))
        build = GaugeMetricFamily(PREFIX + "build_info", "The version that runs.", labels=["version"])
        build.add_metric([__version__], 1)
        yield build
        if status:
            yield from _files(status)
            yield from _outputs(status.pipelines)


def _counter(name: str, text: str, labels: list[str], samples: Iterable[tuple[list[str], float]]) -> Metric:
    family = CounterMetricFamily(PREFIX + name, text, labels=labels)
    for values, sample in samples:
        family.add_metric(values, sample)
    return family


def _gauge(name: str, text: str, labels: list[str], samples: Iterable[tuple[list[str], float]]) -> Metric:
    family = GaugeMetricFamily(PREFIX + name, text, labels=labels)
    for values, sample in samples:
        family.add_metric(values, sample)
    return family


def _files(status: Status) -> Iterator[Metric]:
    rows = [([file.path, pipeline.name], file) for pipeline in status.pipelines for file in pipeline.files]
    by_file = ["file", "output"]
    accounts = [(labels, file.account) for labels, file in rows]
    yield _counter("lines_read", "Lines read.", by_file, ((k, a.read) for k, a in accounts))
    yield _counter("points_written", "Lines acknowledged as points.", by_file, ((k, a.written) for k, a in accounts))
    yield _counter(
        "lines_rejected", "Lines kept in quarantine, by reason.", [*by_file, "reason"],
        (([*k, reason], count) for k, a in accounts for reason, count in a.rejected.items()),
    )  # fmt: skip
    yield _counter(
        "lines_not_request", "Lines that are not requests, by kind.", [*by_file, "kind"],
        (([*k, kind], count) for k, a in accounts for kind, count in a.not_request.items()),
    )  # fmt: skip
    yield _gauge("lines_in_flight", "Lines read and not yet settled.", by_file, ((k, a.in_flight) for k, a in accounts))
    yield _counter("bytes_read", "Bytes read.", by_file, ((k, a.bytes_read) for k, a in accounts))
    yield _counter("bytes_lost", "Bytes truncated before being read.", by_file, ((k, f.lost_bytes) for k, f in rows))
    yield _gauge(
        "lag_bytes",
        "Bytes in the file that are not acknowledged yet.",
        by_file,
        ((k, f.lag_bytes) for k, f in rows),
    )
    yield _gauge(
        "lag_seconds",
        "Age of the oldest line not acknowledged.",
        by_file,
        ((k, f.lag_seconds) for k, f in rows),
    )
    if behind := [(k, f.lag_messages) for k, f in rows if f.lag_messages is not None]:
        yield _gauge("lag_messages", "Messages of a partition that are not acknowledged.", by_file, behind)
    yield _gauge(
        "account_difference", "Lines read that are unaccounted for: always 0.", by_file,
        ((k, a.difference) for k, a in accounts),
    )  # fmt: skip
    yield _gauge(
        "tag_values", "Distinct values of a tag.", [*by_file, "tag"],
        (([*k, tag], count) for k, f in rows for tag, count in f.tag_values.items()),
    )  # fmt: skip
    yield _gauge(
        "tag_values_limit", "The most distinct values that a tag may have.", [], [([], status.most_tag_values)]
    )


def _outputs(pipelines: Iterable[PipelineState]) -> Iterator[Metric]:
    pipelines = list(pipelines)
    yield _counter("batches", "Writes answered.", ["output"], (([x.name], x.output.batches) for x in pipelines))
    yield _counter(
        "retries", "Writes that failed and are retried, by reason.", ["output", "reason"],
        (([x.name, reason], count) for x in pipelines for reason, count in x.output.retries.items()),
    )  # fmt: skip
    yield _gauge(
        "writers", "Writes that may be in flight at once.", ["output"], (([x.name], x.writers) for x in pipelines)
    )
    yield _gauge("batch_points", "Points that a write may hold.", ["output"], (([x.name], x.batch) for x in pipelines))
    family = HistogramMetricFamily(PREFIX + "write_duration_seconds", "How long writes took.", labels=["output"])
    for pipeline in pipelines:
        family.add_metric([pipeline.name], _buckets(pipeline.output.durations), sum_value=pipeline.output.seconds)
    yield family


def _buckets(durations: tuple[int, ...]) -> list[tuple[str, float]]:
    """Return the cumulative buckets that Prometheus wants."""
    total, buckets = 0, []
    for bound, count in zip([*map(str, BUCKETS), "+Inf"], durations, strict=True):
        total += count
        buckets.append((bound, float(total)))
    return buckets


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _QuietHandler(WSGIRequestHandler):
    # Free the thread of a client that sends nothing.
    timeout = 10

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        log.debug(format, *args)


def start(address: str, exchange: StatusExchange, *, optional: bool) -> Callable[[], None]:
    """Serve as `serve` does, nothing without an address; if `optional`, an address in use is only a warning."""
    if not address:
        return lambda: None
    try:
        return serve(address, exchange)
    except UserError as error:
        if not optional:
            raise
        # The default port was not asked for, and a second shipper here is fine; after a reload, shipping goes on.
        log.warning("%s", error)
        return lambda: None


def serve(address: str, exchange: StatusExchange) -> Callable[[], None]:
    """Serve metrics and health at `HOST:PORT`, IPv6 as `[::1]:9273`; return the function that stops the server.

    Raises UserError if the address cannot be used.
    """
    host, port = split_address(address)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(StatusCollector(exchange))
    try:
        server = make_server(host, port, _application(registry, exchange), _Server, _QuietHandler)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        fix = 'set metrics_address in [logshipper] to a free one, or to "" for no metrics'
        raise UserError(f"cannot serve metrics at {address}: {reason}", fix=fix) from error
    threading.Thread(target=server.serve_forever, args=(CLOSES_WITHIN,), daemon=True, name="metrics").start()

    def stop() -> None:
        server.shutdown()
        server.server_close()  # at once: a request that is still being answered must not keep the port

    return stop


def split_address(address: str) -> tuple[str, int]:
    """Return host and port. Raises UserError for anything but HOST:PORT."""
    host, _, port = address.rpartition(":")
    if not host or not port.isascii() or not port.isdigit():
        raise UserError(f"metrics_address {address!r} is not HOST:PORT", fix='write "127.0.0.1:9273"')
    return host.strip("[]"), int(port)


def _health(exchange: StatusExchange, alive_is_enough: bool) -> tuple[str, bytes]:
    """Return status and text: 503 with what is wrong, else ok."""
    found = exchange.request(PATIENCE)
    problems = [text for pipeline in found.pipelines for text in pipeline.problems] if found else ["the loop is stuck"]
    if not problems or (found and alive_is_enough):
        return "200 OK", b"ok\n"
    return "503 Service Unavailable", "".join(f"{printable(text)}\n" for text in problems).encode("utf-8", "replace")


def _application(registry: CollectorRegistry, exchange: StatusExchange) -> Callable[..., Iterable[bytes]]:
    metrics = make_wsgi_app(registry)

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/metrics":
            answer: Iterable[bytes] = metrics(environ, start_response)
            return answer
        if environ["PATH_INFO"] in ("/healthz", "/livez"):
            status, text = _health(exchange, environ["PATH_INFO"] == "/livez")
        else:
            status, text = "404 Not Found", b"see /metrics, /healthz and /livez\n"
        start_response(status, [("Content-Type", "text/plain; charset=utf-8")])
        return [text]

    return application
