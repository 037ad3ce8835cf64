"""The set-up of InfluxDB 1.x on a real influxd with authentication."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from influxdb.make_secrets import main as make_secrets
from influxdb.setup import main
from logshipper.outputs.api import Api, ApiError, basic
from tests.support.influxd import Influxd
from tests.support.network import free_port
from tests.support.processes import ROOT

Start = Callable[..., Influxd]


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    folder = tmp_path / "secrets"
    folder.mkdir()
    make_secrets([str(folder)])
    return folder


@pytest.fixture
def server(own_influxd: Start) -> Influxd:
    return own_influxd(settings={"HTTP_AUTH_ENABLED": "true"})


def set_up(server: Influxd, secrets: Path, *more: str) -> int:
    return main(["--version", "1", "--url", server.url, "--secrets", str(secrets), *more])


def user(server: Influxd, secrets: Path, name: str) -> Api:
    return Api(server.url, basic(name, (secrets / f"influxdb-{name}-password").read_text()))


def state(api: Api) -> list[object]:
    statements = (
        "SHOW RETENTION POLICIES ON telegraf",
        "SHOW CONTINUOUS QUERIES",
        "SHOW USERS",
        "SHOW GRANTS FOR grafana",
    )
    return [api.influxql(statement) for statement in statements]


def test_running_the_setup_again_changes_nothing(
    server: Influxd, secrets: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert set_up(server, secrets) == 0
    admin = Api(server.url, basic("admin", (secrets / "influxdb-admin-password").read_text()))
    first, printed = state(admin), capsys.readouterr().out
    assert "influxdb: retention autogen: 30 days" in printed
    assert set_up(server, secrets) == 0
    assert state(admin) == first
    assert all(line.endswith(": kept") for line in capsys.readouterr().out.splitlines())


def test_retention_follows_the_options(server: Influxd, secrets: Path) -> None:
    set_up(server, secrets)
    set_up(server, secrets, "--days", "7")
    (policies,) = user(server, secrets, "grafana").influxql("SHOW RETENTION POLICIES ON telegraf")
    durations = {row[0]: row[1] for row in policies["values"]}
    assert durations == {"autogen": "168h0m0s", "year": "8784h0m0s"}


@pytest.mark.parametrize(
    "statement", ["DROP MEASUREMENT uwsgi_log", "DELETE FROM uwsgi_log", "CREATE DATABASE x", "SHOW USERS"]
)
def test_grafana_can_only_read(server: Influxd, secrets: Path, statement: str) -> None:
    set_up(server, secrets)
    grafana = user(server, secrets, "grafana")
    assert grafana.influxql("SELECT * FROM uwsgi_log", db="telegraf") == []
    with pytest.raises(ApiError, match="403"):
        grafana.influxql(statement, db="telegraf")
    with pytest.raises(ApiError, match="403"):
        grafana.request("POST", "/write?db=telegraf", b"x y=1", "text/plain")


def test_the_shipper_can_only_write(server: Influxd, secrets: Path) -> None:
    set_up(server, secrets)
    shipper = user(server, secrets, "shipper")
    shipper.request("POST", "/write?db=telegraf", b"x y=1", "text/plain")
    for statement in ("SELECT * FROM x", "DROP MEASUREMENT x", "SHOW TAG VALUES WITH KEY = host"):
        with pytest.raises(ApiError, match="403"):
            shipper.influxql(statement, db="telegraf")


def test_missing_and_default_passwords_are_refused(server: Influxd, secrets: Path) -> None:
    set_up(server, secrets)
    for headers in ({}, basic("admin", "admin"), basic("admin", ""), basic("grafana", "grafana")):
        with pytest.raises(ApiError, match="401"):
            Api(server.url, headers).influxql("SHOW DATABASES")


def test_an_unreachable_server_gives_one_line(secrets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    assert main(["--version", "1", "--url", url, "--secrets", str(secrets), "--wait", "0"]) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"influxdb: {url}: not set up: ")
    assert error.count("\n") == 1


def test_a_wrong_password_gives_one_line_without_it(
    server: Influxd, secrets: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up(server, secrets)
    (secrets / "influxdb-admin-password").chmod(0o600)
    (secrets / "influxdb-admin-password").write_text("another-password")
    assert set_up(server, secrets) == 1
    error = capsys.readouterr().err
    assert "another-password" not in error
    assert error.count("\n") == 1


def test_continuous_queries_of_earlier_versions_are_dropped(server: Influxd, secrets: Path) -> None:
    set_up(server, secrets)
    admin = Api(server.url, basic("admin", (secrets / "influxdb-admin-password").read_text()))
    select = "SELECT count(resTime) INTO year.uwsgi_log_1m FROM uwsgi_log GROUP BY time(1m)"
    admin.influxql(f'CREATE CONTINUOUS QUERY "uwsgi_log_1m" ON "telegraf" BEGIN {select} END')
    set_up(server, secrets)
    assert "uwsgi_log_1m" not in str(admin.influxql("SHOW CONTINUOUS QUERIES"))


def test_the_documented_command_runs(server: Influxd, secrets: Path) -> None:
    command = [sys.executable, "-m", "influxdb.setup", "--version", "1", "--url", server.url, "--secrets", str(secrets)]
    assert subprocess.run(command, cwd=ROOT, check=False, capture_output=True).returncode == 0
