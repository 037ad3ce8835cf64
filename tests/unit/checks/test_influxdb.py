"""InfluxDB: what its answers mean. The real server is in tests/integration/test_check.py."""

import json
import time
from collections.abc import Mapping
from email.utils import formatdate

import pytest

from logshipper.checks.finding import Finding
from logshipper.checks.influxdb import check_influxdb
from logshipper.settings.options import InfluxDB2
from tests.support.http_server import Answer, http_server

NOW = 1_800_000_000.0


def check(answers: Mapping[str, Answer], oldest: float | None = None) -> list[Finding]:
    """Check a bucket on a server that answers each path with what is given, and 204 otherwise."""

    def answer(headers: Mapping[str, str], _: bytes) -> Answer:
        path = headers[":path"].partition("?")[0]
        return answers.get(path, Answer(204))

    with http_server(answer) as url:
        return list(check_influxdb(InfluxDB2(urls=[url], bucket="b", token="secret-token"), oldest, NOW))


ROW = {"results": [{"series": [{"columns": ["time", "value"], "values": [[1, 1]]}]}]}
FOUND = Answer(200, json.dumps(ROW).encode())
BUCKET = Answer(200, json.dumps({"buckets": [{"retentionRules": [{"everySeconds": 3600}]}]}).encode())


def test_a_bucket_that_takes_points_is_good() -> None:
    found = check({"/query": FOUND, "/api/v2/buckets": BUCKET}, oldest=NOW)
    assert [one.status for one in found] == ["good"] * 3
    assert "written, read back and removed" in found[1].text
    assert "kept for 1 h" in found[2].text


def test_older_lines_than_the_bucket_keeps_are_doubtful() -> None:
    found = check({"/query": FOUND, "/api/v2/buckets": BUCKET}, oldest=NOW - 7200)
    assert [one.status for one in found] == ["good", "good", "doubtful"]


def test_a_token_that_only_writes_is_enough() -> None:
    denied = Answer(401, b'{"code":"unauthorized","message":"unauthorized access"}')
    found = check({"/query": denied, "/api/v2/buckets": denied})
    assert {one.status for one in found} == {"good"}
    assert found[-1].text.endswith("how long points are kept, only an administrator may ask")


def test_a_token_that_does_not_see_its_bucket_only_writes_whatever_influxql_says() -> None:
    missing = Answer(200, b'{"results":[{"error":"database not found: b"}]}')
    found = check({"/query": missing, "/api/v2/buckets": Answer(200, b'{"buckets": []}')})
    assert {one.status for one in found} == {"good"}
    assert "writing only" in found[1].text


def test_a_bucket_that_influxql_does_not_know_is_doubtful() -> None:
    missing = Answer(200, b'{"results":[{"error":"database not found: b"}]}')
    found = check({"/query": missing})
    assert found[1].status == "doubtful"
    assert found[1].fix.startswith("map it: influx v1 dbrp create --db b")


def test_a_point_that_cannot_be_removed_is_said() -> None:
    found = check({"/query": FOUND, "/api/v2/delete": Answer(404, b"")})
    assert [one.status for one in found] == ["good", "doubtful", "good"]
    assert "could not be removed" in found[1].text


def test_a_point_that_vanished_is_bad() -> None:
    assert check({"/query": Answer(200, b'{"results":[{}]}')})[1].status == "bad"


@pytest.mark.parametrize("seconds", [-600, 600])
def test_clocks_that_differ_are_doubtful(seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    monkeypatch.setattr("logshipper.outputs.influx_probe.time.time", lambda: now + seconds)
    monkeypatch.setattr("http.server.BaseHTTPRequestHandler.date_time_string", lambda *_: formatdate(now, usegmt=True))
    assert check({"/query": FOUND})[0].status == "doubtful"
