"""The shipper's own metrics: a snapshot at each scrape, balanced; health is what is wrong."""

import socket
import threading
from collections import Counter
from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families

from logshipper.account import Account
from logshipper.deliver.retry import Answered, Failed
from logshipper.errors import UserError
from logshipper.printable import keep_secret
from logshipper.ship.metrics import serve, split_address
from logshipper.ship.status import LogState, PipelineState, Status, StatusExchange
from logshipper.ship.write_stats import OutputStats
from tests.support.network import fetch, free_port
from tests.support.waiting import DEADLINE

ACCOUNT = Account(
    read=10, written=5, in_flight=2, bytes_read=900, rejected=Counter({"NUL": 1}), not_request=Counter({"start": 2})
)


def status() -> Status:
    stats = OutputStats("influxdb")
    for seconds in (0.001, 0.2, 99.0):
        stats.note(Answered(seconds, recovered=False))
    stats.note(Failed("connection", "refused"))
    file = LogState("/log", ACCOUNT, lag_bytes=7, lag_seconds=1.5, lost_bytes=0, tag_values={"uri": 3})
    return Status([PipelineState("influxdb", stats.counts(), [file], writers=3, batch=500)], most_tag_values=100)


@pytest.fixture
def answering() -> Iterator[str]:
    """The address of metrics whose loop answers."""
    wake, ended = threading.Event(), threading.Event()
    exchange = StatusExchange(wake.set)

    def loop() -> None:
        while not ended.is_set():
            wake.wait()
            wake.clear()
            exchange.publish(status())

    thread = threading.Thread(target=loop)
    thread.start()
    address = f"127.0.0.1:{free_port()}"
    end = serve(address, exchange)
    yield f"http://{address}"
    end()
    ended.set()
    wake.set()
    thread.join()


def samples(url: str) -> dict[str, float]:
    status, body = fetch(f"{url}/metrics")
    assert status == 200
    found = {}
    for family in text_string_to_metric_families(body.decode()):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}"] = sample.value
    return found


def test_metrics_contain_the_account_of_each_file(answering: str) -> None:
    found = samples(answering)
    by = "file=/log,output=influxdb"
    assert found[f"logshipper_lines_read_total{{{by}}}"] == 10
    assert found[f"logshipper_points_written_total{{{by}}}"] == 5
    assert found[f"logshipper_lines_rejected_total{{{by},reason=NUL}}"] == 1
    assert found["logshipper_lines_not_request_total{file=/log,kind=start,output=influxdb}"] == 2
    assert found[f"logshipper_lines_in_flight{{{by}}}"] == 2
    assert found[f"logshipper_account_difference{{{by}}}"] == 0
    assert found[f"logshipper_lag_bytes{{{by}}}"] == 7
    assert found[f"logshipper_lag_seconds{{{by}}}"] == 1.5
    assert found[f"logshipper_tag_values{{{by},tag=uri}}"] == 3
    assert found["logshipper_tag_values_limit{}"] == 100


def test_metrics_contain_what_the_writers_count(answering: str) -> None:
    found = samples(answering)
    assert found["logshipper_batches_total{output=influxdb}"] == 3
    assert found["logshipper_retries_total{output=influxdb,reason=connection}"] == 1
    assert found["logshipper_write_duration_seconds_bucket{le=0.005,output=influxdb}"] == 1
    assert found["logshipper_write_duration_seconds_bucket{le=0.25,output=influxdb}"] == 2
    assert found["logshipper_write_duration_seconds_bucket{le=+Inf,output=influxdb}"] == 3
    assert found["logshipper_write_duration_seconds_count{output=influxdb}"] == 3
    assert found["logshipper_up{}"] == 1
    assert found["logshipper_writers{output=influxdb}"] == 3
    assert found["logshipper_batch_points{output=influxdb}"] == 500


def test_the_shipper_is_healthy_if_its_loop_answers(answering: str) -> None:
    assert fetch(f"{answering}/healthz") == (200, b"ok\n")
    assert fetch(f"{answering}/")[0] == 404


def test_the_health_check_says_what_is_wrong(answering: str, monkeypatch: pytest.MonkeyPatch) -> None:
    state = PipelineState(
        "influxdb", OutputStats("influxdb").counts(), [], 1, 1, ["influxdb: refused", "a.log: denied"]
    )
    monkeypatch.setattr(f"{__name__}.status", lambda: Status([state], 1))
    assert fetch(f"{answering}/healthz") == (503, b"influxdb: refused\na.log: denied\n")
    assert fetch(f"{answering}/livez") == (200, b"ok\n")


def test_the_health_check_shows_no_secret_and_no_control_character(
    answering: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_secret("t0ken-t0ken")
    state = PipelineState(
        "influxdb", OutputStats("influxdb").counts(), [], 1, 1, ["influxdb: bad answer \x1b[2J t0ken-t0ken\n"]
    )
    monkeypatch.setattr(f"{__name__}.status", lambda: Status([state], 1))
    assert fetch(f"{answering}/healthz") == (503, b"influxdb: bad answer \\x1b[2J ***\\x0a\n")


@pytest.mark.slow
def test_a_stuck_loop_is_unhealthy_and_not_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("logshipper.ship.metrics.PATIENCE", 0.01)
    address = f"127.0.0.1:{free_port()}"
    end = serve(address, StatusExchange(lambda: None))
    try:
        assert fetch(f"http://{address}/healthz") == (503, b"the loop is stuck\n")
        assert fetch(f"http://{address}/livez")[0] == 503
        assert samples(f"http://{address}")["logshipper_up{}"] == 0
    finally:
        end()


def test_the_address_is_free_at_the_end_though_a_request_still_waits_for_its_answer() -> None:
    address = f"127.0.0.1:{free_port()}"
    asked = threading.Event()
    end = serve(address, StatusExchange(asked.set))
    with socket.create_connection(split_address(address), DEADLINE) as client:
        client.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
        assert asked.wait(DEADLINE)
        end()
        serve(address, StatusExchange(lambda: None))()


def test_an_unusable_metrics_address_is_a_user_error() -> None:
    address = f"127.0.0.1:{free_port()}"
    end = serve(address, StatusExchange(lambda: None))
    try:
        with pytest.raises(UserError, match=r"cannot serve metrics at .*: Address already in use; set metrics_address"):
            serve(address, StatusExchange(lambda: None))
    finally:
        end()
    with pytest.raises(UserError, match="is not HOST:PORT"):
        split_address("9273")
    assert split_address("[::1]:9273") == ("::1", 9273)
