"""A report of a real InfluxDB, 1.x, and 2.x where INFLUXD2 names one, is that of the log which was shipped into it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.support.deploy_log import Behaviour, Release, lines_of
from tests.support.influxd import Influxd
from tests.support.influxd2 import Influxd2
from tests.support.reports import write

ADMINISTRATOR = {"INFLUX_USER": "root", "INFLUX_PASSWORD": "r00t-pa55word", "INFLUX_TOKEN": "r00t-t0ken-r00t-t0ken"}


@dataclass(frozen=True)
class Database:
    """An empty database: its address, as --to and --from take it, and the environment with its credentials."""

    address: str
    env: Mapping[str, str] = field(default_factory=dict)


def logshipper(*arguments: str, env: Mapping[str, str]) -> str:
    command = [sys.executable, "-m", "logshipper", *arguments]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("INFLUX_")}
    everything = {**inherited, "TZ": "UTC", **env}
    done = subprocess.run(command, capture_output=True, text=True, env=everything, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def report(*arguments: str, env: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(logshipper("report", "--json", *arguments, env=env))
    return found


@pytest.fixture
def database_1(influxd: Influxd, influx_db: str) -> Database:
    return Database(f"{influxd.url}/{influx_db}")


@pytest.fixture
def database_2(tmp_path: Path) -> Iterator[Database]:
    """A bucket that `logshipper setup` has made on a fresh server."""
    server = Influxd2(tmp_path / "influxd2")
    try:
        address = f"{server.start().url}/requests"
        logshipper("setup", address, "--keep", "10y", "--secrets", str(tmp_path / "secrets"), env=ADMINISTRATOR)
        yield Database(address, {"INFLUX_TOKEN": ADMINISTRATOR["INFLUX_TOKEN"], "INFLUX_ORG": "flaskfana"})
    finally:
        server.kill()


@pytest.mark.parametrize("version", ["database_1", "database_2"])
@pytest.mark.parametrize("choice", [["--since", "30m"], ["--since-deploy"]])
def test_the_database_and_the_log_say_the_same(
    version: str, choice: list[str], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    database: Database = request.getfixturevalue(version)
    changed = {"/pay": Behaviour(6, 120, 0.5, 0.2)}
    log = write(tmp_path, lines_of(2, [Release(3000), Release(3000, changed)]))
    where = ["--to", database.address, "--state-dir", str(tmp_path / "state")]
    logshipper("run", "--once", str(log), *where, env=database.env)
    of_log = report(*choice, str(log), env={})
    of_database = report(*choice, "--from", database.address, env=database.env)
    for part in ("now", "before", "changes", "over_time", "deploy", "verdict"):
        assert of_database[part] == of_log[part], part
    assert [one["ms"] for one in of_database["slowest"]] == [one["ms"] for one in of_log["slowest"]]
