"""`make demo` as a person runs it: in a terminal, ended by Ctrl-C."""

import contextlib
import os
import pty
import re
import signal
import socket
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.influxd import Influxd
from tests.support.needs import need
from tests.support.network import fetch, free_port
from tests.support.processes import ROOT, processes_holding
from tests.support.waiting import DEADLINE, wait_until


class Demo:
    """`make demo` in a terminal of its own, with its files in `folder`."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.app, self.viewer = free_port(), free_port()
        self.master, terminal = pty.openpty()
        ports = {"APP_PORT": str(self.app), "VIEWER_PORT": str(self.viewer)}
        self.process = subprocess.Popen(
            [need("make", package="make"), "--no-print-directory", "demo"],
            cwd=ROOT,
            env={**os.environ, **ports, "DEMO_DIR": str(folder), "PYTHONUNBUFFERED": "1", **settings},
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            start_new_session=True,
            # The terminal becomes the one whose Ctrl-C the processes get.
            preexec_fn=lambda: os.close(os.open(os.ttyname(0), os.O_RDWR)),  # noqa: PLW1509 - one thread
        )
        os.close(terminal)
        os.set_blocking(self.master, False)
        self.said = ""
        self.supervisord = 0

    def shows_rows(self) -> None:
        """Wait until the demo says so."""
        found = self.says(r"The first rows are there, after [\d.]+ s|make demo: .*")
        assert found[0].startswith("The first rows"), found[0]
        self.supervisord = int((self.folder / "supervisord.pid").read_text())

    def says(self, pattern: str) -> re.Match[str]:
        """Wait until the demo prints something that matches."""

        def look() -> re.Match[str] | None:
            self.read()
            return re.search(pattern, self.said)

        found = wait_until(look, what=lambda: f"{pattern!r} in {self.said!r}")
        assert found is not None
        return found

    def read(self) -> None:
        with contextlib.suppress(OSError):  # nothing new, or the other side is closed
            self.said += os.read(self.master, 65536).decode()

    def interrupt(self) -> None:
        """Type Ctrl-C, which make gets too: it ends by that signal when the demo has ended well."""
        os.write(self.master, b"\x03")
        assert self.wait() == -signal.SIGINT
        assert "Stopped." in self.said

    def wait(self) -> int:
        """Return make's exit code."""

        def ended() -> bool:
            self.read()
            return self.process.poll() is not None

        wait_until(ended, what=lambda: f"the end after {self.said!r}")
        self.read()
        assert self.process.returncode is not None
        return self.process.returncode

    def rows(self, where: str = "1") -> int:
        with sqlite3.connect(f"file:{self.folder}/requests.db?mode=ro", uri=True) as connection:
            try:
                return int(connection.execute(f"SELECT count(*) FROM uwsgi_log WHERE {where}").fetchone()[0])
            except sqlite3.OperationalError:
                return 0

    def programs(self) -> list[int]:
        """Return the pids of everything that the demo started: those with its mark, and supervisord's session."""
        found = set(processes_holding(f"FLASKFANA_DEMO={self.folder}"))
        if self.supervisord:
            found |= set(session(self.supervisord))
        return sorted(found)

    def pid(self, command: str) -> int:
        """Return the process that supervisord runs under such a command line."""
        for pid in self.programs():
            words = Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ").lower()
            if command in words and f"\nPPid:\t{self.supervisord}\n" in Path(f"/proc/{pid}/status").read_text():
                return pid
        raise AssertionError(f"{command} is not running")

    def end(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            for pid in processes_holding(f"DEMO_DIR={self.folder}"):
                os.kill(pid, signal.SIGTERM)
            self.process.wait(DEADLINE)
        os.close(self.master)


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Callable[..., Demo]]:
    started: list[Demo] = []

    def start(folder: Path = tmp_path / "demo", **settings: str) -> Demo:
        started.append(Demo(folder, **settings))
        return started[-1]

    yield start
    for one in started:
        one.end()


def test_the_demo_shows_rows_and_ctrl_c_leaves_nothing_running(demo: Callable[..., Demo]) -> None:
    running = demo()
    running.shows_rows()
    assert f"http://127.0.0.1:{running.viewer}/" in running.said
    assert fetch(f"http://127.0.0.1:{running.app}/api/obj/1?mine=1") == (200, b"Fetched result")
    wait_until(lambda: running.rows("query = 'mine=1' AND uri = '/api/obj/1'") == 1)
    wait_until(lambda: b"Slowest URIs" in fetch(f"http://127.0.0.1:{running.viewer}/")[1])
    assert len(running.programs()) > 6
    running.interrupt()
    assert running.programs() == []
    assert "Traceback" not in running.said

    again = demo()
    again.says(r"The first rows are there")
    again.interrupt()


