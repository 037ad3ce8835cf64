"""Which InfluxDB answers, and what an error says to do."""

from collections.abc import Mapping
from typing import Any

import pytest

from logshipper.errors import RunError
from logshipper.outputs.api import Api, ApiError
from logshipper.provision.grafana import Login
from logshipper.provision.plan import Administrator, Plan
from logshipper.provision.secret_store import ShownSecrets
from logshipper.provision.server import for_rollups, grafanas_login, set_up, version_of
from tests.support.recorded import Recorded


@pytest.mark.parametrize(
    ("answers", "version"),
    [
        ({"GET /ping": {}, "version": "1.6.7"}, "1"),
        ({"GET /ping": {}, "version": "v2.9.1"}, "2"),
        ({"GET /ping": {}, "version": "dev", "GET /api/v2/setup": {"allowed": False}}, "2"),
        ({"GET /ping": {}, "version": "3.12.0"}, "3"),
        ({"GET /ping": 401}, "3"),
    ],
)
def test_the_version_is_recognised(answers: Mapping[str, Any], version: str) -> None:
    with Recorded(answers).served() as server:
        assert version_of(Api(server.url)) == version


def test_a_stranger_is_not_taken_for_influxdb() -> None:
    with Recorded({"GET /ping": {}}).served() as server, pytest.raises(ApiError, match="is not InfluxDB"):
        version_of(Api(server.url))


@pytest.mark.parametrize(("version", "fix"), [("1", "INFLUX_USER"), ("2", "INFLUX_TOKEN"), ("3", "--admin")])
def test_what_is_missing_to_sign_in_is_named(version: str, fix: str) -> None:
    answers = {"SHOW DATABASES": 401, "GET /api/v2/setup": 401, "GET /api/v3/configure/database": 401}
    with Recorded(answers).served() as server, pytest.raises(RunError) as found:
        list(set_up(Api(server.url), version, Administrator(), Plan(), ShownSecrets()))
    assert fix in found.value.fix


def test_the_rollups_have_an_account_of_their_own() -> None:
    store, given = ShownSecrets(), Administrator("given", "root", "pa55word")
    api = Api("http://127.0.0.1:1")
    assert [for_rollups(api, version, store, lambda: given).headers["Authorization"] for version in "23"] == [
        "Token given", "Bearer given",
    ]  # fmt: skip
    assert for_rollups(api, "1", store, Administrator).headers == {}

    def nobody() -> Administrator:
        raise AssertionError("nobody else is asked for")

    for name in ("influxdb-rollup-token", "influxdb3-rollup-token", "influxdb-rollup-password"):
        store.write(name, "0wn")
    assert [for_rollups(api, version, store, nobody).headers["Authorization"] for version in "123"] == [
        "Basic cm9sbHVwOjB3bg==", "Token 0wn", "Bearer 0wn",
    ]  # fmt: skip


def test_grafana_signs_in_as_its_own_account() -> None:
    store = ShownSecrets()
    with Recorded({"SHOW DATABASES": 401}).served() as server:
        api = Api(server.url)
        assert grafanas_login(api, "1", store) == Login("grafana", missing=True)
        assert grafanas_login(api, "2", store) == Login(missing=True)
        for name in ("influxdb-grafana-password", "influxdb-grafana-token", "influxdb3-grafana-token"):
            store.write(name, "0wn")
        assert [grafanas_login(api, version, store) for version in "123"] == [
            Login("grafana", "0wn"), Login(header="Token 0wn"), Login("grafana", "0wn"),
        ]  # fmt: skip
    with Recorded({}).served() as server:
        assert grafanas_login(Api(server.url), "1", store) == Login()
