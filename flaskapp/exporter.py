"""The metrics on a separate address, served by a process that serves nothing else.

A scrape there is answered even while all workers are busy, which is when the metrics matter most, and it never appears
in the request log.
"""

import os
import sys
import time

from prometheus_client import start_http_server

from flaskapp.exposition import registry

ADDRESS = "METRICS_ADDRESS"
RETRY = 5.0  # seconds between two attempts to get the address


def serve() -> None:
    """Serve the metrics on METRICS_ADDRESS (host:port; empty: do nothing) for ever, in a uWSGI mule."""
    address = os.environ.get(ADDRESS, "")
    if not address:
        return wait_for_ever()
    try:
        host, port = parse(address)
    except ValueError as error:
        say(str(error))
        return wait_for_ever()
    while True:
        try:
            _, thread = start_http_server(port, host, registry())
        except OSError as error:
            say(f"{address}: {error.strerror}; the metrics are not served there, trying again")
            time.sleep(RETRY)
        else:
            thread.join()


def parse(address: str) -> tuple[str, int]:
    """Return host and port of host:port, [IPv6]:port or :port (all addresses); ValueError if it is none."""
    host, colon, port = address.rpartition(":")
    if not (colon and port.isdecimal() and 0 < int(port) < 65536):
        raise ValueError(f"{ADDRESS} is {address!r}; it must be host:port, such as 127.0.0.1:8000")
    return host.strip("[]") or "0.0.0.0", int(port)  # noqa: S104 - asked for


def say(text: str) -> None:
    """Write one line to the server's log."""
    print(f"metrics: {text}", file=sys.stderr, flush=True)


def wait_for_ever() -> None:
    """Sleep: a mule that ends is started again at once."""
    while True:
        time.sleep(3600)
