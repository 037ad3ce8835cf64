"""Preparing InfluxDB 3 Core, by the calls that its documentation describes; no real one was at hand."""

from logshipper.outputs.api import Api
from logshipper.provision.influxdb3 import set_up, signed
from logshipper.provision.plan import Administrator, Plan, SetupStep
from logshipper.provision.secret_store import ShownSecrets
from tests.support.recorded import Recorded

DATABASES = "/api/v3/configure/database"
ADMINISTRATOR = Administrator("apiv3_adm1n")


def test_both_databases_are_created_and_the_token_is_everybodys() -> None:
    with Recorded({f"GET {DATABASES}": [], f"POST {DATABASES}": {}}).served() as server:
        secrets = ShownSecrets()
        found = list(set_up(Api(server.url), ADMINISTRATOR, Plan(), secrets))
        assert found[:2] == [
            SetupStep("created", "database telegraf: 30 days"),
            SetupStep("created", "database telegraf/year: 366 days"),
        ]
        assert [body for _, body in server.changes] == [
            {"db": "telegraf", "retention_period": "30d"}, {"db": "telegraf/year", "retention_period": "366d"},
        ]  # fmt: skip
        assert set(secrets.made.values()) == {"apiv3_adm1n"}
        assert server.headers["Authorization"] == "Bearer apiv3_adm1n"


def test_what_exists_is_kept_unless_somebody_chooses_a_period() -> None:
    there = [{"iox::database": "telegraf"}, {"iox::database": "telegraf/year"}]
    with Recorded({f"GET {DATABASES}": there, f"PUT {DATABASES}": {}}).served() as server:
        list(set_up(Api(server.url), ADMINISTRATOR, Plan(), ShownSecrets()))
        assert server.changes == []
        list(set_up(Api(server.url), ADMINISTRATOR, Plan(days=7), ShownSecrets()))
        assert server.changes == [(f"PUT {DATABASES}", {"db": "telegraf", "retention_period": "7d"})]


def test_a_server_without_authentication_needs_no_token() -> None:
    assert signed("") == {}
