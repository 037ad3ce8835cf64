"""Every query of every panel, variable, annotation and alert, against a real influxd and a real Prometheus."""

import itertools
import json
import subprocess
import time
import urllib.parse
from collections.abc import Iterator
from typing import Any

import pytest

from influxdb import v1
from influxdb.api import Api
from tests.support.influxd import Influxd
from tests.support.needs import need
from tests.support.network import fetch, free_port
from tests.support.panels import Query, holds_something, queries
from tests.support.processes import Server
from tests.support.traffic import batches, events, requests, scrapes

HOUR = 3600
START = int(time.time()) // 60 * 60 - HOUR


def of(source: str) -> list[Any]:
    return [pytest.param(query, id=query.place) for query in queries() if query.source == source]


@pytest.fixture(scope="module")
def telegraf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influxd]:
    """An influxd with an hour of traffic, and the rollups of that hour by the continuous queries' own words."""
    server = Influxd(tmp_path_factory.mktemp("influxd")).start()
    try:
        api = Api(server.url)
        api.influxql('CREATE DATABASE "telegraf"')
        v1.keep(api, "telegraf", "year", 366)
        for body in batches(itertools.chain(requests(START, HOUR, 5), events(START, HOUR))):
            assert fetch(f"{server.url}/write?db=telegraf&precision=ns", body, timeout=60)[0] == 204
        v1.backfill(api, "telegraf", rfc3339(START), rfc3339(START + HOUR))
        yield server
    finally:
        server.kill()


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Prometheus with an hour of scrapes."""
    folder = tmp_path_factory.mktemp("prometheus")
    metrics, data = folder / "metrics.txt", folder / "data"
    metrics.write_text("\n".join(scrapes(START, HOUR)) + "\n# EOF\n")
    make = [
        need("promtool", package="prometheus"),
        "tsdb",
        "create-blocks-from",
        "openmetrics",
        str(metrics),
        str(data),
    ]
    subprocess.run(make, check=True, stdout=subprocess.DEVNULL)
    config, address = folder / "prometheus.yml", f"127.0.0.1:{free_port()}"
    config.write_text("global: {scrape_interval: 15s}\n")
    command = [need("prometheus", package="prometheus"), f"--config.file={config}", f"--storage.tsdb.path={data}"]
    command += ["--storage.tsdb.retention.time=10y", f"--web.listen-address={address}"]
    server = Server(command, folder / "out").start()
    server.wait_ready(lambda: fetch(f"http://{address}/-/ready")[0] == 200)
    yield f"http://{address}"
    server.kill()


def rfc3339(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


@pytest.mark.parametrize("query", of("telegraf"))
def test_influxql_gives_the_panel_something_to_draw(telegraf: Influxd, query: Query) -> None:
    found = telegraf.query(query.influxql(START, START + HOUR), "telegraf")
    assert holds_something(found), query.text


@pytest.mark.parametrize("query", of("prometheus"))
def test_promql_gives_the_panel_something_to_draw(prometheus: str, query: Query) -> None:
    end = START + HOUR - 30
    form: dict[str, Any] = {"query": query.promql(START, end), "time": end}
    path = "query"
    if not query.instant:
        form, path = {**form, "start": START + 120, "end": end, "step": 30}, "query_range"
    status, body = fetch(f"{prometheus}/api/v1/{path}?{urllib.parse.urlencode(form)}")
    assert status == 200, body
    found = json.loads(body)["data"]["result"]
    assert found, query.text
    assert any(value != "NaN" for one in found for _, value in one.get("values", [one.get("value")])), query.text


def test_no_error_reads_as_nought_and_not_as_no_data(own_influxd: Any) -> None:
    server = own_influxd()
    server.create("telegraf")
    for status, count in ((200, 3), (404, 1)):
        for number in range(count):
            point = f"uwsgi_log,status_class={status // 100}xx status={status}i,resTime=1i {START + status}{number:09}"
            assert fetch(f"{server.url}/write?db=telegraf&precision=ns", point.encode())[0] == 204
    (query,) = [query for query in queries() if query.place == "alert: Error rate"]
    (row,) = server.rows(query.influxql(START, START + HOUR), "telegraf")
    assert row["mean"] == 0
    server.query("DROP MEASUREMENT uwsgi_log", "telegraf")
    statuses = (499, 500, 503, 599, 200, 301, 100, 511)
    for number, status in enumerate(statuses):
        point = f"uwsgi_log status={status}i,resTime=1i {START}{number:09}"
        assert fetch(f"{server.url}/write?db=telegraf&precision=ns", point.encode())[0] == 204
    (row,) = server.rows(query.influxql(START, START + HOUR), "telegraf")
    assert row["mean"] == pytest.approx(100 * 4 / len(statuses))


def test_a_log_table_limits_and_sorts(telegraf: Influxd) -> None:
    (log,) = [query for query in queries() if query.place == "uwsgi-requests: Log (A)"]
    rows = telegraf.rows(log.influxql(START, START + HOUR), "telegraf")
    assert len(rows) == 500
    assert [row["time"] for row in rows] == sorted((row["time"] for row in rows), reverse=True)
    (newest,) = telegraf.rows('SELECT last("status") FROM uwsgi_log', "telegraf")
    assert rows[0]["time"] == newest["time"]


def test_rollups_add_up_to_the_requests(telegraf: Influxd) -> None:
    (rolled,) = telegraf.rows(
        'SELECT sum("count") AS n, sum("errors") AS e, sum("bytes") AS b FROM "year"."uwsgi_log_1m"', "telegraf"
    )
    (raw,) = telegraf.rows('SELECT count("resTime") AS n, sum("resSize") AS b FROM uwsgi_log', "telegraf")
    (failed,) = telegraf.rows("SELECT count(\"resTime\") AS e FROM uwsgi_log WHERE status_class = '5xx'", "telegraf")
    assert (rolled["n"], rolled["b"], rolled["e"]) == (raw["n"], raw["b"], failed["e"])
    assert raw["n"] == 5 * HOUR
