"""What /metrics says."""

import threading
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from prometheus_client import REGISTRY, Counter, values
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families

from flaskapp import create_app, exposition, metrics

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture(params=["one process", "files"])
def client(request: pytest.FixtureRequest) -> FlaskClient:
    """A client of the application, counting in memory and counting in files."""
    if request.param == "files":
        request.getfixturevalue("folder")
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
        assert sum(quick <= bound < slow for bound in metrics.BUCKETS) >= 2


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
    labels = {"method": "GET", "route": route, "status_code": "200"}
    assert value(samples, "flask_http_request_duration_seconds_count", **labels) == 5
    assert value(samples, "flask_http_request_duration_seconds_bucket", **labels, le="1.0") == 5
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


def test_an_additional_metric_is_exposed() -> None:
    other = Counter("things", "Things of somebody else.")
    try:
        other.inc(3)
        assert value(scrape(create_app().test_client()), "things_total") == 3
    finally:
        REGISTRY.unregister(other)


@pytest.mark.usefixtures("folder")
def test_an_additional_metric_is_summed_over_the_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    for worker in (1, 2):
        count_as(worker, monkeypatch)
        Counter("things", "Things of somebody else.", registry=None).inc(2)
    assert value(scrape(create_app().test_client()), "things_total") == 4


def count_as(worker: int, monkeypatch: pytest.MonkeyPatch) -> None:
    value_class = values.MultiProcessValue(process_identifier=lambda: worker)  # type: ignore[no-untyped-call]
    monkeypatch.setattr(values, "ValueClass", value_class)


def test_a_half_created_file_does_not_break_a_scrape(folder: Path) -> None:
    (folder / "histogram_1.db").touch()
    (folder / "histogram_2.db").write_bytes(bytes(1 << 16))
    assert value(scrape(create_app().test_client()), "request_count_total") == 0


@pytest.mark.usefixtures("folder")
def test_a_scrape_never_fails_while_files_are_created(monkeypatch: pytest.MonkeyPatch) -> None:
    def create() -> None:
        for worker in range(300):
            count_as(worker, monkeypatch)
            Counter("things", "Things of somebody else.", registry=None).inc()

    client = create_app().test_client()
    creator = threading.Thread(target=create)
    creator.start()
    while creator.is_alive():
        assert client.get("/metrics").status_code == 200
    creator.join()
    assert value(scrape(client), "things_total") == 300


@pytest.mark.usefixtures("folder")
def test_a_series_half_created_by_a_killed_worker_is_0_and_can_be_continued() -> None:
    labels = metrics.LABELS, ("GET", "/", "200")
    values.ValueClass("histogram", metrics.NAME, f"{metrics.NAME}_sum", *labels, "Time spent on requests.")
    client = create_app().test_client()
    assert value(scrape(client), "request_count_total") == 0
    client.get("/")
    assert value(scrape(client), "request_count_total") == 1
