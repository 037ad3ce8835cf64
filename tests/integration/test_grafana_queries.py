"""Every query of every panel, variable, annotation and alert, against a real influxd and a real Prometheus."""

import itertools
import json
import subprocess
import time
import urllib.parse
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest

from logshipper.outputs.api import Api
from logshipper.provision import deploys, influxdb1, influxdb2, rollup
from logshipper.provision.plan import ROLLUP_DAYS, YEAR, Administrator, Plan
from logshipper.provision.secret_store import SecretFolder
from tests.support.influxd import Influxd
from tests.support.influxd2 import Influxd2, patiently
from tests.support.needs import need
from tests.support.network import fetch, free_port
from tests.support.panels import Query, holds_something, queries
from tests.support.processes import Server
from tests.support.traffic import Request, batches, events, matches, parsed, requests, scrapes

HOUR = 3600
START = int(time.time()) // HOUR * HOUR - HOUR


def promql() -> list[Any]:
    return [pytest.param(query, id=query.place) for query in queries() if query.source == "prometheus"]


@pytest.fixture(scope="module", params=["1", "2"], ids=["InfluxDB 1", "InfluxDB 2"])
def telegraf(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """An InfluxDB with an hour of traffic, and the rollups of that hour."""
    folder = tmp_path_factory.mktemp("influxd")
    server = Influxd(folder) if request.param == "1" else Influxd2(folder)
    try:
        api = set_up_1(server.start().url) if request.param == "1" else set_up_2(server.start().url, folder)
        for body in batches(itertools.chain(requests(START, HOUR, 5), events(START, HOUR))):
            patiently(partial(api.request, "POST", "/write?db=telegraf&precision=ns", body, "text/plain"))
        patiently(lambda: rollup.catch_up(api, "telegraf", START - 24 * HOUR, START + HOUR))
        patiently(lambda: deploys.catch_up(api, "telegraf", START, START + HOUR))
        yield api
    finally:
        server.kill()


def set_up_1(url: str) -> Api:
    api = Api(url)
    api.influxql('CREATE DATABASE "telegraf"')
    influxdb1.keep(api, "telegraf", YEAR, None, ROLLUP_DAYS)
    return api


def set_up_2(url: str, secrets: Path) -> Api:
    admin = Administrator("a-token-of-the-admin", "admin", "a-password")
    list(influxdb2.set_up(Api(url), admin, Plan(), SecretFolder(secrets / "secrets")))
    return Api(url, influxdb2.signed(admin.token))


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


# Seconds that a dashboard looks back, and where its numbers then come from.
RANGES = {
    "requests": HOUR,
    "minutes": 6 * HOUR,
    "hours": 48 * HOUR,
    "six hours": 30 * 24 * HOUR,
    "days": 100 * 24 * HOUR,
}
STEPS = dict(zip(RANGES.values(), (0, 300, HOUR, 6 * HOUR, 24 * HOUR), strict=True))  # of the graphs
CHOICES: dict[str, dict[str, list[str]]] = {
    "all": {},
    "a host": {"host": ["web1"]},
    "two routes": {"route": ["/", "/api/obj/<int:id_num>"]},
    "all four": {"host": ["web2"], "route": ["/search"], "method": ["GET"], "status": ["2xx", "5xx"]},
}
END = START + HOUR


@cache
def known_requests() -> list[tuple[int, Request]]:
    """Return the second of each request, and what dashboards count of it."""
    return [(int(line.rpartition(" ")[2]) // 1_000_000_000, parsed(line)) for line in requests(START, HOUR, 5)]


def panels() -> list[Any]:
    names = dict.fromkeys(query.panel for query in queries() if query.source == "telegraf")
    return [pytest.param(name, id=name) for name in names]


def answers(server: Api, panel: str, seconds: int, **chosen: Any) -> list[list[dict[str, Any]]]:
    """Return what each query of a panel gets that looks back so far from the end of the traffic."""
    found = [query for query in queries() if query.panel == panel]
    return [ask(server, query.influxql(END - seconds, END, **chosen)) for query in found]


def ask(server: Api, influxql: str) -> list[dict[str, Any]]:
    return server.influxql(influxql, db="telegraf", epoch="ns")


@pytest.mark.parametrize("seconds", RANGES.values(), ids=RANGES)
@pytest.mark.parametrize("panel", panels())
def test_every_panel_has_data_at_any_range(telegraf: Api, panel: str, seconds: int) -> None:
    found = answers(telegraf, panel, seconds)
    assert any(map(holds_something, found))
    if panel.startswith("uwsgi-requests: ") and 3 <= len(found) <= 9:
        assert sum(map(holds_something, found)) == 1, "each range has one source"


@pytest.mark.parametrize("choice", CHOICES.values(), ids=CHOICES)
@pytest.mark.parametrize("seconds", RANGES.values(), ids=RANGES)
def test_the_numbers_match_the_requests(telegraf: Api, seconds: int, choice: dict[str, list[str]]) -> None:
    known = [request for _, request in known_requests() if matches(request, choice)]
    times = sorted(request.time for request in known)

    def number(panel: str) -> dict[str, float]:
        found = [one for answer in answers(telegraf, f"uwsgi-requests: {panel}", seconds, **choice) for one in answer]
        (series,) = found
        return dict(zip(series["columns"][1:], series["values"][0][1:], strict=True))

    assert [*number("Requests").values()] == [pytest.approx(len(known) / seconds)]
    failed = sum(request.status >= 500 for request in known)
    assert [*number("Error rate").values()] == [pytest.approx(100 * failed / len(known))]
    assert [*number("Sent").values()] == [sum(request.size for request in known)]
    spread = 0.0501 if seconds > 3 * HOUR and ("host" not in choice or seconds > 30 * HOUR) else 0
    ranks = {f"p{percent}": ranked(times, percent) for percent in (50, 95, 99)}
    assert number("Response times") == {name: pytest.approx(value, rel=spread) for name, value in ranks.items()}


STORED = {
    "all": {},
    "a host": {"host": ["web1"]},
    "a route": {"route": ["/search"]},
    "a route of a host": {"host": ["web2"], "route": ["/"]},
    "a route and method": {"route": ["/api/orders"], "method": ["POST"]},
}


@pytest.mark.parametrize("choice", STORED.values(), ids=STORED)
@pytest.mark.parametrize("seconds", list(RANGES.values())[1:], ids=list(RANGES)[1:])
def test_percentiles_over_time_are_exact_if_one_value_or_all_are_chosen(
    telegraf: Api, seconds: int, choice: dict[str, list[str]]
) -> None:
    by_period: dict[int, list[int]] = {}
    step = STEPS[seconds]
    for moment, request in known_requests():
        if matches(request, choice):
            by_period.setdefault(moment // step * step, []).append(request.time)
    exact = {begin: [ranked(sorted(times), percent) for percent in (50, 95, 99)] for begin, times in by_period.items()}
    (series,) = [
        one for found in answers(telegraf, "uwsgi-requests: p50, p95, p99", seconds, **choice) for one in found
    ]
    shown = {row[0] // 1_000_000_000: row[1:] for row in series["values"] if row[1] is not None}
    assert shown == exact
    assert series["columns"] == ["time", "p50", "p95", "p99"]
    by_route = [
        one for found in answers(telegraf, "uwsgi-requests: p$rank by route", seconds, **choice) for one in found
    ]
    if "route" in choice:
        (only,) = by_route
        assert only["tags"] == {"route": choice["route"][0]}
        assert {row[0] // 1_000_000_000: row[1] for row in only["values"] if row[1] is not None} == {
            begin: p95 for begin, (_, p95, _) in exact.items()
        }
    else:
        assert len(by_route) == 6


ADDED: dict[str, dict[str, list[str]]] = {
    "two routes": {"route": ["/", "/search"]},
    "two routes of a host": {"route": ["/", "/search"], "host": ["web1"]},
    "a status": {"status": ["5xx"]},
    "a method": {"method": ["GET"]},
}


@pytest.mark.parametrize("choice", ADDED.values(), ids=ADDED)
@pytest.mark.parametrize("seconds", list(RANGES.values())[1:], ids=list(RANGES)[1:])
def test_percentiles_over_time_of_any_other_choice_have_one_source(
    telegraf: Api, seconds: int, choice: dict[str, list[str]]
) -> None:
    known = sorted(request.time for _, request in known_requests() if matches(request, choice))
    for panel in ("p50, p95, p99", "p$rank by route"):
        found = answers(telegraf, f"uwsgi-requests: {panel}", seconds, **choice)
        assert sum(map(holds_something, found)) == 1
        values = [row[1:] for answer in found for one in answer for row in one["values"] if row[1] is not None]
        assert all(known[0] * 0.94 <= value <= known[-1] * 1.06 for row in values for value in row)


def test_the_event_count_is_0_if_there_are_requests_but_no_events(telegraf: Api) -> None:
    for seconds in RANGES.values():
        (number,) = [one for one in answers(telegraf, "uwsgi-requests: Tracebacks", seconds) if one]
        assert number[0]["values"][0][1] == 4
        nobody = answers(telegraf, "uwsgi-requests: Tracebacks", seconds, host=["web2"])
        assert [one[0]["values"][0][1] for one in nobody if one] == [0]


def test_rollups_give_the_same_routes_as_the_requests(telegraf: Api) -> None:
    tables = []
    for seconds in RANGES.values():
        (found,) = [one for one in answers(telegraf, "uwsgi-requests: Slowest routes", seconds) if one]
        tables.append({one["tags"]["route"]: dict(zip(one["columns"], one["values"][0], strict=True)) for one in found})
    rows, *rollups = tables
    for rolled in rollups:
        assert rolled.keys() == rows.keys()
        for route, row in rows.items():
            assert (rolled[route]["requests"], rolled[route]["max"]) == (row["requests"], row["max"])
            for name in ("p50", "p95", "p99"):
                assert rolled[route][name] == pytest.approx(row[name], rel=0.0501)


@pytest.mark.parametrize(
    ("choice", "spread"), [({}, 0.0501), ({"status": ["2xx", "3xx"]}, 0)], ids=["sums", "requests"]
)
def test_the_table_of_routes_reads_sums_beyond_an_hour(
    telegraf: Api, choice: dict[str, list[str]], spread: float
) -> None:
    known = grouped("route", choice)
    (found,) = [one for one in answers(telegraf, "uwsgi-requests: Slowest routes", 2 * HOUR, **choice) if one]
    assert {one["tags"]["route"] for one in found} == known.keys()
    for one in found:
        row, times = dict(zip(one["columns"], one["values"][0], strict=True)), known[one["tags"]["route"]]
        assert (row["requests"], row["max"]) == (len(times), times[-1])
        for percent in (50, 95, 99):
            assert row[f"p{percent}"] == pytest.approx(ranked(times, percent), rel=spread)


@pytest.mark.parametrize("choice", CHOICES.values(), ids=CHOICES)
def test_the_uris_are_those_of_the_last_hour(telegraf: Api, choice: dict[str, list[str]]) -> None:
    known = {uri: [len(times), ranked(times, 95), times[-1]] for uri, times in grouped("uri", choice).items()}
    for seconds in RANGES.values():
        (found,) = answers(telegraf, "uwsgi-requests: Slowest uris, last hour", seconds, **choice)
        assert {one["tags"]["uri"]: one["values"][0][1:] for one in found} == known
        assert all(one["columns"] == ["time", "requests", "p95", "max"] for one in found)


def grouped(tag: str, choice: dict[str, list[str]]) -> dict[str, list[int]]:
    """Return the times of the chosen requests by a tag, the shortest first."""
    found: dict[str, list[int]] = {}
    for _, request in known_requests():
        if matches(request, choice):
            found.setdefault(request.tags[tag], []).append(request.time)
    return {value: sorted(times) for value, times in found.items()}


def ranked(times: list[int], percent: int) -> int:
    """Return a percentile by the rank that InfluxQL takes."""
    return times[max(0, int(len(times) * percent / 100 + 0.5) - 1)]


@pytest.mark.parametrize("query", promql())
def test_every_promql_query_returns_data(prometheus: str, query: Query) -> None:
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


def test_the_error_rate_without_errors_is_0_and_not_no_data(own_influxd: Any) -> None:
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


def test_the_log_table_is_limited_and_sorted_newest_first(telegraf: Api) -> None:
    (log,) = [query for query in queries() if query.place == "uwsgi-requests: Log (A)"]
    (found,) = ask(telegraf, log.influxql(END - 30 * 24 * HOUR, END))
    times = [row[0] for row in found["values"]]
    assert len(times) == 500
    assert times == sorted(times, reverse=True)
    (newest,) = ask(telegraf, 'SELECT last("status") FROM uwsgi_log')
    assert times[0] == newest["values"][0][0]
