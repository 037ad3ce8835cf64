"""Count and time every request, cheaply and once, also with several worker processes.

A request is counted once, by its method, route and status; `flaskapp.exposition` makes the well-known metrics out of
these counters for each scrape. So a request costs one observation whatever the number of metrics, and no two of them
can disagree: a killed worker cannot have counted a request in one metric and not in another.

The two hooks are methods that Flask calls anyway. Each function more around a request (before_request,
after_request, a wrapped wsgi_app) would cost as much again as the counting.
"""

import sys
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask, Request, Response, current_app
from werkzeug.exceptions import MethodNotAllowed

from flaskapp import workers
from flaskapp.counters import BOUNDS, Counters, Key, RequestCounter
from flaskapp.exemplars import Exemplars

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

NO_ROUTE = "(none)"  # the path matches no route: one value, however many paths are tried
OTHER_METHOD = "(other)"
METHODS = {"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"}
METRICS_PATH = "/metrics"
START = "flaskapp.start"  # in the environ: when the request came, and that it is not counted yet
TRACE = "HTTP_TRACEPARENT"

now = time.perf_counter
workers.name_files_by_worker()
COUNTERS = Counters()  # one for the process, like its files
EXEMPLARS = Exemplars()
NOWHERE = RequestCounter([0.0] * (len(BOUNDS) + 1), list(range(len(BOUNDS) + 1)))  # for requests that do not count
KNOWN: dict[
    tuple[str, str | None, str], RequestCounter
] = {}  # method, rule, status: the counters of the app's own routes


class MeasuredResponse(Response):
    """An answer that is counted when it begins, before its body goes out: who has it finds it counted."""

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer, as any response does, and observe the time since the request came."""
        body, status, headers = self.get_wsgi_response(environ)
        start = environ.pop(START, None)
        if start is not None:
            rule = environ["werkzeug.request"].url_rule
            key = environ["REQUEST_METHOD"], rule and rule.rule, status[:3]
            counter = KNOWN.get(key) or find_counter(environ, status[:3])
            seconds = now() - start
            if seconds <= counter.quick:  # written out: a call would cost half as much again as all the rest
                counter.numbers[counter.sum_index] += seconds
                counter.numbers[counter.first_bucket] += 1.0
            else:
                counter.observe(seconds)
            if TRACE in environ and counter is not NOWHERE:
                EXEMPLARS.keep(key_of(environ, status[:3]), seconds, environ[TRACE])
        start_response(status, headers)
        return body


class MeasuredFlask(Flask):
    """A Flask application whose requests are counted, except those for the metrics themselves."""

    response_class = MeasuredResponse

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Handle a request; an exception that nobody turned into an answer counts as 500."""
        environ[START] = now()
        try:
            return self.wsgi_app(environ, start_response)
        except BaseException:
            start = environ.pop(START, None)
            if start is not None:
                find_counter(environ, "500").observe(now() - start)
            raise


def find_counter(environ: "WSGIEnvironment", status: str) -> RequestCounter:
    """Return the counter of a request, and keep it for the next on the same route.

    None is kept for a path or a method that a client has made up: what is kept is bounded by the routes.
    """
    if environ["PATH_INFO"] == METRICS_PATH:
        counter = NOWHERE
    else:
        try:
            counter = COUNTERS.get(key_of(environ, status), threads=environ["wsgi.multithread"])
        except OSError as error:  # no room for the counters is no reason to fail the request
            print(f"metrics: a request is not counted: {error}", file=sys.stderr, flush=True)
            return NOWHERE
    request = environ.get("werkzeug.request")  # Flask's, until it has answered
    if request is not None and request.url_rule is not None:  # so the method is one of the route's
        KNOWN[environ["REQUEST_METHOD"], request.url_rule.rule, status] = counter
    return counter


def key_of(environ: "WSGIEnvironment", status: str) -> Key:
    """Return what the request is counted by."""
    method = environ["REQUEST_METHOD"]
    return method if method in METHODS else OTHER_METHOD, route(environ.get("werkzeug.request")), status


def route(request: Request | None) -> str:
    """Return the rule that the request's path matched, such as /api/obj/<int:id_num>, or (none).

    A path that exists, asked with a method that it does not have, is still that rule's.
    """
    if request is None:
        return NO_ROUTE
    rule = request.url_rule
    refused = request.routing_exception
    if rule is None and isinstance(refused, MethodNotAllowed) and refused.valid_methods:
        allowed = next(iter(refused.valid_methods))
        adapter = current_app.url_map.bind_to_environ(request.environ)
        rule, _ = adapter.match(None, allowed, return_rule=True)
    return NO_ROUTE if rule is None else str(rule.rule)
