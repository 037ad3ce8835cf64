"""Count and time every request with prometheus_client, in a WSGI middleware around the Flask application.

A request is one observation of one histogram; `flaskapp.exposition` computes the other metrics from it for each
scrape. So a request costs the same whatever the number of metrics, and no two of them can disagree. A middleware sees
every answer, and costs less than hooks before, after and at the end of a request.
"""

import logging
import time
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

from flask import Flask, Request, current_app
from prometheus_client import Histogram
from werkzeug.exceptions import MethodNotAllowed

from flaskapp import workers

if TYPE_CHECKING:
    from _typeshed import OptExcInfo
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

PATH = "/metrics"
NAME = "flask_http_request_duration_seconds"
LABELS = ("method", "route", "status_code")
METHODS = {"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"}
# Upper bounds in seconds: fine enough to tell 5 ms from 95 ms, and 5 s from 8 s.
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)

workers.name_files_by_worker()
REQUESTS = Histogram(NAME, "Time spent on requests.", LABELS, buckets=BUCKETS)
series = cache(REQUESTS.labels)  # a microsecond less for each request; as bounded as the labels
now = time.perf_counter
log = logging.getLogger(__name__)


def measure(app: Flask) -> None:
    """Count the app's requests when their answers begin: who has the answer finds it counted."""
    inner = app.wsgi_app

    def measured(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        start = now()
        begun = False

        def begin(status: str, headers: list[tuple[str, str]], exc_info: "OptExcInfo | None" = None) -> object:
            nonlocal begun
            begun = True
            count(environ, status[:3], now() - start)
            return start_response(status, headers, exc_info)

        try:
            return inner(environ, begin)  # type: ignore[arg-type]
        except BaseException:  # nobody turned it into an answer; the server answers 500
            if not begun:
                count(environ, "500", now() - start)
            raise

    app.wsgi_app = measured  # type: ignore[method-assign]


def count(environ: "WSGIEnvironment", status: str, seconds: float) -> None:
    """Count a request, except one for the metrics themselves."""
    if environ["PATH_INFO"] == PATH:
        return
    method = environ["REQUEST_METHOD"]
    try:
        counter = series(method if method in METHODS else "(other)", route(environ.get("werkzeug.request")), status)
        counter.observe(seconds)
    except OSError as error:  # its file cannot be made, which is no reason to fail the request
        log.error("metrics: a request is not counted: %s", error)


def route(request: Request | None) -> str:
    """Return the rule that the path matches, such as /api/obj/<int:id_num>, or (none), however many are tried.

    A path that exists, asked with a method that it does not have, is still that rule's.
    """
    if request is None:  # Flask has already ended it
        return "(none)"
    rule, refused = request.url_rule, request.routing_exception
    if rule is None and isinstance(refused, MethodNotAllowed) and refused.valid_methods:
        adapter = current_app.url_map.bind_to_environ(request.environ)
        rule, _ = adapter.match(method=next(iter(refused.valid_methods)), return_rule=True)
    return "(none)" if rule is None else rule.rule
