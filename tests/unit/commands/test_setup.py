"""`logshipper setup`: what it prints. What it does to real servers is in tests/integration/test_setup.py."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from logshipper.commands.setup import command
from tests.support.network import free_port
from tests.support.recorded import Recorded

DATABASES = "/api/v3/configure/database"
ANSWERS: dict[str, Any] = {"version": "3.12.0", "GET /ping": {}, f"GET {DATABASES}": [], f"POST {DATABASES}": {}}


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INFLUX_TOKEN", "apiv3_adm1n")


def setup(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments, standalone_mode=False)


def test_each_step_is_a_line_and_secrets_go_to_files(tmp_path: Path) -> None:
    with Recorded(ANSWERS).served() as server:
        done = setup(server.url, "--secrets", str(tmp_path / "s"), "--keep", "1w", "--keep-rollups", "2y")
    assert done.output.splitlines()[:3] == [
        f"{server.url}: InfluxDB 3 Core",
        "created  database telegraf: 7 days",
        "created  database telegraf/year: 732 days",
    ]
    assert "apiv3_adm1n" not in done.output
    assert (tmp_path / "s" / "influxdb3-shipper-token").read_text() == "apiv3_adm1n"


def test_a_dry_run_says_what_it_would_do_and_changes_nothing(tmp_path: Path) -> None:
    with Recorded(ANSWERS).served() as server:
        done = setup(server.url, "--secrets", str(tmp_path / "s"), "--dry-run")
        assert (done.exit_code, server.changes, list(tmp_path.iterdir())) == (0, [], [])
    assert "would create  database telegraf: 30 days" in done.output


def test_secrets_are_printed_on_request_and_then_in_no_file(tmp_path: Path) -> None:
    with Recorded(ANSWERS).served() as server:
        done = setup(server.url, "--secrets", str(tmp_path / "s"), "--print-secrets")
    assert done.output.count("influxdb3-shipper-token=apiv3_adm1n\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["0d", "30", "1.5d", "-1d", "d"])
def test_a_period_that_cannot_be_read_is_wrong_usage(text: str) -> None:
    done = CliRunner().invoke(command, ["http://127.0.0.1:1", "--keep", text])
    assert done.exit_code == 2
    assert "write it as 30d, 8w or 1y" in done.output


def test_a_server_that_is_unreachable_is_one_line_with_the_fix() -> None:
    done = setup(f"http://127.0.0.1:{free_port()}")
    assert "Connection refused" in str(done.exception)
    assert "start the server, or correct host and port" in str(done.exception)


def test_no_color_is_obeyed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Recorded(ANSWERS).served() as server:
        arguments = [server.url, "--secrets", str(tmp_path)]
        assert "\x1b[" in CliRunner().invoke(command, arguments, color=True).output
        monkeypatch.setenv("NO_COLOR", "1")
        assert "\x1b[" not in CliRunner().invoke(command, arguments, color=True).output


def test_options_of_grafana_need_a_grafana() -> None:
    done = setup("http://127.0.0.1:1", "--prometheus", "http://127.0.0.1:9090")
    assert str(done.exception) == "--datasource-url and --prometheus are for Grafana; add --grafana URL"
    assert "--grafana: 'x' is not an address" in str(setup("http://127.0.0.1:1", "--grafana", "x").exception)


def test_grafana_gets_its_pages_and_the_folder_of_secrets_the_rest(tmp_path: Path) -> None:
    grafana = {
        "POST /api/datasources": {},
        "POST /api/folders": {},
        "POST /api/dashboards/db": {},
        "POST /api/v1/provisioning/alert-rules": {},
        "GET /api/datasources/uid/telegraf/health": {"status": "OK"},
    }
    with Recorded(ANSWERS).served() as server, Recorded(grafana).served() as pages:
        done = setup(server.url, "--secrets", str(tmp_path), "--grafana", pages.url, "--datasource-url", "http://db:1")
        assert (done.exception, pages.changes[0][1]["url"]) == (None, "http://db:1")
    assert f"created  dashboard uWSGI requests; {pages.url}/d/flaskfana-uwsgi" in done.output


def test_a_grafana_that_lets_nobody_in_says_how_to_sign_in(tmp_path: Path) -> None:
    grafana = {"GET /api/datasources/uid/telegraf": 401}
    with Recorded(ANSWERS).served() as server, Recorded(grafana).served() as pages:
        done = setup(server.url, "--secrets", str(tmp_path), "--grafana", pages.url)
    assert "set GRAFANA_TOKEN" in str(done.exception)


def test_what_was_made_is_printed_even_if_grafana_fails(tmp_path: Path) -> None:
    with Recorded(ANSWERS).served() as server:
        done = setup(server.url, "--print-secrets", "--grafana", f"http://127.0.0.1:{free_port()}")
    assert done.exception
    assert "influxdb3-shipper-token=apiv3_adm1n" in done.output
