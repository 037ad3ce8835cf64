"""The set-up of InfluxDB 1.x on a real influxd that asks everybody to sign in."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from influxdb import v1
from influxdb.api import Api, ApiError, basic
from influxdb.make_secrets import main as make_secrets
from influxdb.plan import Plan
from influxdb.rollup import main as rollup
from influxdb.setup import main
from tests.support.influxd import Influxd
from tests.support.network import free_port
from tests.support.processes import ROOT
from tests.support.traffic import batches, requests

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
    return Api(server.url, basic(name, Plan(secrets).secret(f"influxdb-{name}-password")))


def state(api: Api) -> list[object]:
    statements = (
        "SHOW RETENTION POLICIES ON telegraf",
        "SHOW CONTINUOUS QUERIES",
        "SHOW USERS",
        "SHOW GRANTS FOR grafana",
    )
    return [api.influxql(statement) for statement in statements]


def test_it_may_run_again_without_harm(server: Influxd, secrets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert set_up(server, secrets) == 0
    admin = Api(server.url, basic("admin", Plan(secrets).secret("influxdb-admin-password")))
    first, told = state(admin), capsys.readouterr().out
    assert set_up(server, secrets) == 0
    assert state(admin) == first
    assert capsys.readouterr().out == told
    assert "retention autogen: 30 days" in told


def test_retention_follows_the_options(server: Influxd, secrets: Path) -> None:
    set_up(server, secrets)
    set_up(server, secrets, "--days", "7")
    (policies,) = user(server, secrets, "grafana").influxql("SHOW RETENTION POLICIES ON telegraf")
    durations = {row[0]: row[1] for row in policies["values"]}
    assert durations == {"autogen": "168h0m0s", "year": "8784h0m0s"}


@pytest.mark.parametrize(
    "statement", ["DROP MEASUREMENT uwsgi_log", "DELETE FROM uwsgi_log", "CREATE DATABASE x", "SHOW USERS"]
)
def test_grafana_may_read_and_nothing_else(server: Influxd, secrets: Path, statement: str) -> None:
    set_up(server, secrets)
    grafana = user(server, secrets, "grafana")
    assert grafana.influxql("SELECT * FROM uwsgi_log", db="telegraf") == []
    with pytest.raises(ApiError, match="403"):
        grafana.influxql(statement, db="telegraf")
    with pytest.raises(ApiError, match="403"):
        grafana.request("POST", "/write?db=telegraf", b"x y=1", "text/plain")


def test_the_shipper_may_write_and_nothing_else(server: Influxd, secrets: Path) -> None:
    set_up(server, secrets)
    shipper = user(server, secrets, "shipper")
    shipper.request("POST", "/write?db=telegraf", b"x y=1", "text/plain")
    for statement in ("SELECT * FROM x", "DROP MEASUREMENT x", "SHOW TAG VALUES WITH KEY = host"):
        with pytest.raises(ApiError, match="403"):
            shipper.influxql(statement, db="telegraf")


def test_without_a_password_or_with_the_usual_ones_nothing_opens(server: Influxd, secrets: Path) -> None:
    set_up(server, secrets)
    for headers in ({}, basic("admin", "admin"), basic("admin", ""), basic("grafana", "grafana")):
        with pytest.raises(ApiError, match="401"):
            Api(server.url, headers).influxql("SHOW DATABASES")


def test_a_server_that_is_not_there_is_one_line(secrets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    assert main(["--version", "1", "--url", url, "--secrets", str(secrets), "--wait", "0"]) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"influxdb: {url}: not set up: ")
    assert error.count("\n") == 1


def test_another_password_than_the_servers_is_one_line_without_it(
    server: Influxd, secrets: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up(server, secrets)
    (secrets / "influxdb-admin-password").chmod(0o600)
    (secrets / "influxdb-admin-password").write_text("another-password")
    assert set_up(server, secrets) == 1
    error = capsys.readouterr().err
    assert "another-password" not in error
    assert error.count("\n") == 1


def test_the_continuous_queries_roll_up_what_comes_in(own_influxd: Start, secrets: Path) -> None:
    """The server's own clockwork, run ten times as often as usual, on requests of the last minutes."""
    server = own_influxd(settings={"CONTINUOUS_QUERIES_RUN_INTERVAL": "100ms"})
    set_up(server, secrets)
    start = int(time.time()) // 60 * 60 - 300
    api = Api(server.url)
    for body in batches(requests(start, 240, 10)):
        api.request("POST", "/write?db=telegraf&precision=ns", body, "text/plain")
    for statement in v1.continuous_queries("telegraf").values():  # they wait for the next minute; ask them now
        select = statement.split("BEGIN ")[1].removesuffix(" END")
        api.influxql(
            select.replace(" GROUP BY", f"{' AND' if 'WHERE' in select else ' WHERE'} time >= {start}s GROUP BY")
        )
    for name in ("uwsgi_log_1m", "uwsgi_log_1h"):
        (row,) = server.rows(
            f'SELECT sum("count") AS n, sum("errors") AS e, max("p95") AS p FROM "year"."{name}"', "telegraf"
        )
        (failed,) = server.rows('SELECT count("status") AS e FROM uwsgi_log WHERE status >= 500', "telegraf")
        assert (row["n"], row["e"]) == (2400, failed["e"]), name
        assert row["p"] > 0
    one = "route = '/' AND host = 'web1' AND status_class = '2xx'"
    (minutes,) = server.rows(f'SELECT count("p50") AS n FROM "year"."uwsgi_log_1m" WHERE {one}', "telegraf")
    assert minutes["n"] == 4


def test_it_runs_as_the_command_of_its_documentation(server: Influxd, secrets: Path) -> None:
    command = [sys.executable, "-m", "influxdb.setup", "--version", "1", "--url", server.url, "--secrets", str(secrets)]
    assert subprocess.run(command, cwd=ROOT, check=False, capture_output=True).returncode == 0


def test_rolling_up_by_hand_gives_what_the_continuous_queries_give(own_influxd: Start, secrets: Path) -> None:
    server = own_influxd()
    set_up(server, secrets)
    api = Api(server.url)
    start = int(time.time()) // 3600 * 3600 - 2 * 3600
    for body in batches(requests(start, 3600, 5)):
        api.request("POST", "/write?db=telegraf&precision=ns", body, "text/plain")
    period = (time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment)) for moment in (start, start + 3600))
    v1.backfill(api, "telegraf", *period)
    questions = [f'SELECT * FROM "year"."{name}"' for name in ("uwsgi_log_1m", "uwsgi_log_1h")]
    expected = [server.query(question, "telegraf") for question in questions]
    assert all(expected)
    for name in ("uwsgi_log_1m", "uwsgi_log_1h"):
        server.query(f'DROP MEASUREMENT "{name}"', "telegraf")
    day = time.strftime("%Y-%m-%d", time.gmtime(start))
    assert rollup(["--version", "1", "--url", server.url, "--secrets", str(secrets), "--since", day]) == 0
    assert [server.query(question, "telegraf") for question in questions] == expected


def test_a_rollup_that_cannot_be_made_is_one_line(secrets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    assert rollup(["--version", "1", "--url", url, "--secrets", str(secrets), "--since", "2026-01-31"]) == 1
    assert capsys.readouterr().err.startswith(f"rollup: {url}: ")
