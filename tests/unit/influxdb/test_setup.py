"""The set-up needs no packages, except for InfluxDB 2.x."""

import subprocess
import sys
from pathlib import Path

from tests.support.processes import ROOT

ALONE = [sys.executable, "-S"]  # without installed packages


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*ALONE, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


def test_rollups_and_secrets_need_no_packages() -> None:
    done = run("-c", "import influxdb.rollup, influxdb.v1, influxdb.v3, influxdb.make_secrets")
    assert done.returncode == 0, done.stderr


def test_a_missing_package_gives_one_line_with_the_fix(tmp_path: Path) -> None:
    done = run("-m", "influxdb.setup", "--version", "2", "--secrets", str(tmp_path))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert done.stderr.endswith("fix: pip install influxdb-client\n")


def test_an_unreachable_server_gives_one_line(tmp_path: Path) -> None:
    done = run("-m", "influxdb.setup", "--version", "1", "--url", "http://127.0.0.1:1", "--wait", "0",
               "--secrets", str(tmp_path))  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("influxdb: http://127.0.0.1:1: not set up: ")
    assert done.stderr.count("\n") == 1
