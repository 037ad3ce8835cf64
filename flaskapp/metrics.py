"""Count and time every request, cheaply and once, also with several worker processes.

One histogram holds all that is known of the requests, by method, route and status; `flaskapp.exposition` makes the
metrics with the well-known names out of it when somebody asks. So a request costs one observation whatever
the number of metrics, and no two of them can ever disagree. A worker killed between two of them cannot
have counted a request in one metric and not in the other.
"""

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask
from prometheus_client import Histogram
from werkzeug.exceptions import MethodNotAllowed

from flaskapp import workers

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

BUCKETS = (0.1, 0.3, 0.5, 0.7, 1.0, 2.0, 5.0, 10.0)  # seconds
NO_ROUTE = "(none)"  # the path matches no route: one value, however many paths are tried
OTHER_METHOD = "(other)"
METHODS = {
    name: name
    for name in ("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", OTHER_METHOD)
}
METRICS_PATH = "/metrics"

workers.name_files_by_worker()
REQUESTS = Histogram("flask_requests", "All requests.", ["method", "route", "status"], buckets=BUCKETS)


def measure(app: Flask) -> None:
    """Have every request to the app observed, except those for the metrics themselves.

    The time is from the request's arrival in the app until its answer is made, before the body goes out;
    so whoever has an answer finds it counted. An exception that nobody handles counts as 500.
    """
    handle = app.wsgi_app
    observers: dict[tuple[str, str, str], Callable[[float], None]] = {}

    def measured(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ["PATH_INFO"] == METRICS_PATH:
            return handle(environ, start_response)
        status = "500"

        def answer(line: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
            nonlocal status
            status = line[:3]
            return start_response(line, headers, exc_info)

        start = time.perf_counter()
        try:
            return handle(environ, answer)
        finally:
            seconds = time.perf_counter() - start
            key = METHODS.get(environ["REQUEST_METHOD"], OTHER_METHOD), route(app, environ), status
            observe = observers.get(key)
            if observe is None:
                observe = observers[key] = REQUESTS.labels(*key).observe
            observe(seconds)

    app.wsgi_app = measured  # type: ignore[method-assign]  # the way Flask's documentation wraps an app


def route(app: Flask, environ: "WSGIEnvironment") -> str:
    """Return the rule that the request's path matched, such as /api/obj/<int:id_num>, or (none).

    A path that exists, asked with a method that it does not have, is still that rule's.
    """
    request = environ.get("werkzeug.request")  # Flask's; missing where the app failed before it was made
    if request is None:
        return NO_ROUTE
    rule = request.url_rule
    refused = request.routing_exception
    if rule is None and isinstance(refused, MethodNotAllowed) and refused.valid_methods:
        allowed = next(iter(refused.valid_methods))
        rule, _ = app.url_map.bind_to_environ(environ).match(None, allowed, return_rule=True)
    return NO_ROUTE if rule is None else str(rule.rule)
