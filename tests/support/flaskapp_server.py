"""The application as it is deployed: real uWSGI with flaskapp/uwsgi.ini."""

import http.client
import re
import signal
import socket
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import cycle, islice
from os import kill
from pathlib import Path
from typing import Self

from tests.support.needs import need
from tests.support.network import fetch, free_port
from tests.support.processes import ROOT, Server
from tests.support.uwsgi import are_ready, uwsgi_workers
from tests.support.waiting import DEADLINE, wait_until

LINE = re.compile(r"\} \[[^\]]+\] (\w+) (\S+) => generated \d+ bytes in \d+ msecs \(HTTP/1\.[01] (\d+)\)")


@dataclass
class App:
    """uwsgi.ini on free ports, its RUN_DIR in `folder`; `env` adds to its environment."""

    folder: Path
    workers: int = 4
    env: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    metrics_port: int = field(default_factory=free_port)
    server: Server | None = None

    def start(self) -> Self:
        """Start it and wait until all workers run and the metrics are served, without making a request."""
        self.launch().wait_ready(self.is_up)
        return self

    def is_up(self) -> bool:
        """Return whether all workers of the last start run, and the metrics are served."""
        workers = uwsgi_workers(self.text())
        return len(workers) == self.workers and are_ready(workers.values()) and bool(self.scrape())

    def launch(self) -> Server:
        """Start it without waiting."""
        env = {
            "APP_PORT": str(self.port),
            "APP_WORKERS": str(self.workers),
            "METRICS_ADDRESS": f"127.0.0.1:{self.metrics_port}",
            "RUN_DIR": str(self.folder / "run"),
            "FLASKAPP_WAIT_SCALE": "0",
            "TZ": "UTC",
            **self.env,
        }
        self.folder.mkdir(exist_ok=True)
        command = [need("uwsgi", package="python3-pip; pip install pyuwsgi"), str(ROOT / "flaskapp" / "uwsgi.ini")]
        # Not from the project's folder: uwsgi.ini must find the application by itself.
        self.server = Server(command, self.folder / "uwsgi.out", env, cwd=self.folder).start()
        return self.server

    def refuses_to_start(self) -> bool:
        """Start it and return whether it ends with an error."""
        server = self.launch()
        assert server.process is not None
        try:
            return server.process.wait(DEADLINE) != 0
        finally:
            self.kill()

    def stop(self) -> int:
        """End it with SIGTERM and return its exit code."""
        return 0 if self.server is None else self.server.stop()

    def kill(self) -> None:
        """Send SIGKILL to all of its processes."""
        if self.server is not None:
            self.server.kill()

    @property
    def master(self) -> int:
        """The master's process id."""
        assert self.server is not None
        return self.server.pid

    @property
    def log(self) -> Path:
        """The request log."""
        return self.folder / "run" / "uwsgi.log"

    @property
    def counters(self) -> list[Path]:
        """The workers' counter files."""
        return sorted((self.folder / "run" / "prometheus").iterdir())

    def text(self) -> str:
        """The text of the log."""
        return self.log.read_text(errors="replace")

    def worker_pids(self) -> dict[int, int]:
        """Worker number -> process id, from the latest entries of the log."""
        return uwsgi_workers(self.text())

    def requests(self) -> list[tuple[str, str, int]]:
        """Method, uri and status of each request line."""
        return [(method, uri, int(status)) for method, uri, status in LINE.findall(self.text())]

    def get(self, paths: list[str], times: int, clients: int = 4) -> list[int]:
        """Send `times` requests from several clients, cycling through `paths`; return each status (0: no response)."""

        def ask(path: str) -> int:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE)
            try:
                connection.request("GET", path)
                answer = connection.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException):
                return 0
            finally:
                connection.close()
            return answer.status

        with ThreadPoolExecutor(clients) as pool:
            return list(pool.map(ask, islice(cycle(paths), times)))

    def scrape(self, port: int = 0) -> dict[str, float]:
        """The samples of the page, without spaces: name{labels} -> value."""
        status, body = fetch(f"http://127.0.0.1:{port or self.metrics_port}/metrics")
        assert status == 200
        lines = [line for line in body.decode().splitlines() if not line.startswith("#")]
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}

    def kill_worker(self, number: int) -> None:
        """Send SIGKILL to a worker and wait for its successor."""
        old = self.worker_pids()[number]
        kill(old, signal.SIGKILL)
        wait_until(
            lambda: (new := self.worker_pids()[number]) != old and are_ready([new]),
            what=f"the successor of worker {number}",
        )

    def reload(self) -> None:
        """Reload gracefully and wait until the new server and its metrics respond."""
        before = self.text().count("WSGI app 0")
        kill(self.master, signal.SIGHUP)
        wait_until(lambda: self.text().count("WSGI app 0") > before and self.is_up(), what="the reload")


def ask_over_socket(path: Path, uri: str) -> bytes:
    """Send a request over a Unix socket in the uwsgi protocol, as nginx does, and return the whole response."""
    variables = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": uri,
        "REQUEST_URI": uri,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "REMOTE_ADDR": "192.0.2.7",
    }
    body = b"".join(len(each).to_bytes(2, "little") + each.encode() for pair in variables.items() for each in pair)
    with socket.socket(socket.AF_UNIX) as link:
        link.connect(str(path))
        link.sendall(b"\0" + len(body).to_bytes(2, "little") + b"\0" + body)
        return b"".join(iter(lambda: link.recv(65536), b""))
