"""A report of a real InfluxDB is that of the log which was shipped into it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.deploy_log import Behaviour, Release, lines_of
from tests.support.influxd import Influxd
from tests.support.reports import write


def report(*arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "logshipper", "report", "--json", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env={"TZ": "UTC"}, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("choice", [["--since", "30m"], ["--since-deploy"]])
def test_the_database_and_the_log_say_the_same(influxd: Influxd, tmp_path: Path, choice: list[str]) -> None:
    changed = {"/pay": Behaviour(6, 120, 0.5, 0.2)}
    log = write(tmp_path, lines_of(2, [Release(3000), Release(3000, changed)]))
    database = influxd.create(f"report{len(choice)}")
    address = f"{influxd.url}/{database}"
    ship = [sys.executable, "-m", "logshipper", "run", "--once", str(log), "--to", address]
    state = ["--state-dir", str(tmp_path / "state")]
    subprocess.run([*ship, *state], check=True, capture_output=True, env={"TZ": "UTC"})
    of_log, of_database = report(*choice, str(log)), report(*choice, "--from", address)
    for part in ("now", "before", "changes", "over_time", "deploy", "verdict"):
        assert of_database[part] == of_log[part], part
    assert [one["ms"] for one in of_database["slowest"]] == [one["ms"] for one in of_log["slowest"]]
