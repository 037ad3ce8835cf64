"""Run real uWSGI with one configuration, send requests to it, and parse its log as the shipper does."""

import contextlib
import http.client
import socket
import struct
import subprocess
import sys
import sysconfig
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.line_protocol_reader import Point, points
from tests.support.needs import need
from tests.support.network import free_port
from tests.support.processes import Server
from tests.support.uwsgi import are_ready, uwsgi_workers
from tests.support.waiting import DEADLINE, wait_until

HERE = Path(__file__).resolve().parent
# pyuwsgi runs itself again to reload, outside of the virtual environment: it has to find its module there.
ENVIRONMENT = {"TZ": "UTC", "PYTHONPATH": sysconfig.get_path("platlib")}
USUAL = Counter(start=1, worker_spawn=1, stop=1)


@dataclass(frozen=True)
class Asked:
    """One request and the values expected in its row."""

    uri: str = "/plain"
    method: str = "GET"
    status: int = 200
    size: int = 5
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


DEFAULT = (
    Asked("/"),
    Asked("/a%20b?c=d&e=%22"),
    Asked("/caf%C3%A9", "HEAD"),
    Asked("/status/404", status=404),
    Asked("/status/503", "DELETE", status=503),
    Asked("/post", "POST", body=b"abc"),
)


@dataclass
class RealUwsgi:
    """A server with its own ini file; `socket_option` is where it listens."""

    folder: Path
    options: Sequence[str] = ()
    socket_option: str = "http-socket = 127.0.0.1:{port}"
    workers: int = 1
    log_name: str = "uwsgi.log"
    application: str = f"wsgi-file = {HERE / 'uwsgi_webapp.py'}"
    port: int = field(default_factory=free_port)
    server: Server | None = None

    @property
    def ini(self) -> Path:
        return self.folder / "uwsgi.ini"

    @property
    def log(self) -> Path:
        return self.folder / self.log_name

    def start(self) -> "RealUwsgi":
        lines = [
            "[uwsgi]",
            "master = true",
            "die-on-term = true",
            f"processes = {self.workers}",
            self.application,
            f"logto = {self.folder / 'uwsgi.log'}",
            self.socket_option.format(port=self.port, folder=self.folder),
            *(option.replace("{folder}", str(self.folder)) for option in self.options),
        ]
        self.ini.write_text("\n".join(lines) + "\n")
        command = [need("uwsgi", package="python3-pip; pip install pyuwsgi"), "--ini", str(self.ini)]
        self.server = Server(command, self.folder / "uwsgi.out", ENVIRONMENT).start()
        self.server.wait_ready(self.is_up)
        return self

    def is_up(self) -> bool:
        """Return whether the workers run: without connecting, which some of these logs would show."""
        workers = uwsgi_workers(self._main_log()).values()
        return len(workers) == self.workers and are_ready(workers)

    def _main_log(self) -> str:
        file = self.folder / "uwsgi.log"
        return file.read_text("latin-1") if file.exists() else ""

    def ask(self, asked: Asked, host: str = "127.0.0.1") -> None:
        """Send a request and read the response."""
        connection = http.client.HTTPConnection(host, self.port, timeout=DEADLINE)
        connection.request(asked.method, asked.uri, body=asked.body or None, headers=dict(asked.headers))
        answer = connection.getresponse()
        with contextlib.suppress(ConnectionResetError):  # uWSGI resets it if the application left the request's body
            answer.read()
        connection.close()
        assert answer.status == asked.status

    def stop(self) -> None:
        if self.server:
            with contextlib.suppress(ProcessLookupError):
                self.server.stop()

    def wait_for(self, text: str, count: int = 1) -> None:
        """Wait until the log contains the text at least `count` times."""
        wait_until(lambda: self._main_log().count(text) >= count, what=f"{text!r} in the log, {count} times")

    def wait_logged(self, *asked: Asked) -> None:
        """Wait until the log has the line of each request, since uWSGI writes it after the response."""
        for uri, count in Counter(one.uri for one in asked).items():
            wait_until(
                lambda uri=uri, count=count: self.log.read_text("latin-1").count(f"{uri}") >= count,  # type: ignore[misc]
                what=f"{count} requests for {uri[:50]} in the log",
            )


def ask_uwsgi(address: tuple[str, int], variables: Mapping[str, str | bytes]) -> None:
    """Send a request in uWSGI's own protocol, in which the client sets everything: user, address, protocol."""
    pairs = b""
    for name, value in variables.items():
        raw = value if isinstance(value, bytes) else value.encode()
        pairs += struct.pack("<H", len(name)) + name.encode() + struct.pack("<H", len(raw)) + raw
    with socket.create_connection(address, timeout=DEADLINE) as connection:
        connection.sendall(struct.pack("<BHB", 0, len(pairs), 0) + pairs)
        while connection.recv(65536):
            pass


def settings_for(folder: Path, ini: Path) -> Path:
    """Return the settings file that `logshipper pattern` prints."""
    command = [sys.executable, "-m", "logshipper", "pattern", "--config", str(ini)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    file = folder / "settings.toml"
    file.write_text(done.stdout + "\n[[outputs.file]]\n")
    return file


def parsed(log: Path, settings: Path | None = None) -> tuple[list[Point], list[Point], str]:
    """Return the requests, the events, and the account of a log."""
    config = ["--config", str(settings)] if settings else []
    command = [sys.executable, "-m", "logshipper", "parse", *config, "--timezone", "UTC", str(log)]
    done = subprocess.run(command, capture_output=True, check=False)
    found = list(points(done.stdout.decode("latin-1")))
    requests = [point for point in found if point.measurement == "uwsgi_log"]
    events = [point for point in found if point.measurement == "uwsgi_event"]
    assert len(requests) + len(events) == len(found), found
    return requests, events, done.stderr.decode()


def expected_row(asked: Asked) -> tuple[str, str, str, int, int]:
    path, _, query = asked.uri.partition("?")
    return asked.method, path, query, asked.status, asked.size


def row(point: Point) -> tuple[object, ...]:
    fields = point.fields
    return (
        point.tags.get("method", ""),
        point.tags.get("uri", ""),
        fields.get("query", ""),
        fields["status"],
        fields.get("resSize", 0),
    )


def kinds(events: Sequence[Point]) -> Counter[str]:
    return Counter(event.tags["kind"] for event in events)
