"""Real servers for tests: each on a free port of 127.0.0.1, with its data in the folder it is given."""

import contextlib
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, TypeVar

from tests.needs import need

ROOT = Path(__file__).resolve().parent.parent
T = TypeVar("T")
DEADLINE = 60.0  # seconds


# Ports below those that the kernel hands out (ip_local_port_range), so that no outgoing connection takes one of ours
# between the choice and the server's bind, or between a server's end and its next start.
PORTS = range(10_000, 32_000)
_reserved: list[socket.socket] = []


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nobody uses, and that no other test process will be given.

    Each is reserved by an abstract Unix socket of its number, which the kernel frees when this process ends.
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


def eventually(condition: Callable[[], T], timeout: float = DEADLINE, what: str | Callable[[], str] = "") -> T:
    """Poll until `condition()` is truthy and return its value; AssertionError after `timeout` seconds.

    OSErrors and AssertionErrors inside the condition mean "not yet"; the last one is named in the end.
    The deadline only ends a test that fails: it is generous, since a busy machine is no failure.
    """
    deadline = time.monotonic() + timeout
    last: object = None
    while True:
        try:
            last = value = condition()
            if value:
                return value
        except (OSError, AssertionError) as error:
            last = error
        if time.monotonic() > deadline:
            name = what() if callable(what) else what or getattr(condition, "__qualname__", repr(condition))
            raise AssertionError(f"{name}: not within {timeout} s; last: {last!r}")
        time.sleep(0.02)


def fetch(url: str, data: bytes | None = None, timeout: float = DEADLINE) -> tuple[int, bytes]:
    """GET (or POST `data` to) the URL; return status and body, also for an HTTP error."""
    try:
        with urllib.request.urlopen(url, data=data, timeout=timeout) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


@dataclass
class Server:
    """A process in a session of its own, its output in `log`; `stop` and `kill` reach its children too."""

    command: Sequence[str]
    log: Path
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path = ROOT
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Start the process; it may not be ready yet."""
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.env},
                cwd=self.cwd,
                start_new_session=True,
            )
        return self

    @property
    def pid(self) -> int:
        """The process id; only while started."""
        assert self.process is not None
        return self.process.pid

    def wait_until(self, ready: Callable[[], object], timeout: float = DEADLINE) -> Self:
        """Poll `ready` until it is truthy; a process that ended meanwhile fails with its output."""

        def check() -> bool:
            if self.process is None or self.process.poll() is not None:
                raise RuntimeError(f"{self.command[0]} ended early: {self.output()[-2000:]}")
            return bool(ready())

        try:
            eventually(check, timeout, what=f"{self.command[0]} ready")
        except BaseException:
            self.kill()
            raise
        return self

    def output(self) -> str:
        """Return what the process has written so far."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def stop(self, timeout: float = DEADLINE, how: signal.Signals = signal.SIGTERM) -> int:
        """Send SIGTERM (or `how`), wait, and return the exit code; what is left of its group is killed."""
        if self.process is None:
            return 0
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(how)
        try:
            return self.process.wait(timeout)
        finally:
            self.kill()

    def kill(self) -> None:
        """SIGKILL the whole group, as a crash or the end of a test does, and wait until all of it has gone.

        A child that is killed together with its parent may hold the port for a moment longer.
        """
        if self.process is None:
            return
        session = self.process.pid
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(session, signal.SIGKILL)
        self.process.wait()
        self.process = None
        eventually(lambda: not any(members(session)), what=f"the end of all processes of {self.command[0]}")


