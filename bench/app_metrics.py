"""What the metrics cost: requests per second on the hello route with and without them, side by side.

Run `python -m bench.app_metrics`; it needs uWSGI and wrk (Debian: wrk). Two servers of one worker each run the same
application, one without the metrics. They are loaded in turn, each pair in the other order than the pair before, so
that what else the machine does falls on both, and compared pair by pair. The processor time a request
takes in the worker is measured too: it is steadier than the rate on a busy machine.
"""

import argparse
import re
import statistics
import subprocess
import tempfile
from pathlib import Path
from unittest import mock

from flask import Flask

from flaskapp import create_app
from tests.support.needs import find
from tests.support.network import fetch
from tests.support.uwsgi import Uwsgi
from tests.support.waiting import wait_until


def without_metrics() -> Flask:
    """Return the application without the metrics."""
    with mock.patch("flaskapp.metrics.measure"):
        return create_app()


def start(folder: Path, module: str) -> Uwsgi:
    """Start a server with one worker that counts in files, as several workers would."""
    counters = folder / "counters"
    counters.mkdir(parents=True)
    server = Uwsgi(folder, workers=1, module=module, env={"PROMETHEUS_MULTIPROC_DIR": str(counters)}).start()
    wait_until(lambda: fetch(f"{server.url}/")[0] == 200)
    return server


def worker_seconds(server: Uwsgi) -> float:
    """Return the processor time that the server's worker has used so far."""
    assert server.server is not None
    (worker,) = subprocess.run(
        ["pgrep", "-P", str(server.server.pid)], check=True, capture_output=True, text=True
    ).stdout.split()
    nanoseconds = Path(f"/proc/{worker}/schedstat").read_text().split()[0]
    return int(nanoseconds) / 1e9


def load(wrk: str, server: Uwsgi, seconds: int) -> tuple[float, float]:
    """Load the server; return requests per second and the worker's microseconds per request."""
    before = worker_seconds(server)
    command = [wrk, "-t1", "-c4", f"-d{seconds}s", f"{server.url}/"]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rate = re.search(r"Requests/sec:\s+([\d.]+)", output)
    requests = re.search(r"(\d+) requests in", output)
    assert rate is not None, output
    assert requests is not None, output
    assert "Non-2xx" not in output, output
    return float(rate[1]), (worker_seconds(server) - before) / int(requests[1]) * 1e6


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=40)
    parser.add_argument("--seconds", type=int, default=1)
    arguments = parser.parse_args()
    wrk = find("wrk")
    if wrk is None:
        parser.error("wrk is missing: apt-get install wrk")
    names = ("without", "with")
    modules = ("bench.app_metrics:without_metrics()", "flaskapp:create_app()")
    results: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    with tempfile.TemporaryDirectory() as folder:
        servers = {name: start(Path(folder) / name, module) for name, module in zip(names, modules, strict=True)}
        try:
            for each in names:
                load(wrk, servers[each], 1)  # warm
            for pair in range(arguments.pairs):
                for name in names if pair % 2 else reversed(names):
                    results[name].append(load(wrk, servers[name], arguments.seconds))
        finally:
            for server in servers.values():
                server.kill()
    report(results, arguments.pairs, arguments.seconds)


def report(results: dict[str, list[tuple[float, float]]], pairs: int, seconds: int) -> None:
    """Print the medians and what the metrics cost."""
    print(f"{pairs} pairs of {seconds} s, hello route, one worker, medians")
    for name, runs in results.items():
        rate, micros = (statistics.median(column) for column in zip(*runs, strict=True))
        print(f"{name + ' metrics':16} {rate:8.0f} requests/s {micros:8.1f} µs of processor time per request")
    both = list(zip(results["without"], results["with"], strict=True))
    rate_loss = statistics.median(100 * (1 - there[0] / bare[0]) for bare, there in both)
    more_work = statistics.median(100 * (there[1] / bare[1] - 1) for bare, there in both)
    print(f"overhead, median of the pairs: {rate_loss:.1f} % of requests per second,", end=" ")
    print(f"{more_work:.1f} % of the worker's processor time")


if __name__ == "__main__":
    main()
