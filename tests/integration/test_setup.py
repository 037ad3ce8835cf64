"""`logshipper setup` on real servers: InfluxDB 1.x, and 2.x where INFLUXD2 names one. Twice without harm."""

import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from logshipper.outputs.api import Api, ApiError, basic
from logshipper.provision.influxdb2 import signed
from tests.support.influxd import Influxd
from tests.support.influxd2 import Influxd2

ADMIN = {"INFLUX_USER": "root", "INFLUX_PASSWORD": "r00t-pa55word"}
NAMES = ("shipper", "grafana", "rollup")
TOKEN = "r00t-t0ken-r00t-t0ken"


def logshipper(folder: Path, *arguments: str, env: Mapping[str, str] = ADMIN) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "logshipper", *arguments, "--secrets", str(folder)]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("INFLUX_")}
    return subprocess.run(command, env={**inherited, **env}, capture_output=True, text=True, check=False)


def words(done: subprocess.CompletedProcess[str]) -> set[str]:
    """Return what became of things, in one word each."""
    assert done.returncode == 0, done.stderr
    return {line.split()[0] for line in done.stdout.splitlines()[1:]}


def secrets_in(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()} if folder.exists() else {}


@pytest.fixture
def server(own_influxd: Callable[..., Influxd]) -> Influxd:
    return own_influxd(settings={"HTTP_AUTH_ENABLED": "true"})


def state(url: str) -> list[Any]:
    admin = Api(url, basic(ADMIN["INFLUX_USER"], ADMIN["INFLUX_PASSWORD"]))
    asked = ["SHOW DATABASES", "SHOW RETENTION POLICIES ON requests", "SHOW USERS"]
    return [
        admin.influxql(one) for one in [*asked, *(f"SHOW GRANTS FOR {n}" for n in ("shipper", "grafana", "rollup"))]
    ]


def test_influxdb_1_is_prepared_and_the_second_run_changes_nothing(server: Influxd, tmp_path: Path) -> None:
    url, folder = f"{server.url}/requests", tmp_path / "secrets"
    assert words(logshipper(folder, "setup", url, "--dry-run")) == {"would"}
    assert secrets_in(folder) == {}
    with pytest.raises(ApiError, match="403"):  # no user was made
        Api(server.url).influxql("SHOW DATABASES")
    assert words(logshipper(folder, "setup", url)) == {"created", "kept"}
    made, before = secrets_in(folder), state(server.url)
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert words(logshipper(folder, "setup", url)) == {"kept"}
    assert words(logshipper(folder, "setup", url, "--dry-run", "--keep", "7d")) == {"kept", "would"}
    elsewhere = logshipper(tmp_path / "elsewhere", "setup", url)
    assert words(elsewhere) == {"kept"}
    assert "--renew" in elsewhere.stdout
    assert (secrets_in(folder), state(server.url)) == (made, before)


def test_each_user_of_influxdb_1_can_do_its_work_and_no_more(server: Influxd, tmp_path: Path) -> None:
    url, folder = f"{server.url}/requests", tmp_path / "secrets"
    logshipper(folder, "setup", url)
    made = secrets_in(folder)
    as_user = {name: Api(server.url, basic(name, made[f"influxdb-{name}-password"])) for name in NAMES}
    point = b"uwsgi_log,host=a,route=/,method=GET,status_class=2xx resTime=5i,resSize=1i,status=200i"
    as_user["shipper"].request("POST", "/write?db=requests", point, "text/plain")
    with pytest.raises(ApiError, match="403"):
        as_user["grafana"].request("POST", "/write?db=requests", point, "text/plain")
    with pytest.raises(ApiError, match="403"):
        as_user["shipper"].influxql("SELECT * FROM uwsgi_log", db="requests")
    assert logshipper(folder, "rollup", url, "--once", env={}).returncode == 0
    for name in ('"uwsgi_log_minutes"', '"year"."uwsgi_log_hours"'):
        assert as_user["grafana"].influxql(f"SELECT n FROM {name} WHERE level = 'total'", db="requests")


def test_wrong_credentials_are_one_line_with_the_fix_and_without_the_password(server: Influxd, tmp_path: Path) -> None:
    logshipper(tmp_path, "setup", server.url)
    done = logshipper(tmp_path, "setup", server.url, env={**ADMIN, "INFLUX_PASSWORD": "an0ther"})
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "set INFLUX_USER and INFLUX_PASSWORD to an administrator's" in done.stderr
    assert "an0ther" not in done.stdout + done.stderr


def test_a_database_that_exists_keeps_its_data_and_its_period(own_influxd: Any, tmp_path: Path) -> None:
    server: Influxd = own_influxd()
    server.create("requests")
    done = logshipper(tmp_path / "secrets", "setup", f"{server.url}/requests", env={})
    assert "kept     retention autogen: for ever" in done.stdout
    assert "no users: authentication is off" in done.stdout
    assert secrets_in(tmp_path / "secrets") == {}


@pytest.fixture
def server2(tmp_path: Path) -> Iterator[Influxd2]:
    server = Influxd2(tmp_path / "influxd2")
    try:
        yield server.start()
    finally:
        server.kill()


def test_influxdb_2_is_prepared_and_the_second_run_changes_nothing(server2: Influxd2, tmp_path: Path) -> None:
    url, folder, env = f"{server2.url}/requests", tmp_path / "secrets", {**ADMIN, "INFLUX_TOKEN": TOKEN}
    assert words(logshipper(folder, "setup", url, "--dry-run", env=env)) == {"would"}
    assert Api(server2.url).get("/api/v2/setup")["allowed"]
    assert "created" in words(logshipper(folder, "setup", url, env=env))
    made, admin = secrets_in(folder), Api(server2.url, signed(TOKEN))
    paths = ("/api/v2/buckets", "/api/v2/dbrps?orgID=" + admin.get("/api/v2/orgs")["orgs"][0]["id"])
    before = [admin.get(path) for path in (*paths, "/api/v2/authorizations")]
    assert words(logshipper(folder, "setup", url, env=env)) == {"kept"}
    assert words(logshipper(tmp_path / "elsewhere", "setup", url, env=env)) == {"kept"}
    assert words(logshipper(folder, "setup", url, "--dry-run", "--keep", "7d", env=env)) == {"kept", "would"}
    assert ([admin.get(path) for path in (*paths, "/api/v2/authorizations")], secrets_in(folder)) == (before, made)
    shipper = Api(server2.url, signed(made["influxdb-shipper-token"]))
    point = b"uwsgi_log,host=a,route=/,method=GET,status_class=2xx resTime=5i,resSize=1i,status=200i"
    shipper.request("POST", "/write?db=requests", point, "text/plain")
    assert logshipper(folder, "rollup", url, "--once", env={}).returncode == 0
    grafana = Api(server2.url, signed(made["influxdb-grafana-token"]))
    assert grafana.influxql('SELECT n FROM "year"."uwsgi_log_hours" WHERE level = \'total\'', db="requests")
    with pytest.raises(ApiError, match="403"):
        grafana.request("POST", "/write?db=requests", point, "text/plain")
