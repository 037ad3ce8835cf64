"""Preparing InfluxDB 2.x, by recorded answers of 2.9. On a real server it is in tests/integration/test_setup.py."""

from typing import Any

import pytest

from logshipper.outputs.api import Api, ApiError
from logshipper.provision.influxdb2 import find_organization, set_up
from logshipper.provision.plan import Administrator, Plan, SetupStep
from logshipper.provision.secret_store import NoSecrets, ShownSecrets
from tests.support.recorded import Recorded

ADMINISTRATOR = Administrator("adm1n-token", "root", "pa55word")
ORGANIZATIONS = {"orgs": [{"id": "0a", "name": "flaskfana"}]}
RULE = {"type": "expire", "everySeconds": 604_800, "shardGroupDurationSeconds": 86_400}
EXISTING = {
    "GET /api/v2/setup": {"allowed": False},
    "GET /api/v2/orgs": ORGANIZATIONS,
    "GET /api/v2/buckets": {"buckets": [{"id": "0b", "name": "telegraf", "retentionRules": [RULE]}]},
    "GET /api/v2/dbrps": {"content": [{"id": "0d", "bucketID": "0b", "database": "telegraf", "virtual": False}]},
    "GET /api/v2/authorizations": {
        "authorizations": [
            {"id": f"0{name[0]}", "description": f"logshipper {name} of telegraf"}
            for name in ("shipper", "grafana", "rollup")
        ]
    },
}
EMPTY = {
    "GET /api/v2/setup": {"allowed": False},
    "GET /api/v2/orgs": ORGANIZATIONS,
    "GET /api/v2/buckets": {"buckets": []},
    "POST /api/v2/buckets": {"id": "0b"},
    "GET /api/v2/dbrps": {"content": []},
    "POST /api/v2/dbrps": {"id": "0d"},
    "GET /api/v2/authorizations": {"authorizations": []},
    "POST /api/v2/authorizations": {"id": "0t", "token": "made-by-the-server"},
}
FRESH = {**EMPTY, "GET /api/v2/setup": {"allowed": True}, "POST /api/v2/setup": {"org": {"id": "0a"}}}


def steps(server: Recorded, plan: Plan, secrets: Any = None, **more: Any) -> list[SetupStep]:
    return list(set_up(Api(server.url, **more), ADMINISTRATOR, plan, secrets or ShownSecrets()))


def test_a_server_that_has_nothing_gets_everything_and_the_tokens_are_kept() -> None:
    with Recorded(EMPTY).served() as server:
        secrets = ShownSecrets()
        assert {step.state for step in steps(server, Plan(), secrets)} == {"created"}
        assert secrets.made == {
            f"influxdb-{name}-token": "made-by-the-server" for name in ("shipper", "grafana", "rollup")
        }
        asked = [body for name, body in server.changes if name == "POST /api/v2/authorizations"]
        assert [[one["action"] for one in body["permissions"]] for body in asked] == [
            ["write"], ["read", "read"], ["read", "write", "read", "write"],
        ]  # fmt: skip
        assert server.headers["Authorization"] == "Token adm1n-token"


def test_sums_of_a_long_range_lie_in_few_shards() -> None:
    for days, shard in ((None, 91), (7, 7)):
        with Recorded(EMPTY).served() as server:
            steps(server, Plan(rollup_days=days))
            rules = [body["retentionRules"][0] for name, body in server.changes if name == "POST /api/v2/buckets"]
        assert "shardGroupDurationSeconds" not in rules[0]
        assert rules[1]["shardGroupDurationSeconds"] == shard * 86_400


def test_what_exists_is_kept() -> None:
    with Recorded(EXISTING).served() as server:
        found = steps(server, Plan())
        assert ({step.state for step in found}, server.changes) == ({"kept"}, [])
        assert found[0] == SetupStep("kept", "bucket telegraf: 7 days")
        assert found[-1].note == "its value is not known here: --renew replaces it"


def test_a_period_that_somebody_chooses_replaces_the_old_one() -> None:
    with Recorded({**EXISTING, "PATCH /api/v2/buckets/0b": {}}).served() as server:
        found = steps(server, Plan(days=3))
        assert found[0] == SetupStep(
            "changed", "bucket telegraf: 3 days instead of 7 days", "older data will be deleted"
        )
        assert server.changes == [
            ("PATCH /api/v2/buckets/0b", {"retentionRules": [{"type": "expire", "everySeconds": 259_200}]})
        ]


@pytest.mark.parametrize("answers", [FRESH, EMPTY, EXISTING], ids=["fresh", "empty", "existing"])
def test_a_dry_run_changes_nothing(answers: dict[str, Any]) -> None:
    with Recorded(answers).served() as server:
        secrets = ShownSecrets()
        assert len(steps(server, Plan(days=3, renew=True), NoSecrets(secrets), dry_run=True)) >= 7
        assert (server.changes, secrets.made) == ([], {})


def test_a_fresh_server_gets_its_administrator_or_an_error_that_says_what_is_missing() -> None:
    with Recorded(FRESH).served() as server:
        assert steps(server, Plan())[0] == SetupStep("created", "organization flaskfana, administrator root")
        with pytest.raises(ApiError, match="nobody has set this server up") as found:
            list(set_up(Api(server.url), Administrator("token"), Plan(), ShownSecrets()))
        assert "INFLUX_USER" in found.value.fix


def test_several_organizations_are_named() -> None:
    two = {"orgs": [{"id": "0a", "name": "one"}, {"id": "0b", "name": "two"}]}
    with Recorded({"GET /api/v2/orgs": two}).served() as server:
        with pytest.raises(ApiError, match=r"which organization.*one, two") as found:
            find_organization(Api(server.url), "")
        assert found.value.fix == "name one with --org"
    with Recorded({}).served() as server, pytest.raises(ApiError, match="no organization three"):
        find_organization(Api(server.url), "three")
