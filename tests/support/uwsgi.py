"""Real uWSGI: start it, and find out when it can be queried and when it can be stopped."""

import re
import signal
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from tests.support.needs import need
from tests.support.processes import ROOT, LocalServer, Server, catches

SPAWNED = re.compile(r"(?:Res|s)pawned uWSGI worker (\d+) \((?:new )?pid: (\d+)")


@dataclass
class Uwsgi(LocalServer):
    """Real uWSGI with the application, speaking HTTP on a free port and logging to `log` (TZ=UTC).

    `options` are additional uWSGI options, `env` is passed to the application.
    """

    workers: int = 2
    module: str = "flaskapp:create_app()"
    options: Sequence[str] = ()
    env: Mapping[str, str] = field(default_factory=dict)

    @property
    def log(self) -> Path:
        """The request log."""
        return self.folder / "uwsgi.log"

    def start(self) -> Self:
        """Start the server and wait until its workers are ready, without making a request."""
        self.folder.mkdir(parents=True, exist_ok=True)
        command = [
            need("uwsgi", package="python3-pip; pip install pyuwsgi"),
            *("--master", "--die-on-term", "--need-app", "--http-socket", f"127.0.0.1:{self.port}"),
            *("--module", self.module, "--processes", str(self.workers), "--logto", str(self.log)),
            *("--virtualenv", sys.prefix, "--pythonpath", str(ROOT)),
            *self.options,
        ]
        self.server = Server(command, self.folder / "uwsgi.out", {"TZ": "UTC", **self.env}).start()
        self.server.wait_ready(self._is_up)
        return self

    def _is_up(self) -> bool:
        workers = uwsgi_workers(self.log.read_text(errors="replace")).values()
        return len(workers) == self.workers and are_ready(workers)


def uwsgi_workers(log: str) -> dict[int, int]:
    """Return worker number -> process id since the last start or reload, from the log."""
    return {int(number): int(pid) for number, pid in SPAWNED.findall(log.rpartition("*** Starting uWSGI")[2])}


def are_ready(workers: Collection[int]) -> bool:
    """Return whether the uWSGI workers with these process ids can be queried and stopped.

    The log names a worker when it is forked. The master's order to end is lost on one that has not set its signal
    handlers yet, and the master waits for it for a minute; SIGUSR2 is the last one that it sets.
    """
    return bool(workers) and all(catches(pid, signal.SIGUSR2) for pid in workers)
