"""What the application answers."""

import logging
from itertools import pairwise

import pytest
from flask.testing import FlaskClient

from flaskapp import create_app


@pytest.fixture
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that the application would have waited."""
    seconds: list[float] = []
    monkeypatch.setattr("time.sleep", seconds.append)
    return seconds


def client(**config: object) -> FlaskClient:
    return create_app(config).test_client()


def test_the_first_page_says_hello() -> None:
    answer = client().get("/")
    assert (answer.status_code, answer.text) == (200, "Hello World!")


@pytest.mark.parametrize(("number", "seconds"), [(124, 5.0), (0, 5.0), (1, 1.0), (125, 1.0)])
def test_even_objects_take_five_seconds_and_odd_ones_one(number: int, seconds: float, waited: list[float]) -> None:
    answer = client().get(f"/api/obj/{number}")
    assert (answer.status_code, answer.text) == (200, "Fetched result")
    assert waited == [seconds]


def test_the_waits_can_be_scaled(waited: list[float]) -> None:
    client(WAIT_SCALE=0.01).get("/api/obj/2")
    assert waited == [pytest.approx(0.05)]


@pytest.mark.parametrize("path", ["/nothing", "/api/obj/", "/api/obj/x", "/api/obj/-1"])
def test_an_unknown_path_gives_404(path: str) -> None:
    assert client().get(path).status_code == 404


def test_simulated_work_takes_up_to_five_seconds(waited: list[float]) -> None:
    some = client()
    for _ in range(200):
        assert some.get("/simulate_work").status_code == 200
    assert 0 <= min(waited) < 1
    assert 4 < max(waited) <= 5


def test_simulated_work_is_scaled(waited: list[float]) -> None:
    client(WAIT_SCALE=0).get("/simulate_work")
    assert waited == [0.0]


@pytest.mark.slow
def test_a_fifth_of_the_simulated_errors_are_errors() -> None:
    some = client()
    codes = [some.get("/simulate_error").status_code for _ in range(1000)]
    assert set(codes) == {200, 500}
    assert 120 < codes.count(500) < 280  # beyond this once in 10**9 runs


@pytest.mark.parametrize(("probability", "codes"), [(0, {200}), (1, {500})])
def test_the_share_of_errors_can_be_set(probability: float, codes: set[int]) -> None:
    some = client(ERROR_PROBABILITY=probability)
    assert {some.get("/simulate_error").status_code for _ in range(50)} == codes


def test_a_simulated_error_is_logged_as_an_error(caplog: pytest.LogCaptureFixture) -> None:
    client(ERROR_PROBABILITY=1).get("/simulate_error")
    assert [(record.levelno, record.message) for record in caplog.records] == [(logging.ERROR, "simulated error")]


def test_the_number_of_users_changes_every_five_seconds() -> None:
    from flaskapp.exposition import current_users

    start = 1_700_000_000
    users = [current_users(start + second) for second in range(2000)]
    assert {min(users), max(users)} <= set(range(10, 51))
    assert len(set(users)) > 30
    changes = [second for second, (one, other) in enumerate(pairwise(users), 1) if one != other]
    assert all(second % 5 == 0 for second in changes)
