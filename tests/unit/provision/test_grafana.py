"""Preparing Grafana, by recorded answers of 12.3: what is sent, and that nothing is when nothing is wrong.

With a real one, named by GRAFANA, it is in tests/grafana/test_setup.py.
"""

import json
from typing import Any

import pytest

from logshipper.outputs.api import Api, ApiError
from logshipper.package_data import folder
from logshipper.provision.grafana import (
    Login,
    contains,
    healthy,
    influxdb_source,
    prometheus_source,
    set_up,
    sources_of,
)
from logshipper.provision.plan import SetupStep
from tests.support.recorded import Recorded

DATA = folder("grafana")
SOURCE = influxdb_source("http://db:8086", "telegraf", Login("grafana", "pa55word"))
DATASOURCE, HEALTH = "/api/datasources/uid/telegraf", "/api/datasources/uid/telegraf/health"
RULES = json.loads((DATA / "provisioning" / "alerting" / "rules.json").read_text())["groups"][0]["rules"]
DASHBOARDS = [json.loads(path.read_text()) for path in (DATA / "dashboards").glob("*.json")]
EMPTY: dict[str, Any] = {
    "POST /api/datasources": {"id": 1, "message": "Datasource added"},
    f"GET {HEALTH}": {"message": "datasource is working. 0 measurements found", "status": "OK"},
    "POST /api/folders": {"id": 1, "uid": "flaskfana", "title": "Flaskfana", "version": 1},
    "POST /api/dashboards/db": {"id": 2, "uid": "flaskfana-uwsgi", "status": "success", "version": 1},
    "POST /api/v1/provisioning/alert-rules": {"id": 1, "orgID": 1, "provenance": ""},
}
# With what 12.3 adds to what it was given.
FULL: dict[str, Any] = {
    **EMPTY,
    f"GET {DATASOURCE}": {
        "id": 1, "orgId": 1, "isDefault": True, "readOnly": False, "secureJsonFields": {"password": True}, "version": 2,
        **{name: value for name, value in SOURCE.items() if name != "secureJsonData"},
    },
    "GET /api/folders/flaskfana": {"id": 1, "uid": "flaskfana", "title": "Flaskfana", "version": 1},
    **{
        f"GET /api/dashboards/uid/{one['uid']}": {
            "meta": {"provisioned": False, "folderUid": "flaskfana"}, "dashboard": {**one, "id": 2, "version": 1},
        }
        for one in DASHBOARDS
    },
    **{
        f"GET /api/v1/provisioning/alert-rules/{one['uid']}": {
            **one, "id": 1, "orgID": 1, "folderUID": "flaskfana", "ruleGroup": "requests and shipping",
            "isPaused": True,
            "for": one["for"] + "0s", "keep_firing_for": "0s", "record": None,
            "data": [{**query, "queryType": ""} for query in one["data"]],
        }
        for one in RULES
    },
}  # fmt: skip


def run(server: Recorded, *more: dict[str, Any], login: Login | None = None, **options: Any) -> list[SetupStep]:
    api = Api(server.url, {"Authorization": "Bearer glsa_t0ken"}, **options)
    return list(set_up(api, login or Login("grafana", "pa55word"), [SOURCE, *more], DATA))


def test_a_grafana_that_has_nothing_gets_datasource_folder_dashboard_and_rules() -> None:
    with Recorded(EMPTY).served() as server:
        steps = run(server)
        assert {step.what: step.state for step in steps if "Prometheus" not in step.note} == {
            "datasource Flaskfana requests: http://db:8086": "created",
            "folder Flaskfana": "created",
            "dashboard uWSGI requests": "created",
            "alert rule Error rate": "created",
            "alert rule Slow answers": "created",
            "alert rule No requests": "created",
            "alert rule A worker died": "created",
        }
        assert server.changes[0] == ("POST /api/datasources", SOURCE)
        assert SOURCE["secureJsonData"] == {"password": "pa55word"}
        (rule, *_) = [body for name, body in server.changes if name.endswith("alert-rules")]
        assert (rule["folderUID"], rule["ruleGroup"]) == ("flaskfana", "requests and shipping")


@pytest.mark.slow
def test_what_needs_a_prometheus_is_left_out_and_named_unless_there_is_one() -> None:
    with Recorded(EMPTY).served() as server:
        skipped = [step for step in run(server) if step.state == "skipped"]
        assert [step.what.split()[0] for step in skipped] == ["dashboard"] * 2 + ["alert"] * 3
        assert {step.note for step in skipped} == {"it needs a Prometheus: --prometheus URL"}
    answers = {**EMPTY, "GET /api/datasources/uid/prometheus/health": {"status": "OK"}}
    with Recorded(answers).served() as server:
        assert {step.state for step in run(server, prometheus_source("http://prom:9090"))} == {"created"}


