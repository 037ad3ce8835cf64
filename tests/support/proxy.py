"""A proxy between shipper and database that does what networks and servers do on bad days."""

import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.support.network import free_port

Mode = Callable[["Exchange"], None]


class Proxy:
    """Listens on a free port; `mode` decides what happens to each request."""

    def __init__(self, upstream: int) -> None:
        self.upstream, self.port = upstream, free_port()
        self._mode: Mode = forward
        self._changed = threading.Condition()
        self.requests = 0
        self.times: list[float] = []
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=64)
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def mode(self) -> Mode:
        """What happens to requests."""
        return self._mode

    @mode.setter
    def mode(self, mode: Mode) -> None:
        with self._changed:
            self._mode = mode
            self._changed.notify_all()

    def hold(self, mode: Mode, seconds: float | None = None) -> bool:
        """Wait until the mode is no longer `mode`, at most `seconds`; return whether it has changed."""
        with self._changed:
            return self._changed.wait_for(lambda: self._mode is not mode, seconds)

    def _listen(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            with client:
                while Exchange(self, client).run():
                    pass
        except OSError:
            pass  # one side has gone away, which is the point of this proxy

    def close(self) -> None:
        """Stop listening."""
        self._listener.close()


@dataclass
class Exchange:
    """One request on its way through the proxy."""

    proxy: Proxy
    client: socket.socket
    head: bytes = b""
    body: bytes = b""
    closed: bool = False
    length: int = field(default=0)

    def run(self) -> bool:
        """Handle one request; return whether another may follow on the connection."""
        while b"\r\n\r\n" not in self.head:
            part = self.client.recv(65536)
            if not part:
                return False
            self.head += part
        self.head, _, self.body = self.head.partition(b"\r\n\r\n")
        for header in self.head.lower().split(b"\r\n"):
            if header.startswith(b"content-length:"):
                self.length = int(header.split(b":")[1])
        self.proxy.requests += 1
        self.proxy.times.append(time.monotonic())
        self.proxy.mode(self)
        return not self.closed

    def read_body(self) -> None:
        """Read the request to its end."""
        while len(self.body) < self.length:
            part = self.client.recv(min(65536, self.length - len(self.body)))
            if not part:
                raise ConnectionError
            self.body += part

    def ask(self) -> bytes:
        """Forward the request to the database and return its response."""
        self.read_body()
        with socket.create_connection(("127.0.0.1", self.proxy.upstream), timeout=30) as server:
            lines = [part for part in self.head.split(b"\r\n") if not part.lower().startswith(b"connection:")]
            server.sendall(b"\r\n".join([*lines, b"Connection: close"]) + b"\r\n\r\n" + self.body)
            answer = b""
            while part := server.recv(65536):
                answer += part
        return answer

    def drop(self, *, reset: bool = False) -> None:
        """Close the connection."""
        if reset:
            self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.client.close()
        self.closed = True


def forward(exchange: Exchange) -> None:
    """Forward the request and its response unchanged."""
    exchange.client.sendall(exchange.ask())
    exchange.drop()


def swallow(exchange: Exchange) -> None:
    """Deliver the request and drop the response."""
    exchange.ask()
    exchange.drop(reset=True)


def reset_in_body(exchange: Exchange) -> None:
    """Reset the connection after half the body."""
    while len(exchange.body) < exchange.length // 2:
        exchange.body += exchange.client.recv(4096)
    exchange.drop(reset=True)


def refuse(exchange: Exchange) -> None:
    """Reset the connection without a response."""
    exchange.drop(reset=True)


def black_hole(exchange: Exchange) -> None:
    """Neither read nor respond."""
    exchange.proxy.hold(exchange.proxy.mode)
    exchange.drop(reset=True)


def half_open(exchange: Exchange) -> None:
    """Read the request and never respond."""
    exchange.read_body()
    black_hole(exchange)


def trickle(exchange: Exchange) -> None:
    """Deliver the request and send the response one byte a second while this mode lasts."""
    answer, until = exchange.ask(), exchange.proxy.mode
    for place in range(len(answer)):
        exchange.client.sendall(answer[place : place + 1])
        exchange.proxy.hold(until, 1)
    exchange.drop()


def answer(status: int, headers: str = "", body: str = '{"error":"made up"}') -> Mode:
    """Respond to each write without asking the database."""

    def mode(exchange: Exchange) -> None:
        exchange.read_body()
        more = f"{headers}\r\n" if headers else ""
        text = f"HTTP/1.1 {status} Made Up\r\nContent-Length: {len(body)}\r\n{more}\r\n{body}"
        exchange.client.sendall(text.encode())

    return mode


def one_a_second(rate: float = 1.0) -> Mode:
    """Let at most `rate` requests per second through."""
    lock = threading.Lock()
    last = [0.0]

    def mode(exchange: Exchange) -> None:
        exchange.read_body()
        with lock:
            exchange.proxy.hold(mode, max(0.0, last[0] + 1 / rate - time.monotonic()))
            last[0] = time.monotonic()
        forward(exchange)

    return mode
