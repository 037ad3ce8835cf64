"""The set-up of the Docker stack: what needs no packages, and its errors."""

import subprocess
import sys
from pathlib import Path

import pytest

from influxdb.make_secrets import main as make_secrets
from influxdb.setup import know_grafanas_token, main
from logshipper.provision.secret_store import SecretFolder
from tests.support.processes import ROOT


def test_the_secrets_need_no_packages() -> None:
    command = [sys.executable, "-S", "-c", "import influxdb.make_secrets"]  # without installed packages
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_an_unreachable_server_gives_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--version", "1", "--url", "http://127.0.0.1:1", "--wait", "0", "--secrets", str(tmp_path)]
    assert main(arguments) == 1
    error = capsys.readouterr().err
    assert error.startswith("influxdb: http://127.0.0.1:1: not set up: ")
    assert error.count("\n") == 1


def test_grafanas_token_is_taken_from_the_header_of_an_earlier_version(tmp_path: Path) -> None:
    make_secrets([str(tmp_path)])
    store = SecretFolder(tmp_path)
    know_grafanas_token(store)
    assert store.read("influxdb-grafana-token") == ""
    (tmp_path / "influxdb-grafana-header").write_text("Token t0ken")
    know_grafanas_token(store)
    assert store.read("influxdb-grafana-token") == "t0ken"
