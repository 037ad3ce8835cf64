"""`logshipper setup --grafana` with a real Grafana that has nothing: twice without harm."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.grafana.stack import GRAFANA
from tests.support.influxd import Influxd
from tests.support.network import fetch, free_port
from tests.support.processes import Server

PASSWORD = "gr4fana-pa55word"


@pytest.fixture
def grafana(tmp_path: Path) -> Iterator[str]:
    url = f"http://127.0.0.1:{free_port()}"
    settings = {
        "GF_PATHS_DATA": str(tmp_path / "grafana"),
        "GF_PATHS_PLUGINS": str(tmp_path / "plugins"),
        "GF_PATHS_LOGS": str(tmp_path / "logs"),
        "GF_SERVER_HTTP_ADDR": "127.0.0.1",
        "GF_SERVER_HTTP_PORT": url.rpartition(":")[2],
        "GF_SECURITY_ADMIN_PASSWORD": PASSWORD,
        "GF_ANALYTICS_REPORTING_ENABLED": "false",
        "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
        "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES": "false",
        "GF_PLUGINS_PREINSTALL_DISABLED": "true",
        "GF_PLUGINS_PUBLIC_KEY_RETRIEVAL_DISABLED": "true",
        "GF_NEWS_NEWS_FEED_ENABLED": "false",
    }
    command = [str(Path(GRAFANA) / "bin" / "grafana"), "server", "--homepath", GRAFANA]
    server = Server(command, tmp_path / "grafana.out", settings).start()
    try:
        server.wait_ready(lambda: fetch(f"{url}/api/health")[0] == 200)
        yield url
    finally:
        server.kill()


@pytest.fixture
def influxdb(tmp_path: Path) -> Iterator[str]:
    server = Influxd(tmp_path / "influxd", {"HTTP_AUTH_ENABLED": "true"})
    try:
        yield server.start().url
    finally:
        server.kill()


def setup(influxdb: str, grafana: str, secrets: Path, *more: str) -> dict[str, int]:
    """Return how many things were in which state."""
    env = {"INFLUX_USER": "root", "INFLUX_PASSWORD": "r00t-pa55word", "GRAFANA_USER": "admin"}
    command = [sys.executable, "-m", "logshipper", "setup", influxdb, "--grafana", grafana, "--secrets", str(secrets)]
    done = subprocess.run(
        [*command, *more], env={**os.environ, **env, "GRAFANA_PASSWORD": PASSWORD}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    pages = done.stdout.split(": Grafana\n")[1].splitlines()
    return {state: sum(line.startswith(state) for line in pages) for state in ("created", "kept", "skipped", "would")}


def test_a_grafana_gets_everything_once(influxdb: str, grafana: str, tmp_path: Path) -> None:
    secrets = tmp_path / "secrets"
    setup(influxdb, grafana, secrets, "--dry-run")
    assert setup(influxdb, grafana, secrets) == {"created": 7, "kept": 0, "skipped": 5, "would": 0}
    assert setup(influxdb, grafana, secrets) == {"created": 0, "kept": 7, "skipped": 5, "would": 0}
    assert setup(influxdb, grafana, secrets, "--dry-run") == {"created": 0, "kept": 7, "skipped": 5, "would": 0}
