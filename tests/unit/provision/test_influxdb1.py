"""Preparing InfluxDB 1.x, by what is sent. On a real server it is in tests/integration/test_setup.py."""

from typing import Any

import pytest

from logshipper.outputs.api import Api, ApiError
from logshipper.provision.influxdb1 import grant, keep, set_up, text, user
from logshipper.provision.plan import GRAFANA, ROLLUP, SHIPPER, Administrator, Plan, SetupStep
from logshipper.provision.secret_store import ShownSecrets
from tests.support.recorded import Recorded, table

POLICIES = 'SHOW RETENTION POLICIES ON "telegraf"'


@pytest.mark.parametrize(
    ("days", "said", "sent"),
    [
        (None, SetupStep("kept", "retention autogen: for ever"), []),
        (30, SetupStep("changed", "retention autogen: 30 days instead of for ever", "older data will be deleted"),
         ['ALTER RETENTION POLICY "autogen" ON "telegraf" DURATION 30d']),
    ],
)  # fmt: skip
def test_what_is_kept_for_ever_stays_so_unless_somebody_chooses(
    days: int | None, said: SetupStep, sent: list[str]
) -> None:
    with Recorded({POLICIES: table(["autogen", "0s", "168h0m0s", 1, True])}).served() as server:
        assert keep(Api(server.url), "telegraf", "autogen", days, 30) == said
        assert [name for name, _ in server.changes] == sent


def test_a_new_policy_is_not_the_default_one() -> None:
    with Recorded({POLICIES: table(["autogen", "720h0m0s", "24h0m0s", 1, True])}).served() as server:
        assert keep(Api(server.url), "telegraf", "year", None, 366) == SetupStep("created", "retention year: 366 days")
        (sent, _), *_ = server.changes
        assert sent == ('CREATE RETENTION POLICY "year" ON "telegraf" DURATION 366d REPLICATION 1 SHARD DURATION 91d')


@pytest.mark.parametrize(
    ("has", "account", "sent"),
    [
        ([], SHIPPER, ['GRANT WRITE ON "telegraf" TO "shipper"']),
        ([], ROLLUP, ['GRANT ALL ON "telegraf" TO "rollup"']),
        (["telegraf", "READ"], GRAFANA, []),
        (["telegraf", "ALL PRIVILEGES"], GRAFANA, []),
        (["telegraf", "READ"], SHIPPER, ['GRANT ALL ON "telegraf" TO "shipper"']),
        (["other", "WRITE"], SHIPPER, ['GRANT WRITE ON "telegraf" TO "shipper"']),
    ],
)  # fmt: skip
def test_a_right_is_added_and_none_is_taken_away(has: list[str], account: Any, sent: list[str]) -> None:
    answers = {f'SHOW GRANTS FOR "{account.name}"': table(*([has] if has else []))}
    with Recorded(answers).served() as server:
        grant(Api(server.url), account, Plan())
        assert [name for name, _ in server.changes] == sent


def test_a_user_of_somebody_else_keeps_its_password() -> None:
    with Recorded({"SHOW USERS": table(["shipper", False])}).served() as server:
        secrets = ShownSecrets()
        step = user(Api(server.url), SHIPPER, Plan(), secrets)
        assert (step.state, server.changes, secrets.made) == ("kept", [], {})
        assert "--renew" in step.note
        assert user(Api(server.url), SHIPPER, Plan(renew=True), secrets).state == "changed"
        assert [name for name, _ in server.changes] == [
            f"SET PASSWORD FOR \"shipper\" = '{secrets.made['influxdb-shipper-password']}'"
        ]


def test_without_authentication_there_are_no_users() -> None:
    answers = {"SHOW DATABASES": table(["telegraf"]), POLICIES: table(["autogen", "0s", "168h0m0s", 1, True])}
    with Recorded(answers).served() as server:
        steps = list(set_up(Api(server.url), Administrator(), Plan(), ShownSecrets()))
        assert steps[-1] == SetupStep("kept", "no users: authentication is off on this server")
        assert [name.split()[0:4] for name, _ in server.changes] == [["CREATE", "RETENTION", "POLICY", '"year"']]


def test_a_wrong_password_makes_no_administrator() -> None:
    with Recorded({"SHOW DATABASES": 401}).served() as server:
        with pytest.raises(ApiError, match="401"):
            list(set_up(Api(server.url), Administrator("", "root", "pa55word"), Plan(), ShownSecrets()))
        assert server.changes == []


def test_a_string_cannot_end_itself() -> None:
    assert text("a'b\\c\n") == r"'a\'b\\c\n'"
