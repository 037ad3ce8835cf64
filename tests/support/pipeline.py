"""`logshipper` on real input: settings, runs with --once, and processes that follow a log."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.support.processes import Server

LOGSHIPPER = str(Path(sys.executable).parent / "logshipper")


OURS = """
[logshipper]
  state_dir = "{state}"
[[inputs.logparser]]
  files = ["{log}"]
  from_beginning = true
[[outputs.influxdb]]
  urls = ["{url}"]
  database = "{database}"
"""


def logshipper(*arguments: object, expected: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [LOGSHIPPER, *map(str, arguments)],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "TZ": "UTC"},
    )
    assert done.returncode == expected, done.stderr
    return done


def settings(folder: Path, text: str, **values: object) -> Path:
    file = folder / "logshipper.toml"
    file.write_text(text.format(state=folder / "state", **values))
    return file


def start(config: Path, output: Path) -> Server:
    command: Sequence[str] = [LOGSHIPPER, "run", "--config", str(config)]
    return Server(command, output, {"TZ": "UTC"}).start()
