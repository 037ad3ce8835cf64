"""The set-up of InfluxDB 2.x on a real server. No Debian package has one: INFLUXD2 names the program.

Without it these tests are skipped, on every machine: they are for whoever changes logshipper/provision/influxdb2.py.
"""

import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from influxdb.make_secrets import main as make_secrets
from influxdb.setup import main
from logshipper.outputs.api import Api, ApiError
from logshipper.provision.rollup import catch_up
from tests.support.influxd2 import Influxd2
from tests.support.panels import holds_something, queries
from tests.support.traffic import batches, events, requests


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("secrets")
    make_secrets([str(folder)])
    return folder


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory, secrets: Path) -> Iterator[str]:
    """The address of an InfluxDB 2.x that was set up."""
    server = Influxd2(tmp_path_factory.mktemp("influxd2"))
    try:
        server.start()
        assert main(["--version", "2", "--url", server.url, "--secrets", str(secrets)]) == 0
        yield server.url
    finally:
        server.kill()


def signed_in(url: str, secrets: Path, user: str) -> Api:
    name = {"grafana": "influxdb-grafana-header", "shipper": "influxdb-shipper-token", "admin": "influxdb-admin-token"}
    value = (secrets / name[user]).read_text()
    return Api(url, {"Authorization": value if user == "grafana" else f"Token {value}"})


def test_running_the_setup_again_keeps_the_tokens(url: str, secrets: Path) -> None:
    admin = signed_in(url, secrets, "admin")
    paths = ("/api/v2/buckets", "/api/v2/authorizations", "/api/v2/tasks")
    counts = [len(str(admin.get(path)).split("'id'")) for path in paths]
    tokens = {path.name: path.read_text() for path in secrets.iterdir()}
    assert main(["--version", "2", "--url", url, "--secrets", str(secrets)]) == 0
    assert {path.name: path.read_text() for path in secrets.iterdir()} == tokens
    assert [len(str(admin.get(path)).split("'id'")) for path in paths] == counts


def test_a_lost_token_is_replaced_and_the_old_one_revoked(url: str, secrets: Path) -> None:
    path = secrets / "influxdb-shipper-token"
    old = signed_in(url, secrets, "shipper")
    path.unlink()
    assert main(["--version", "2", "--url", url, "--secrets", str(secrets)]) == 0
    signed_in(url, secrets, "shipper").request("POST", "/write?db=telegraf", b"x y=1", "text/plain")
    with pytest.raises(ApiError, match="401"):
        old.request("POST", "/write?db=telegraf", b"x y=1", "text/plain")


def test_grafana_can_only_read_and_the_shipper_only_write(url: str, secrets: Path) -> None:
    grafana, shipper = signed_in(url, secrets, "grafana"), signed_in(url, secrets, "shipper")
    shipper.request("POST", "/write?db=telegraf", b"x y=1", "text/plain")
    assert grafana.influxql("SELECT * FROM x", db="telegraf")
    with pytest.raises(ApiError, match="403"):
        grafana.request("POST", "/write?db=telegraf", b"x y=1", "text/plain")
    with pytest.raises(ApiError):
        shipper.influxql("SELECT * FROM x", db="telegraf")
    with pytest.raises(ApiError):
        grafana.influxql("DROP MEASUREMENT x", db="telegraf")


def test_every_panel_has_data_at_any_range(url: str, secrets: Path) -> None:
    end = int(time.time()) // 3600 * 3600
    shipper, grafana = signed_in(url, secrets, "shipper"), signed_in(url, secrets, "grafana")
    for body in batches(itertools.chain(requests(end - 3600, 3600, 5), events(end - 3600, 3600))):
        shipper.request("POST", "/write?db=telegraf&precision=ns", body, "text/plain")
    catch_up(signed_in(url, secrets, "admin"), "telegraf", end - 24 * 3600, end)
    for hours in (1, 6, 30 * 24):
        found: dict[str, bool] = {}
        for query in queries():
            if query.source == "telegraf":
                series = grafana.influxql(query.influxql(end - hours * 3600, end), db="telegraf")
                found[query.panel] = holds_something(series) or found.get(query.panel, False)
        assert [panel for panel, any_data in found.items() if not any_data] == [], f"{hours} hours"


def test_tasks_of_earlier_versions_are_deleted(url: str, secrets: Path) -> None:
    admin = signed_in(url, secrets, "admin")
    organization = admin.get("/api/v2/orgs", org="flaskfana")["orgs"][0]["id"]
    flux = 'option task = {name: "uwsgi_log_1m", every: 1h} from(bucket: "telegraf") |> range(start: -1m)'
    admin.send("POST", "/api/v2/tasks", {"orgID": organization, "flux": flux, "status": "active"})
    assert main(["--version", "2", "--url", url, "--secrets", str(secrets)]) == 0
    assert admin.get("/api/v2/tasks", name="uwsgi_log_1m")["tasks"] == []
