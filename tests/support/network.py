"""Free ports, connections and HTTP requests."""

import random
import socket
import urllib.error
import urllib.request

from tests.support.waiting import DEADLINE

# Ports below those that the kernel hands out (ip_local_port_range), so that no outgoing connection takes one of ours
# between the choice and the server's bind, or between a server's end and its next start.
PORTS = range(10_000, 32_000)
_reserved: list[socket.socket] = []


def free_port() -> int:
    """Return a free TCP port of 127.0.0.1 that no other test process will be given.

    An abstract Unix socket named after its number reserves it; the kernel frees the socket when this process ends.
    """
    for port in random.SystemRandom().sample(PORTS, len(PORTS)):
        mark = socket.socket(socket.AF_UNIX)
        try:
            mark.bind(f"\0flaskfana-test-port-{port}")
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
        except OSError:
            mark.close()
            continue
        _reserved.append(mark)
        return port
    raise AssertionError("no free port")


def connects(port: int) -> bool:
    """Return whether something accepts connections on the port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def fetch(url: str, data: bytes | None = None, timeout: float = DEADLINE) -> tuple[int, bytes]:
    """GET (or POST `data` to) the URL; return status and body, even of an HTTP error."""
    try:
        with urllib.request.urlopen(url, data=data, timeout=timeout) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()
