"""The metrics at an address of their own, served by a separate process: uWSGI's mule."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.network import connects, fetch, free_port
from tests.support.processes import Server
from tests.support.waiting import wait_until

SERVE = [sys.executable, "-c", "from flaskapp.exposition import serve; serve()"]


@pytest.fixture
def exporter(tmp_path: Path) -> Iterator[Server]:
    """The exporter as a process, not started yet."""
    server = Server(SERVE, tmp_path / "exporter.log", {"METRICS_ADDRESS": f"127.0.0.1:{free_port()}"})
    yield server
    server.kill()


def test_the_exporter_serves_the_metrics(exporter: Server) -> None:
    url = f"http://{exporter.env['METRICS_ADDRESS']}/metrics"
    exporter.start()
    status, body = wait_until(lambda: fetch(url))
    assert status == 200
    assert b"\nrequest_count_total 0.0\n" in body


def test_a_port_in_use_gives_one_line_and_is_tried_again(exporter: Server, tmp_path: Path) -> None:
    port = int(exporter.env["METRICS_ADDRESS"].rpartition(":")[2])
    other = Server([sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(port)], tmp_path / "other.log")
    other.start()
    try:
        wait_until(lambda: connects(port))
        exporter.start()
        wait_until(lambda: "Address already in use; it must be a free host:port" in exporter.output())
    finally:
        other.kill()
    wait_until(lambda: b"request_count_total" in fetch(f"http://127.0.0.1:{port}/metrics")[1])
    assert "Traceback" not in exporter.output()


def test_an_invalid_address_gives_one_line(exporter: Server) -> None:
    exporter.env = {"METRICS_ADDRESS": "nonsense"}
    exporter.start()
    wait_until(lambda: "METRICS_ADDRESS=nonsense" in exporter.output())
    (line,) = set(exporter.output().splitlines())
    assert line.endswith("it must be a free host:port; trying again")


def test_without_an_address_the_exporter_stays_alive_and_serves_nothing() -> None:
    asleep = "import sys, time; time.sleep = lambda seconds: sys.exit(f'sleeps {seconds}')"
    command = [sys.executable, "-c", f"{asleep}; from flaskapp.exposition import serve; serve()"]
    done = subprocess.run(
        command, env={**os.environ, "METRICS_ADDRESS": ""}, capture_output=True, text=True, check=False
    )
    assert done.stderr == "sleeps 3600\n"
