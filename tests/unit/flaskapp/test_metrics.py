"""Every request is counted once, by method, route and status."""

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask import Flask, Response, abort
from prometheus_client import REGISTRY

from flaskapp import metrics

Key = tuple[str, str, str]  # method, route, status


@pytest.fixture
def app() -> Flask:
    app = Flask(__name__)
    metrics.measure(app)
    app.add_url_rule("/things/<int:number>", "thing", lambda number: f"thing {number}")
    app.add_url_rule("/things", "things", lambda: ("made", 201), methods=["POST"])
    app.add_url_rule("/broken", "broken", lambda: str(1 / 0))
    app.add_url_rule("/refused", "refused", lambda: abort(403))
    app.add_url_rule("/own", "own", lambda: Response("an answer of Flask's own class", status=202))
    app.add_url_rule("/metrics", "metrics", lambda: "scraped")
    return app


def sampled(suffix: str, **more: str) -> dict[Key, float]:
    """The values of the histogram's samples with this suffix and these labels."""
    return {
        (sample.labels["method"], sample.labels["route"], sample.labels["status_code"]): sample.value
        for family in REGISTRY.collect()
        for sample in family.samples
        if sample.name == metrics.NAME + suffix and more.items() <= sample.labels.items()
    }


def counted() -> dict[Key, float]:
    return sampled("_count")


def test_a_request_is_counted_by_its_route(app: Flask) -> None:
    for number in range(3):
        assert app.test_client().get(f"/things/{number}?query={number}").text == f"thing {number}"
    assert counted() == {("GET", "/things/<int:number>", "200"): 3}


@pytest.mark.parametrize(
    ("method", "path", "key"),
    [
        ("POST", "/things", ("POST", "/things", "201")),
        ("HEAD", "/things/1", ("HEAD", "/things/<int:number>", "200")),
        ("OPTIONS", "/things/1", ("OPTIONS", "/things/<int:number>", "200")),
        ("GET", "/broken", ("GET", "/broken", "500")),
        ("GET", "/refused", ("GET", "/refused", "403")),
        ("GET", "/own", ("GET", "/own", "202")),
        ("GET", "/nowhere", ("GET", "(none)", "404")),
        ("DELETE", "/things/1", ("DELETE", "/things/<int:number>", "405")),
        ("BREW", "/things/1", ("(other)", "/things/<int:number>", "405")),
    ],
)
def test_a_request_is_counted_once_whatever_the_response(method: str, path: str, key: Key, app: Flask) -> None:
    for _ in range(2):
        app.test_client().open(path, method=method)
    assert counted() == {key: 2}


def test_two_refused_methods_belong_to_their_own_routes(app: Flask) -> None:
    for path in ("/things/1", "/broken"):
        app.test_client().delete(path)
    assert set(counted()) == {("DELETE", "/things/<int:number>", "405"), ("DELETE", "/broken", "405")}


@pytest.mark.parametrize("raised", [ValueError, SystemExit])
def test_an_unhandled_exception_counts_as_500(raised: type[BaseException], app: Flask) -> None:
    def leave() -> str:
        raise raised

    app.add_url_rule("/left", "left", leave)
    app.testing = True  # so Flask lets a ValueError through
    with pytest.raises(raised):
        app.test_client().get("/left")
    assert counted() == {("GET", "(none)", "500"): 1}


def test_an_exception_after_the_response_has_begun_is_not_counted_again(app: Flask) -> None:
    @app.teardown_request
    def fail(_: BaseException | None) -> None:
        raise ValueError("too late")

    with pytest.raises(ValueError, match="too late"):
        app.test_client().get("/things/1")
    assert counted() == {("GET", "/things/<int:number>", "200"): 1}


def test_a_failing_hook_is_counted_as_500(app: Flask) -> None:
    @app.after_request
    def fail(_: Response) -> Response:
        raise ValueError

    assert app.test_client().get("/things/1").status_code == 500
    assert counted() == {("GET", "/things/<int:number>", "500"): 1}


@pytest.mark.slow
def test_invented_paths_and_methods_do_not_add_series(app: Flask) -> None:
    for number in range(300):
        app.test_client().get(f"/nowhere/{number}")
        app.test_client().open("/things/1", method=f"METHOD{number}")
    assert len(counted()) == 2


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST"])
def test_requests_for_the_metrics_are_not_counted(method: str, app: Flask) -> None:
    for _ in range(2):
        app.test_client().open("/metrics", method=method)
    assert counted() == {}


def test_the_duration_ends_when_the_response_begins(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(metrics, "now", lambda: clock[0])

    def body() -> Iterator[str]:
        clock[0] += 50.0
        yield "late"

    @app.get("/slow")
    def slow() -> Response:
        clock[0] += 0.6
        return Response(body())

    assert app.test_client().get("/slow").text == "late"
    assert sampled("_sum") == {("GET", "/slow", "200"): pytest.approx(0.6)}
    assert sampled("_bucket", le="0.5") == {("GET", "/slow", "200"): 0}
    assert sampled("_bucket", le="0.7") == {("GET", "/slow", "200"): 1}


def test_a_request_is_counted_before_its_response_is_read(app: Flask) -> None:
    answer = app.test_client().get("/things/1", buffered=False)
    assert counted() == {("GET", "/things/<int:number>", "200"): 1}
    answer.close()


@pytest.mark.usefixtures("folder")
def test_counts_are_exact_with_threads(app: Flask) -> None:
    def many(_: int) -> None:
        client = app.test_client()
        for number in range(100):
            client.get(f"/things/{number}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(many, range(4)))
    assert counted() == {("GET", "/things/<int:number>", "200"): 400}


def test_a_request_is_answered_even_if_it_cannot_be_counted(
    app: Flask, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shutil.rmtree(folder)
    assert app.test_client().get("/things/1").text == "thing 1"
    assert "metrics: a request is not counted: [Errno 2] No such file or directory" in caplog.text
    folder.mkdir()
    app.test_client().get("/things/1")
    assert counted() == {("GET", "/things/<int:number>", "200"): 1}
