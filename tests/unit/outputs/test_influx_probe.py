"""Questions to an InfluxDB. The real server is in tests/integration/test_check.py."""

from collections.abc import Callable

import pytest

from logshipper.outputs.influx_probe import InfluxProbe, quoted
from logshipper.outputs.influxdb import InfluxSettings
from logshipper.outputs.protocol import RetryLater

Serve = Callable[..., tuple[str, list[object]]]


def probe(url: str) -> InfluxProbe:
    return InfluxProbe(InfluxSettings([url], "/write", {"db": "logs"}), url)


def test_the_version_is_that_of_the_header(serve: Serve) -> None:
    url, _ = serve(204, b"", {"X-Influxdb-Version": "1.8.10"})
    found = probe(url).greet()
    assert found.version == "1.8.10"
    assert abs(found.ahead) < 60


@pytest.mark.parametrize(
    ("duration", "seconds"), [("0s", 0.0), ("720h0m0s", 2_592_000.0), ("1h30m0s", 5_400.0), ("168h", 604_800.0)]
)
def test_the_default_retention_policy_counts(serve: Serve, duration: str, seconds: float) -> None:
    answer = (
        '{"results":[{"series":[{"columns":["name","duration","default"],"values":'
        f'[["other","1h0m0s",false],["autogen","{duration}",true]]}}]}}]}}'
    )
    url, _ = serve(200, answer.encode())
    assert probe(url).retention("logs", "") == seconds
    assert probe(url).retention("logs", "other") == 3_600.0
    assert probe(url).retention("logs", "gone") == 0.0


def test_an_answer_that_nests_too_deeply_is_no_json(serve: Serve) -> None:
    url, _ = serve(200, b"[" * 60_000)
    with pytest.raises(RetryLater, match="the answer is not JSON"):
        probe(url).json("GET", "/query", {})


def test_who_may_not_ask_for_the_retention_gets_none(serve: Serve) -> None:
    url, _ = serve(403, b'{"error":"no"}')
    assert probe(url).retention("logs", "") is None


def test_an_error_in_an_answer_is_an_error(serve: Serve) -> None:
    url, _ = serve(200, b'{"results":[{"error":"database not found: logs"}]}')
    with pytest.raises(RetryLater, match="database not found"):
        probe(url).influxql("GET", "SHOW MEASUREMENTS", "logs")


def test_what_is_not_json_is_an_error(serve: Serve) -> None:
    url, _ = serve(200, b"<html>")
    with pytest.raises(RetryLater, match="not JSON"):
        probe(url).is_there("logs", "")


def test_a_name_cannot_end_its_quotes() -> None:
    assert quoted('a"b\\') == '"a\\"b\\\\"'