@dataclass
class Influxd:
    """Debian's influxd 1.x on a free port; the same folder may be started again and again.

    `settings` are influxd's own environment names without the prefix: {"DATA_MAX_VALUES_PER_TAG": "100"}.
    """

    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    server: Server | None = None

    @property
    def url(self) -> str:
        """The base URL, such as http://127.0.0.1:40001."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Self:
        """Start influxd and wait until it answers /ping."""
        self.folder.mkdir(parents=True, exist_ok=True)
        settings = {
            "BIND_ADDRESS": f"127.0.0.1:{free_port()}",
            "HTTP_BIND_ADDRESS": f"127.0.0.1:{self.port}",
            "META_DIR": str(self.folder / "meta"),
            "DATA_DIR": str(self.folder / "data"),
            "DATA_WAL_DIR": str(self.folder / "wal"),
            "MONITOR_STORE_ENABLED": "false",
            "REPORTING_DISABLED": "true",
            "HTTP_LOG_ENABLED": "false",
            **self.settings,
        }
        command = [need("influxd", package="influxdb"), "run", "-config", "/dev/null"]
        env = {f"INFLUXDB_{name}": value for name, value in settings.items()}
        self.server = Server(command, self.folder / "influxd.out", env).start()
        self.server.wait_until(lambda: fetch(f"{self.url}/ping")[0] == 204)
        return self

    def stop(self) -> None:
        """End it as an administrator does."""
        if self.server is not None:
            self.server.stop()

    def kill(self) -> None:
        """End it as a power cut does."""
        if self.server is not None:
            self.server.kill()

    def query(self, influxql: str, database: str = "") -> list[dict[str, Any]]:
        """Run InfluxQL and return the series of the answer: dicts with `name`, `columns`, `values`, `tags`.

        Times are integer nanoseconds. An error of the database is an AssertionError.
        """
        form = {"q": influxql, "db": database, "epoch": "ns"}
        status, body = fetch(f"{self.url}/query", urllib.parse.urlencode(form).encode(), timeout=60)
        answer = json.loads(body)
        assert status == 200, answer
        found: list[dict[str, Any]] = []
        for result in answer["results"]:
            assert "error" not in result, result["error"]
            found += result.get("series", [])
        return found

    def create(self, database: str) -> str:
        """Create the database and return its name."""
        self.query(f'CREATE DATABASE "{database}"')
        return database

    def rows(self, influxql: str, database: str) -> list[dict[str, Any]]:
        """Run InfluxQL and return one dict per row: column -> value, tags of a GROUP BY included."""
        return [
            {**series.get("tags", {}), **dict(zip(series["columns"], values, strict=True))}
            for series in self.query(influxql, database)
            for values in series["values"]
        ]

    def count(self, database: str, measurement: str = "uwsgi_log", column: str = "status") -> int:
        """Return how many points of the measurement carry the field; 0 where there is none."""
        found = self.rows(f'SELECT count("{column}") AS n FROM "{measurement}"', database)
        return int(found[0]["n"]) if found else 0


@dataclass
class Uwsgi:
    """Real uWSGI with the application, speaking HTTP on a free port and logging to `log` (TZ=UTC).

    `options` are further uwsgi options, `env` reaches the application.
    """

    folder: Path
    workers: int = 2
    module: str = "flaskapp:create_app()"
    options: Sequence[str] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    server: Server | None = None

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """The request log."""
        return self.folder / "uwsgi.log"

    def start(self) -> Self:
        """Start the server and wait until its workers are there (no request is made)."""
        self.folder.mkdir(parents=True, exist_ok=True)
        command = [
            need("uwsgi", package="python3-pip; pip install pyuwsgi"),
            *("--master", "--die-on-term", "--need-app", "--http-socket", f"127.0.0.1:{self.port}"),
            *("--module", self.module, "--processes", str(self.workers), "--logto", str(self.log)),
            *("--virtualenv", sys.prefix, "--pythonpath", str(ROOT)),
            *self.options,
        ]
        self.server = Server(command, self.folder / "uwsgi.out", {"TZ": "UTC", **self.env}).start()
        self.server.wait_until(self._is_up)
        return self

    def _is_up(self) -> bool:
        workers = uwsgi_workers(self.log.read_text(errors="replace")).values()
        return len(workers) == self.workers and are_ready(workers)

    def stop(self) -> None:
        """End it with SIGTERM."""
        if self.server is not None:
            self.server.stop()

    def kill(self) -> None:
        """SIGKILL master and workers."""
        if self.server is not None:
            self.server.kill()


SPAWNED = re.compile(r"(?:Res|s)pawned uWSGI worker (\d+) \((?:new )?pid: (\d+)")


def uwsgi_workers(log: str) -> dict[int, int]:
    """Return worker number -> process id since uWSGI was started or reloaded last, by its log."""
    return {int(number): int(pid) for number, pid in SPAWNED.findall(log.rpartition("*** Starting uWSGI")[2])}


def are_ready(workers: Collection[int]) -> bool:
    """Return whether these workers of a uWSGI, by their process ids, can be asked, and can be ended.

    The log names a worker when it is forked. The master's order to end is lost on one that has not set its signal
    handlers yet, and the master waits for it for a minute; SIGUSR2 is the last one that it sets.
    """
    return bool(workers) and all(catches(pid, signal.SIGUSR2) for pid in workers)


def catches(pid: int, number: signal.Signals) -> bool:
    """Return whether the process has a handler for the signal."""
    try:
        caught = Path(f"/proc/{pid}/status").read_text().partition("SigCgt:\t")[2].partition("\n")[0]
    except OSError:
        return False
    return bool(int(caught or "0", 16) & 1 << (number - 1))


def members(session: int) -> Iterator[int]:
    """Yield the pids of a session that run; one that has ended and waits to be reaped does not."""
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state, _, _, sid = (entry / "stat").read_text().rpartition(")")[2].split()[:4]
            if int(sid) == session and state not in "ZX":
                yield int(entry.name)


def is_running(pid: int) -> bool:
    """Return whether the process runs; one that has ended and waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def connects(port: int) -> bool:
    """Say whether something accepts connections on the port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def processes_holding(text: str) -> Iterator[int]:
    """Yield the pids whose command line or environment holds the text (a temp folder, say)."""
    wanted = text.encode()
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if wanted in (entry / "cmdline").read_bytes() or wanted in (entry / "environ").read_bytes():
                yield int(entry.name)
