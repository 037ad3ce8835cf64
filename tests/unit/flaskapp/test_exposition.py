"""What /metrics says."""

import time
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from prometheus_client import REGISTRY, Counter
from prometheus_client.mmap_dict import MmapedDict, mmap_key
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families

from flaskapp import create_app, exposition, metrics, workers
from flaskapp.counters import BUCKETS, Counters
from flaskapp.exemplars import Exemplars

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture(params=["one process", "files"])
def client(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """A client of the application, counting in memory and counting in files."""
    if request.param == "files":
        monkeypatch.setenv(workers.DIRECTORY, str(tmp_path))
    else:
        monkeypatch.delenv(workers.DIRECTORY, raising=False)
    own, traces = Counters(), Exemplars()
    for module in (metrics, exposition):
        monkeypatch.setattr(module, "COUNTERS", own)
    for module in (metrics, exposition):
        monkeypatch.setattr(module, "EXEMPLARS", traces)
    monkeypatch.setattr(metrics, "KNOWN", {})
    return create_app({"WAIT_SCALE": 0, "ERROR_PROBABILITY": 1}).test_client()


def scrape(client: FlaskClient) -> Samples:
    found: Samples = {}
    for family in text_string_to_metric_families(client.get("/metrics").text):
        for sample in family.samples:
            found[sample.name, frozenset(sample.labels.items())] = sample.value
    return found


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples[name, frozenset(labels.items())]


def test_before_the_first_request_all_metrics_are_present_and_0(client: FlaskClient) -> None:
    samples = scrape(client)
    for name in (
        "request_processing_seconds_count",
        "request_processing_seconds_sum",
        "request_count_total",
        "request_duration_seconds_count",
        "error_count_total",
    ):
        assert value(samples, name) == 0
    assert value(samples, "request_duration_seconds_bucket", le="+Inf") == 0


def test_metrics_have_the_documented_names_and_types(client: FlaskClient) -> None:
    client.get("/")
    text = client.get("/metrics").text
    for line in (
        "# TYPE request_processing_seconds summary",
        "# TYPE request_count_total counter",
        "# TYPE request_duration_seconds histogram",
        "# TYPE error_count_total counter",
        "# TYPE response_code_count_total counter",
        "# TYPE current_users gauge",
        "# TYPE flask_http_requests_total counter",
        "# TYPE flask_http_request_duration_seconds histogram",
        'response_code_count_total{status_code="200"} 1.0',
    ):
        assert line in text.splitlines()


def test_the_duration_histogram_has_the_documented_buckets(client: FlaskClient) -> None:
    bounds = {dict(labels)["le"] for name, labels in scrape(client) if name == "request_duration_seconds_bucket"}
    assert bounds == {"0.1", "0.3", "0.5", "0.7", "1.0", "2.0", "5.0", "10.0", "+Inf"}


def test_the_buckets_by_route_separate_5_from_95_milliseconds_and_5_from_8_seconds() -> None:
    for quick, slow in ((0.005, 0.095), (5.0, 8.0)):
        assert sum(quick <= bound < slow for bound in BUCKETS) >= 2


def test_all_metrics_agree(client: FlaskClient) -> None:
    for path, times in {"/": 5, "/api/obj/1": 3, "/api/obj/2": 2, "/simulate_error": 4, "/nowhere": 1}.items():
        for _ in range(times):
            client.get(path)
    client.head("/")
    samples = scrape(client)
    assert value(samples, "request_count_total") == 16
    assert value(samples, "request_processing_seconds_count") == 16
    assert value(samples, "request_duration_seconds_count") == 16
    assert value(samples, "request_duration_seconds_bucket", le="+Inf") == 16
    assert value(samples, "error_count_total") == 4
    assert value(samples, "response_code_count_total", status_code="200") == 11
    assert value(samples, "response_code_count_total", status_code="404") == 1
    assert value(samples, "response_code_count_total", status_code="500") == 4
    route = "/api/obj/<int:id_num>"
    assert value(samples, "flask_http_requests_total", method="GET", route=route, status_class="2xx") == 5
    assert value(samples, "flask_http_requests_total", method="HEAD", route="/", status_class="2xx") == 1
    assert value(samples, "flask_http_request_duration_seconds_count", method="GET", route=route) == 5
    assert value(samples, "flask_http_request_duration_seconds_bucket", method="GET", route=route, le="1.0") == 5
    seconds = value(samples, "request_processing_seconds_sum")
    assert 0 < seconds == value(samples, "request_duration_seconds_sum")
    assert seconds == pytest.approx(
        sum(v for (name, _), v in samples.items() if name == "flask_http_request_duration_seconds_sum")
    )


def test_all_workers_report_the_same_number_of_users(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: 1_700_000_003.5)
    assert value(scrape(client), "current_users") == exposition.current_users(1_700_000_000)


def test_prometheus_text_is_the_usual_format(client: FlaskClient) -> None:
    assert client.get("/metrics").headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"


def test_openmetrics_is_sent_if_requested(client: FlaskClient) -> None:
    client.get("/")
    answer = client.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert answer.headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0; charset=utf-8")
    families = {family.name: family for family in parse_openmetrics(answer.text)}  # type: ignore[no-untyped-call]
    assert families["request_count"].samples[0].value == 1
    assert answer.text.endswith("# EOF\n")


def test_a_request_with_a_trace_is_an_exemplar_of_its_bucket(client: FlaskClient) -> None:
    client.get("/", headers={"traceparent": f"00-{'a1' * 16}-{'b2' * 8}-01"})
    client.get("/")
    text = client.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"}).text
    found = {
        (sample.name.rpartition("_")[2], sample.labels.get("le")): sample.exemplar
        for family in parse_openmetrics(text)  # type: ignore[no-untyped-call]
        for sample in family.samples
        if sample.exemplar
    }
    total, (_, bound) = sorted(found, reverse=True)
    assert total == ("total", None)
    assert found[total].value == 1
    assert 0 < found["bucket", bound].value <= float(bound)
    for exemplar in found.values():
        assert exemplar.labels == {"trace_id": "a1" * 16, "span_id": "b2" * 8}
        assert abs(float(exemplar.timestamp) - time.time()) < 60
    assert "trace_id" not in client.get("/metrics").text  # the older format has no bucket_key for them


def test_internal_counters_are_not_exposed(client: FlaskClient) -> None:
    client.get("/")
    assert "flask_requests" not in client.get("/metrics").text


def test_an_additional_metric_is_exposed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(workers.DIRECTORY, raising=False)
    other = Counter("things", "Things of somebody else.")
    try:
        other.inc(3)
        assert value(scrape(create_app().test_client()), "things_total") == 3
    finally:
        REGISTRY.unregister(other)


def test_an_additional_metric_is_summed_over_the_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(workers.DIRECTORY, str(tmp_path))
    for worker in (1, 2):
        file = MmapedDict(str(tmp_path / f"counter_{worker}.db"))  # type: ignore[no-untyped-call]
        file.write_value(mmap_key("things", "things_total", [], [], "Things."), 2.0, 0.0)  # type: ignore[no-untyped-call]
    assert value(scrape(create_app().test_client()), "things_total") == 4


def test_a_half_created_file_does_not_break_a_scrape(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(workers.DIRECTORY, str(tmp_path))
    (tmp_path / "histogram_1.db").touch()
    (tmp_path / "histogram_2.db").write_bytes(bytes(1 << 16))
    samples = scrape(create_app().test_client())
    assert value(samples, "request_count_total") == 0
