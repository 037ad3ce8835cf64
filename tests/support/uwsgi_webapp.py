"""The WSGI application of `test_uwsgi_configurations`: each path triggers one behaviour of uWSGI."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    path = environ["PATH_INFO"]
    status = path.rpartition("/")[2] if path.startswith("/status/") else "200"
    if path == "/print":
        print("printed by the application", flush=True)
    elif path == "/unended":
        sys.stderr.write("a line without an end ")
        sys.stderr.flush()
    elif path == "/raise":
        outer()
    elif path == "/chained":
        try:
            outer()
        except ValueError as error:
            raise LookupError("second") from error
    elif path.startswith("/sleep/"):
        time.sleep(float(path.rpartition("/")[2]))
    elif path.startswith("/wait-for/"):
        while not os.path.exists(path.removeprefix("/wait-for")):
            time.sleep(0.02)
    elif path == "/die":
        os.kill(os.getpid(), signal.SIGKILL)
    elif path == "/variable":
        import uwsgi  # type: ignore[import-untyped, import-not-found, unused-ignore] # there in uWSGI alone

        uwsgi.set_logvar("mine", "a value")
    elif path == "/large":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return (b"x" * 65536 for _ in range(1000))
    start_response(f"{status} Said", [("Content-Type", "text/plain")])
    return [b"hello"]


def outer() -> None:
    inner()


def inner() -> None:
    raise ValueError("on purpose")
