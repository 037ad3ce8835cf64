"""The pages of the application: a fast one, slow ones, and one that fails now and then."""

import random
import time

from flask import Blueprint, Response, current_app

pages = Blueprint("pages", __name__)


@pages.get("/")
def hello() -> str:
    """Answer at once."""
    return "Hello World!"


@pages.get("/api/obj/<int:id_num>")
def fetch_object(id_num: int) -> str:
    """Wait 5 s for an even number and 1 s for an odd one, times WAIT_SCALE."""
    _wait(5.0 if id_num % 2 == 0 else 1.0)
    return "Fetched result"


@pages.get("/simulate_work")
def simulate_work() -> str:
    """Wait a random time of 0 to 5 s, times WAIT_SCALE."""
    _wait(random.uniform(0.0, 5.0))  # noqa: S311 - a simulation, not a secret
    return "Work done"


@pages.get("/simulate_error")
def simulate_error() -> Response:
    """Fail with 500 with the probability ERROR_PROBABILITY, and log that as an error."""
    if random.random() < current_app.config["ERROR_PROBABILITY"]:  # noqa: S311 - a simulation, not a secret
        current_app.logger.error("simulated error")
        return Response("Simulated error", status=500, mimetype="text/plain")
    return Response("No error this time", mimetype="text/plain")


def _wait(seconds: float) -> None:
    time.sleep(seconds * current_app.config["WAIT_SCALE"])