def test_a_second_run_changes_nothing() -> None:
    answers = {**FULL, "GET /api/datasources/uid/prometheus": {"uid": "prometheus"}}
    with Recorded(answers).served() as server:
        assert ({step.state for step in run(server)}, server.changes) == ({"kept"}, [])


def test_a_dry_run_changes_nothing() -> None:
    for answers in (EMPTY, {**FULL, f"GET {HEALTH}": 400}):
        with Recorded(answers).served() as server:
            run(server, dry_run=True, login=Login(missing=True))
            assert server.changes == []


def test_what_differs_is_changed_and_what_the_operator_chose_stays() -> None:
    rule = FULL["GET /api/v1/provisioning/alert-rules/flaskfana-p95"]
    answers = {
        **FULL,
        f"GET {DATASOURCE}": {**FULL[f"GET {DATASOURCE}"], "url": "http://old:8086", "name": "mine"},
        f"PUT {DATASOURCE}": {},
        "GET /api/v1/provisioning/alert-rules/flaskfana-p95": {**rule, "condition": "B"},
        "PUT /api/v1/provisioning/alert-rules/flaskfana-p95": {},
        "GET /api/dashboards/uid/flaskfana-uwsgi": {"meta": {"folderUid": "team"}, "dashboard": {"title": "old"}},
    }
    with Recorded(answers).served() as server:
        assert [step.what for step in run(server) if step.state == "changed"] == [
            "datasource Flaskfana requests: http://db:8086", "dashboard uWSGI requests", "alert rule Slow answers",
        ]  # fmt: skip
        (_, source), (_, dashboard), (_, changed) = server.changes
    assert (source["name"], source["url"], source["isDefault"]) == ("mine", "http://db:8086", True)
    assert (dashboard["folderUid"], dashboard["overwrite"]) == ("team", True)
    assert (changed["condition"], changed["isPaused"]) == ("C", True)


def test_what_comes_from_provisioning_files_is_left_alone() -> None:
    answers = {
        **FULL,
        f"GET {DATASOURCE}": {"uid": "telegraf", "name": "telegraf", "readOnly": True, "jsonData": {}},
        "GET /api/dashboards/uid/flaskfana-uwsgi": {"meta": {"provisioned": True}, "dashboard": {}},
    }
    with Recorded(answers).served() as server:
        notes = [step.note for step in run(server) if "provisioning file" in step.note]
        assert (len(notes), server.changes) == (2, [])


def test_without_the_password_nothing_is_changed_and_the_fix_is_named() -> None:
    with Recorded({}).served() as server:
        with pytest.raises(ApiError, match="password or token for InfluxDB is not known here") as found:
            run(server, login=Login("grafana", missing=True))
        assert ("--renew" in found.value.fix, server.changes) == (True, [])
    with Recorded(FULL).served() as server:  # the datasource works: it is known there
        run(server, login=Login("grafana", missing=True))
        assert server.changes == []


def test_a_datasource_that_does_not_work_is_an_error_with_grafanas_words() -> None:
    with Recorded({}).served() as server, pytest.raises(ApiError, match="Flaskfana requests does not work") as found:
        healthy(Api(server.url), SOURCE)
    assert found.value.fix == "--datasource-url must be an address that Grafana's machine reaches"


def test_influxdb_2_gets_the_token_in_a_header() -> None:
    source = influxdb_source("http://db:8086", "b", Login(header="Token t0ken"))
    assert source["jsonData"]["httpHeaderName1"] == "Authorization"
    assert source["secureJsonData"] == {"httpHeaderValue1": "Token t0ken"}


def test_a_dashboard_names_its_datasources() -> None:
    assert {one["title"]: sources_of(one) for one in DASHBOARDS} == {
        "uWSGI requests": {"telegraf"}, "Flask (Prometheus)": {"prometheus"}, "Shipper": {"prometheus"},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("found", "wanted", "same"),
    [
        ({"a": 1, "b": 2}, {"a": 1}, True),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ({}, {"a": [], "b": "", "c": None}, True),
        ([1, 2], [1], False),
        ("2m0s", "2m", True),
        ("3m", "2m", False),
        ("B", "C", False),
        (None, {"a": 1}, False),
    ],
)
def test_a_server_may_have_more_than_is_wanted(found: Any, wanted: Any, same: bool) -> None:
    assert contains(found, wanted) == same
