"""Processes: start them, end them with all of their children, and inspect them through /proc."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from tests.support.network import free_port
from tests.support.waiting import DEADLINE, wait_until

ROOT = Path(__file__).resolve().parent.parent.parent


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

    def wait_ready(self, ready: Callable[[], object], timeout: float = DEADLINE) -> Self:
        """Poll `ready` until it is truthy; if the process ends first, fail with its output."""

        def check() -> bool:
            if self.process is None or self.process.poll() is not None:
                raise RuntimeError(f"{self.command[0]} ended early: {self.output()[-2000:]}")
            return bool(ready())

        try:
            wait_until(check, f"{self.command[0]} ready", timeout)
        except BaseException:
            self.kill()
            raise
        return self

    def output(self) -> str:
        """Return what the process has written so far."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def stop(self, timeout: float = DEADLINE, how: signal.Signals = signal.SIGTERM) -> int:
        """Send SIGTERM (or `how`), wait, and return the exit code; kill whatever remains of its group."""
        if self.process is None:
            return 0
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(how)
        try:
            return self.process.wait(timeout)
        finally:
            self.kill()

    def kill(self) -> None:
        """Send SIGKILL to the whole group, like a crash, and wait until all of it is gone.

        A child killed together with its parent may hold the port for a moment longer.
        """
        if self.process is None:
            return
        session = self.process.pid
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(session, signal.SIGKILL)
        self.process.wait()
        self.process = None
        wait_until(lambda: not any(members(session)), f"the end of all processes of {self.command[0]}")


def members(session: int) -> Iterator[int]:
    """Yield the pids of a session's running processes, without zombies."""
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state, _, _, sid = (entry / "stat").read_text().rpartition(")")[2].split()[:4]
            if int(sid) == session and state not in "ZX":
                yield int(entry.name)


def is_running(pid: int) -> bool:
    """Return whether the process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def catches(pid: int, number: signal.Signals) -> bool:
    """Return whether the process has a handler for the signal."""
    try:
        caught = Path(f"/proc/{pid}/status").read_text().partition("SigCgt:\t")[2].partition("\n")[0]
    except OSError:
        return False
    return bool(int(caught or "0", 16) & 1 << (number - 1))


def processes_holding(text: str) -> Iterator[int]:
    """Yield the pids whose command line or environment holds the text (a temp folder, say)."""
    wanted = text.encode()
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if wanted in (entry / "cmdline").read_bytes() or wanted in (entry / "environ").read_bytes():
                yield int(entry.name)


@dataclass
class LocalServer:
    """A server on a free port of 127.0.0.1, with its data in a folder; subclasses start it."""

    folder: Path
    port: int = field(default_factory=free_port, kw_only=True)
    server: Server | None = field(default=None, kw_only=True)

    @property
    def url(self) -> str:
        """The base URL, such as http://127.0.0.1:40001."""
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        """Stop it as an administrator would."""
        if self.server is not None:
            self.server.stop()

    def kill(self) -> None:
        """End it as a power cut does."""
        if self.server is not None:
            self.server.kill()
