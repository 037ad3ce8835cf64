"""Two paths, same numbers: real Prometheus scrapes real uWSGI, and the shipper reads its log."""

import json
import sqlite3
import subprocess
import sys
import urllib.parse
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.support.flaskapp_server import App
from tests.support.needs import need
from tests.support.network import fetch, free_port
from tests.support.processes import ROOT, Server
from tests.support.waiting import wait_until


class Prometheus:
    """Debian's Prometheus with the project's configuration, its targets and its pace those of the test."""

    def __init__(self, folder: Path, targets: dict[str, str]) -> None:
        config = yaml.safe_load((ROOT / "prometheus" / "prometheus.yml").read_text())
        config["global"] = {"scrape_interval": "250ms", "scrape_timeout": "250ms", "evaluation_interval": "250ms"}
        config["rule_files"] = [str(ROOT / "prometheus" / "rules" / "*.yml")]
        self.port = free_port()
        targets = {**targets, "prometheus": f"127.0.0.1:{self.port}"}
        config["scrape_configs"] = [
            {**job, "static_configs": [{"targets": [targets[job["job_name"]]]}]}
            for job in config["scrape_configs"]
            if job["job_name"] in targets
        ]
        folder.mkdir()
        (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
        command = [
            need("prometheus", package="prometheus"),
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{self.port}",
        ]
        self.server = Server(command, folder / "prometheus.log").start()
        self.server.wait_ready(lambda: fetch(f"http://127.0.0.1:{self.port}/-/ready")[0] == 200)

    def query(self, expression: str) -> dict[str, float]:
        """Run PromQL; return the values by the labels that are neither the name, the job nor the instance."""
        url = f"http://127.0.0.1:{self.port}/api/v1/query?" + urllib.parse.urlencode({"query": expression})
        status, body = fetch(url)
        assert status == 200, body
        return {
            ",".join(v for k, v in sorted(each["metric"].items()) if k not in {"__name__", "job", "instance"}): float(
                each["value"][1]
            )
            for each in json.loads(body)["data"]["result"]
        }

    def comes_to(self, expression: str, value: dict[str, float]) -> None:
        """Wait until the query has this answer: the latest scrape may be an old one, or have failed."""
        last: dict[str, float] = {}

        def reached() -> bool:
            last.clear()
            last.update(self.query(expression))
            return last == value

        wait_until(reached, what=lambda: f"{expression} is {last}, not {value}")


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    app = App(tmp_path / "app", workers=4).start()
    yield app
    app.kill()


@pytest.fixture
def prometheus(app: App, tmp_path: Path) -> Iterator[Prometheus]:
    started = Prometheus(tmp_path / "prometheus", {"flask_app": f"127.0.0.1:{app.metrics_port}"})
    yield started
    started.server.kill()


def ship(log: Path, database: Path) -> sqlite3.Connection:
    """Ship the log to SQLite and return the connection."""
    command = [sys.executable, "-m", "logshipper", "run", str(log), "--to", f"sqlite:///{database}", "--once"]
    done = subprocess.run(command, cwd=database.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return sqlite3.connect(database)


def test_prometheus_and_the_shipper_count_the_same_thousand_requests(
    app: App, prometheus: Prometheus, tmp_path: Path
) -> None:
    paths = ["/", "/api/obj/1", "/simulate_error", "/nowhere", "/simulate_work"]
    statuses = app.get(paths, 400)
    wait_until(lambda: len(app.requests()) == 400)
    for worker in (2, 4):
        app.kill_worker(worker)
    statuses += app.get(paths, 300)
    app.reload()
    statuses += app.get(paths, 300)
    assert 0 not in statuses
    prometheus.comes_to("request_count_total", {"": 1000.0})
    wait_until(lambda: len(app.requests()) == 1000)

    rows = ship(app.log, tmp_path / "requests.db")
    by_status = dict(rows.execute("SELECT status, count(*) FROM uwsgi_log GROUP BY status"))
    assert sum(by_status.values()) == 1000
    assert by_status == Counter(statuses)
    prometheus.comes_to("response_code_count_total", {str(k): float(v) for k, v in by_status.items()})
    (errors,) = rows.execute("SELECT count(*) FROM uwsgi_log WHERE status_class = '5xx'").fetchone()
    assert errors > 0
    prometheus.comes_to("error_count_total", {"": errors})
    by_class = rows.execute("SELECT status_class, count(*) FROM uwsgi_log GROUP BY status_class")
    prometheus.comes_to("sum by (status_class) (flask_http_requests_total)", dict(by_class))


def test_prometheus_records_the_rates(app: App, prometheus: Prometheus) -> None:
    def rate() -> float:
        app.get(["/"], 20)
        return prometheus.query("job:request_count:rate5m").get("", 0.0)

    assert wait_until(rate) > 0
    prometheus.comes_to('up{job="flask_app"}', {"": 1.0})
    assert wait_until(lambda: prometheus.query("job_method_route:flask_http_requests:rate5m")).keys() == {"GET,/"}
    url = f"http://127.0.0.1:{prometheus.port}/api/v1/rules"
    groups = json.loads(fetch(url)[1])["data"]["groups"]
    health = {rule["name"]: rule["health"] for group in groups for rule in group["rules"]}
    assert len(health) > 20
    assert "err" not in health.values(), health