def test_killed_programs_are_restarted_and_no_request_is_lost(demo: Callable[..., Demo]) -> None:
    running = demo()
    running.shows_rows()
    ours = 0
    for command in ("logshipper run", "logshipper view", "uwsgi", "tools.traffic"):
        dead = wait_until(lambda command=command: running.pid(command))  # type: ignore[misc]
        os.kill(dead, signal.SIGKILL)
        wait_until(lambda command=command, dead=dead: running.pid(command) != dead)  # type: ignore[misc]
        url = f"http://127.0.0.1:{running.app}/?after={ours}"
        wait_until(lambda url=url: fetch(url)[0] == 200, what="the application")  # type: ignore[misc]
        ours += 1
    wait_until(lambda: fetch(f"http://127.0.0.1:{running.viewer}/")[0] == 200)
    logged = (running.folder / "uwsgi.log").read_text().count("GET /?after=")
    assert logged >= ours
    wait_until(lambda: running.rows("query LIKE 'after=%'") == logged)


def test_a_second_demo_in_the_same_folder_is_refused(demo: Callable[..., Demo]) -> None:
    first = demo()
    first.shows_rows()
    second = demo()
    assert second.wait() == 2
    assert "a demo runs in this folder already" in second.said
    assert first.process.poll() is None


@pytest.mark.parametrize("name", ["APP_PORT", "VIEWER_PORT"])
def test_the_error_for_a_port_in_use_names_its_variable(demo: Callable[..., Demo], name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        running = demo(**{name: str(taken)})
        assert running.wait() == 2
        assert re.search(rf"port {taken} is in use; choose another: {name}=\d+ make demo", running.said)


@pytest.mark.parametrize("given", ["99999", "http", "0"])
def test_an_invalid_port_is_refused(demo: Callable[..., Demo], given: str) -> None:
    running = demo(APP_PORT=given)
    assert running.wait() == 2
    assert f"APP_PORT={given} is not a port" in running.said


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_running_after_make_is_killed(demo: Callable[..., Demo], how: signal.Signals) -> None:
    running = demo()
    running.shows_rows()
    running.process.send_signal(how)
    wait_until(lambda: running.programs() == [])


def test_nothing_is_left_running_after_the_demo_is_killed(demo: Callable[..., Demo]) -> None:
    running = demo()
    running.shows_rows()
    [itself] = [pid for pid in processes_holding("tools.demo") if str(running.folder) in environ(pid)]
    os.kill(itself, signal.SIGKILL)
    wait_until(lambda: running.programs() == [])


def test_the_demo_can_ship_to_an_influxdb(demo: Callable[..., Demo], own_influxd: Callable[..., Influxd]) -> None:
    database = own_influxd()
    running = demo(INFLUX_URL=database.url, INFLUX_DATABASE="demo")
    running.shows_rows()
    assert fetch(f"http://127.0.0.1:{running.app}/?mine=1")[0] == 200
    mine = "SELECT * FROM uwsgi_log WHERE \"query\" = 'mine=1'"
    rows = wait_until(lambda: database.rows(mine, "demo"))
    assert [(row["uri"], row["method"], row["status"]) for row in rows] == [("/", "GET", 200)]
    running.interrupt()


@pytest.mark.parametrize("url", ["ftp://127.0.0.1", "127.0.0.1:8086", "http://joe:secret@127.0.0.1:8086"])
def test_an_invalid_influx_url_is_refused_without_showing_its_password(demo: Callable[..., Demo], url: str) -> None:
    running = demo(INFLUX_URL=url)
    assert running.wait() == 2
    assert "INFLUX_URL is not http://HOST:PORT" in running.said
    assert "secret" not in running.said


def session(leader: int) -> Iterator[int]:
    """Yield the pids of a session."""
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if os.getsid(int(entry.name)) == leader:
                yield int(entry.name)


def environ(pid: int) -> str:
    return Path(f"/proc/{pid}/environ").read_text(errors="replace")


def test_an_interrupted_setup_is_completed_by_the_next_one(tmp_path: Path) -> None:
    """Copy the project, cut the set-up off, and look at what the next one does with what is there."""
    project = tmp_path / "project"
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(project)], check=True)
    first = subprocess.Popen(["tools/setup", "run"], cwd=project, start_new_session=True)
    wait_until((project / ".venv" / "bin" / "pip").exists)
    os.killpg(first.pid, signal.SIGTERM)
    first.wait(DEADLINE)
    stamp = project / ".venv" / "made-from"
    assert not stamp.exists()
    subprocess.run(["tools/setup", "run"], cwd=project, check=True)
    assert stamp.exists()
    assert subprocess.run([project / ".venv" / "bin" / "logshipper", "--version"], check=True).returncode == 0
