"""Every request is counted once, by method, route and status."""

from collections.abc import Iterator

import pytest
from flask import Flask, Response, abort

from flaskapp import metrics, workers
from flaskapp.counters import BOUNDS, Counters
from flaskapp.metrics import MeasuredFlask


@pytest.fixture
def counters(monkeypatch: pytest.MonkeyPatch) -> Counters:
    """Counters of the test's own, in memory."""
    monkeypatch.delenv(workers.DIRECTORY, raising=False)
    own = Counters()
    monkeypatch.setattr(metrics, "COUNTERS", own)
    monkeypatch.setattr(metrics, "KNOWN", {})
    return own


@pytest.fixture
def app() -> Flask:
    app = MeasuredFlask(__name__)
    app.add_url_rule("/things/<int:number>", "thing", lambda number: f"thing {number}")
    app.add_url_rule("/things", "things", lambda: ("made", 201), methods=["POST"])
    app.add_url_rule("/broken", "broken", lambda: str(1 / 0))
    app.add_url_rule("/refused", "refused", lambda: abort(403))
    app.add_url_rule("/own", "own", lambda: Response("an answer of Flask's own class", status=202))
    app.add_url_rule("/metrics", "metrics", lambda: "scraped")
    return app


def counted(counters: Counters) -> dict[tuple[str, str, str], float]:
    return {key: counts[-1] for key, counts, _ in counters.read()}


def test_a_request_is_counted_by_its_route(app: Flask, counters: Counters) -> None:
    for number in range(3):
        assert app.test_client().get(f"/things/{number}?query={number}").text == f"thing {number}"
    assert counted(counters) == {("GET", "/things/<int:number>", "200"): 3}


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
def test_a_request_is_counted_once_whatever_the_response(
    method: str, path: str, key: tuple[str, str, str], app: Flask, counters: Counters
) -> None:
    for _ in range(2):
        app.test_client().open(path, method=method)
    assert counted(counters) == {key: 2}


def test_two_refused_methods_belong_to_their_own_routes(app: Flask, counters: Counters) -> None:
    for path in ("/things/1", "/broken"):
        app.test_client().delete(path)
    assert set(counted(counters)) == {
        ("DELETE", "/things/<int:number>", "405"),
        ("DELETE", "/broken", "405"),
    }


def test_an_unhandled_exception_counts_as_500(app: Flask, counters: Counters) -> None:
    app.testing = True  # so Flask lets it through
    with pytest.raises(ZeroDivisionError):
        app.test_client().get("/broken")
    assert counted(counters) == {("GET", "(none)", "500"): 1}


def test_invented_paths_and_methods_do_not_add_series(app: Flask, counters: Counters) -> None:
    for number in range(300):
        app.test_client().get(f"/nowhere/{number}")
        app.test_client().open("/things/1", method=f"METHOD{number}")
    assert len(counted(counters)) == 2
    assert metrics.KNOWN == {}


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST"])
def test_requests_for_the_metrics_are_not_counted(method: str, app: Flask, counters: Counters) -> None:
    for _ in range(2):
        app.test_client().open("/metrics", method=method)
    assert counted(counters) == {}


def test_the_duration_ends_when_the_response_begins(
    app: Flask, counters: Counters, monkeypatch: pytest.MonkeyPatch
) -> None:
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
    ((_, counts, seconds),) = counters.read()
    assert seconds == pytest.approx(0.6)
    assert dict(zip(BOUNDS, counts, strict=True))["0.5"] == 0
    assert dict(zip(BOUNDS, counts, strict=True))["0.7"] == 1


def test_a_request_is_counted_before_its_response_is_read(app: Flask, counters: Counters) -> None:
    answer = app.test_client().get("/things/1", buffered=False)
    assert counted(counters) == {("GET", "/things/<int:number>", "200"): 1}
    answer.close()


def test_counts_are_the_same_with_threads(app: Flask, counters: Counters) -> None:
    for _ in range(3):
        app.test_client().get("/things/1", environ_overrides={"wsgi.multithread": True})
    assert counted(counters) == {("GET", "/things/<int:number>", "200"): 3}
    assert counters.get(("GET", "/things/<int:number>", "200")).quick < 0


def test_a_request_is_answered_even_if_it_cannot_be_counted(
    app: Flask, counters: Counters, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as disk:
        disk.setenv(workers.DIRECTORY, "/dev/null/nowhere")
        assert app.test_client().get("/things/1").text == "thing 1"
    assert "metrics: a request is not counted: [Errno 20] Not a directory" in capsys.readouterr().err
    app.test_client().get("/things/1")
    assert counted(counters) == {("GET", "/things/<int:number>", "200"): 1}
