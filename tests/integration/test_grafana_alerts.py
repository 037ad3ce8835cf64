"""The alert rules on InfluxDB: each fires when it should, and none fires on the demo's traffic."""

from collections.abc import Iterator
from typing import Any

import pytest

from grafana.generate.alerts import RULES, Rule
from tests.support.influxd import Influxd
from tests.support.network import fetch

NOW = 1_800_000_000 // 600 * 600 + 300  # seconds; in the middle of ten minutes
OF_INFLUXDB = {rule.title: rule for rule in RULES if rule.source == "telegraf"}


@pytest.fixture
def server(own_influxd: Any) -> Influxd:
    server: Influxd = own_influxd()
    server.create("telegraf")
    return server


def requests(start: int, end: int, *, every: int = 1, time: int = 20, failing: int = 0) -> Iterator[str]:
    """Yield a request each `every` seconds from `start` to `end` (before NOW); every `failing`-th is a 500."""
    for number, second in enumerate(range(NOW - start, NOW - end, every), 1):
        status = 500 if failing and number % failing == 0 else 200
        yield f"uwsgi_log,route=/,status_class={status // 100}xx status={status}i,resTime={time}i {second}"


def demo() -> Iterator[str]:
    """Yield two hours as the demo has them: a route of five seconds each tenth time, a failure now and then."""
    yield from requests(7200, 0, every=7, time=15, failing=60)
    yield from requests(7197, 0, every=60, time=5_003)


def fires(server: Influxd, rule: Rule, lines: list[str]) -> bool:
    """Write the lines and return whether the rule's condition holds now."""
    status, answer = fetch(f"{server.url}/write?db=telegraf&precision=s", "\n".join(lines).encode())
    assert status == 204, answer
    period = f"time >= {NOW - rule.minutes * 60}s and time <= {NOW}s"
    found = server.query(rule.query.replace("$timeFilter", period), "telegraf")
    values = [row[1] for series in found for row in series["values"] if row[1] is not None]
    if not values:
        return rule.nothing == "Alerting"
    return bool(values[-1] < rule.limit if rule.below else values[-1] > rule.limit)


@pytest.mark.parametrize("title", OF_INFLUXDB)
def test_no_alert_fires_on_the_traffic_of_the_demo(server: Influxd, title: str) -> None:
    assert not fires(server, OF_INFLUXDB[title], list(demo()))


@pytest.mark.parametrize("title", OF_INFLUXDB)
def test_no_alert_fires_before_the_first_request(server: Influxd, title: str) -> None:
    assert not fires(server, OF_INFLUXDB[title], ["other value=1"])


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        ("Error rate", list(requests(600, 0, failing=10))),
        ("Slow answers", [*requests(600, 0), *requests(600, 0, every=10, time=11_000)]),
        ("No requests", list(requests(3600, 1200))),
        ("A worker died", ['uwsgi_event,kind=worker_died message="worker 1 died" ' + str(NOW - 60)]),
        ("A worker died", ['uwsgi_event,kind=harakiri message="worker 1 was too slow" ' + str(NOW - 60)]),
    ],
)
def test_each_alert_fires_when_it_should(server: Influxd, title: str, lines: list[str]) -> None:
    assert fires(server, OF_INFLUXDB[title], lines)
