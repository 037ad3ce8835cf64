"""Grafana's datasource; its other answers are in tests/integration/test_check.py."""

import json
from collections.abc import Mapping

from logshipper.checks.grafana import check_grafana
from tests.support.http_server import Answer, http_server


def test_the_token_of_the_environment_is_sent() -> None:
    seen = []

    def answer(headers: Mapping[str, str], _: bytes) -> Answer:
        seen.append(headers.get("Authorization"))
        return Answer(200, b"[]")

    with http_server(answer) as url:
        list(check_grafana(url, ["logs"], {"GRAFANA_TOKEN": "a-token"}))
        list(check_grafana(url, ["logs"], {"GRAFANA_USER": "u", "GRAFANA_PASSWORD": "p"}))
        list(check_grafana(url, ["logs"], {}))
    assert seen == ["Bearer a-token", "Basic dTpw", None]


def test_a_datasource_is_found_by_each_name_that_grafana_has_for_a_database() -> None:
    sources = [
        {"name": "old", "uid": "a", "type": "influxdb", "database": "logs"},
        {"name": "one", "uid": "b", "type": "influxdb", "jsonData": {"dbName": "logs"}},
        {"name": "two", "uid": "c", "type": "influxdb", "jsonData": {"defaultBucket": "logs"}},
        {"name": "other", "uid": "d", "type": "influxdb", "jsonData": {"dbName": "others"}},
        {"name": "prometheus", "uid": "e", "type": "prometheus"},
    ]

    def answer(headers: Mapping[str, str], _: bytes) -> Answer:
        return Answer(200, json.dumps({"status": "OK"} if "health" in headers[":path"] else sources).encode())

    with http_server(answer) as url:
        found = list(check_grafana(url, ["logs"], {}))
    assert [one.text.rpartition("datasource ")[2] for one in found] == ["old works", "one works", "two works"]


def test_without_an_influxdb_there_is_nothing_to_compare() -> None:
    (found,) = check_grafana("http://127.0.0.1:1", [], {})
    assert (found.status, "no output of these settings is an InfluxDB" in found.text) == ("doubtful", True)


def test_without_a_server_it_says_to_start_it() -> None:
    (found,) = check_grafana("http://127.0.0.1:1", ["logs"], {})
    assert (found.status, found.fix) == ("bad", "start Grafana, or correct --grafana")
