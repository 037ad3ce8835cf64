"""The real process: `logshipper run` with a settings file."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.processes import ROOT, Server
from tests.support.waiting import wait_until

TEMPLATE = """
[agent]
  hostname = "web1"
  {agent}
[logshipper]
  state_dir = "{state}"
  metrics_address = "{metrics}"
  {ours}
[[inputs.logparser]]
  files = [{files}]
  from_beginning = {from_beginning}
  [inputs.logparser.grok]
    timezone = "{timezone}"
{output}
"""
OUTPUT = """
[[outputs.influxdb]]
  urls = ["{url}"]
  database = "{database}"
  {more}
"""


@dataclass
class Shipper:
    """A shipper with its settings; started, killed and started again on the same state."""

    folder: Path
    files: Sequence[Path | str]
    output: str
    agent: str = ""
    ours: str = ""
    metrics: str = ""
    from_beginning: bool = True
    timezone: str = "UTC"
    state: Path = Path()
    prefix: Sequence[str] = ()
    env: dict[str, str] = field(default_factory=dict)
    server: Server | None = None
    peak: int = 0

    def __post_init__(self) -> None:
        self.state = self.state if self.state != Path() else self.folder / "state"
        self.log = self.folder / "logshipper.out"
        self.config = self.folder / "logshipper.toml"
        self.write_config()

    def write_config(self) -> None:
        """Rewrite the settings file."""
        files = ", ".join(f'"{name}"' for name in self.files)
        text = TEMPLATE.format(
            agent=self.agent, state=self.state, metrics=self.metrics, ours=self.ours, files=files,
            from_beginning=str(self.from_beginning).lower(), timezone=self.timezone, output=self.output,
        )  # fmt: skip
        self.config.write_text(text)
        self.config.chmod(0o644)

    def command(self, *more: str) -> list[str]:
        """Return the command line."""
        return [*self.prefix, sys.executable, "-m", "logshipper", "run", "--config", str(self.config), *more]

    def start(self) -> "Shipper":
        """Start the shipper and wait until it follows the logs."""
        before = self.said("following")
        self.launch(lambda: self.said("following") > before)
        return self

    def launch(self, ready: Callable[[], object]) -> None:
        """Start the process and wait until it is ready."""
        env = {"TZ": "UTC", "PYTHONDONTWRITEBYTECODE": "1", **self.env}
        self.server = Server(self.command(), self.log, env, cwd=ROOT).start()
        self.server.wait_ready(ready)

    def once(self, *, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run with --once."""
        env = {**os.environ, "TZ": "UTC", "PYTHONDONTWRITEBYTECODE": "1", **self.env}
        done = subprocess.run(self.command("--once"), capture_output=True, text=True, env=env, cwd=ROOT, check=False)
        with self.log.open("a") as out:
            out.write(done.stderr)
        assert not check or done.returncode in (0, 1), done.stderr
        return done

    def output_text(self) -> str:
        """Return all of its output."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def said(self, text: str) -> int:
        """Return how often the text occurs in its output."""
        return self.output_text().count(text)

    def wait_for(self, text: str) -> None:
        """Wait until its output contains the text."""
        wait_until(lambda: self.said(text), what=f"the shipper saying {text!r}")

    @property
    def pid(self) -> int:
        """The process id."""
        assert self.server is not None
        return self.server.pid

    def memory(self, what: str = "VmHWM") -> int:
        """Return the peak memory in KiB (with VmRSS: the current memory)."""
        with contextlib.suppress(OSError, StopIteration):
            text = Path(f"/proc/{self.pid}/status").read_text()
            found = int(next(part for part in text.splitlines() if part.startswith(what)).split()[1])
            if what == "VmHWM":
                self.peak = max(self.peak, found)
            return found
        return 0

    def cpu_seconds(self) -> float:
        """Return the processor time used so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def kill(self) -> None:
        """Send SIGKILL."""
        if self.server and self.server.process:
            self.memory()
            self.server.kill()

    def stop(self) -> int:
        """Send SIGTERM and return the exit code."""
        assert self.server is not None
        self.memory()
        return self.server.stop()

    def signal(self, number: signal.Signals) -> None:
        """Send any signal."""
        os.kill(self.pid, number)
