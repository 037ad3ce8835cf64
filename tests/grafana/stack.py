"""Grafana as docker-compose.yml sets it up, on real servers that hold the traffic.

GRAFANA names Grafana's home (the folder with bin/, conf/ and public/), INFLUXD2 the program of an InfluxDB 2.x, and
PROMETHEUS the folder of prometheus and promtool. InfluxDB 1.x, and Prometheus without that, are Debian's.
"""

import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import yaml

from influxdb.make_secrets import main as make_secrets
from influxdb.setup import main as set_up
from logshipper.outputs.api import Api
from logshipper.provision import deploys
from logshipper.provision.plan import Administrator
from logshipper.provision.rollup import RESOLUTIONS, catch_up
from logshipper.provision.secret_store import SecretFolder
from logshipper.provision.server import for_rollups
from tests.grafana.scrapes import metrics
from tests.grafana.traffic import HOUR, MINUTE, Traffic
from tests.support.influxd import Influxd
from tests.support.influxd2 import Influxd2, patiently
from tests.support.needs import need
from tests.support.network import fetch, free_port
from tests.support.processes import ROOT, Server
from tests.support.traffic import batches

GRAFANA = os.environ.get("GRAFANA", "")
PROMETHEUS = os.environ.get("PROMETHEUS", "")
SECRETS = "/run/flaskfana-secrets"  # where compose mounts them
DASHBOARDS = "/etc/flaskfana/dashboards"
DATASOURCES = {
    "1": ROOT / "grafana" / "datasources" / "influxdb1.yml",
    "2": ROOT / "grafana" / "provisioning" / "datasources" / "telegraf.yml",
}


@dataclass(frozen=True)
class Stack:
    """What runs: InfluxDB's major version, the addresses, and the password of Grafana's administrator."""

    version: str
    grafana: str
    influxdb: str
    password: str


@contextmanager
def running(version: str, folder: Path, prometheus: str, traffic: Traffic) -> Iterator[Stack]:
    """Start InfluxDB `version` with the traffic in it, and Grafana on it and on the Prometheus at that address."""
    secrets = folder / "secrets"
    secrets.mkdir(parents=True)
    make_secrets([str(secrets)])
    with ExitStack() as ends:
        server = influxdb(version, folder / "influxd")
        ends.callback(server.kill)
        url = server.start().url
        fill(version, url, secrets, traffic)
        grafana = start_grafana(version, folder, url, prometheus)
        ends.callback(grafana.kill)
        address = grafana.env["GF_SERVER_HTTP_PORT"]
        password = (secrets / "grafana-password").read_text()
        yield Stack(version, f"http://127.0.0.1:{address}", url, password)


def influxdb(version: str, folder: Path) -> Influxd | Influxd2:
    """Return Debian's InfluxDB with authentication, or a 2.x with compose's limits."""
    if version == "1":
        return Influxd(folder, {"HTTP_AUTH_ENABLED": "true"})
    return Influxd2(folder, compose_environment("influxdb", "INFLUXD_", "GOMEMLIMIT"))


def compose_environment(service: str, *names: str) -> dict[str, str]:
    """Return the settings of a service in docker-compose.yml whose names begin so."""
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    return {name: str(value) for name, value in services[service]["environment"].items() if name.startswith(names)}


def fill(version: str, url: str, secrets: Path, traffic: Traffic) -> None:
    """Set the server up and write the traffic and its rollups: the short ones of the last hours."""
    assert set_up(["--version", version, "--url", url, "--secrets", str(secrets), "--days", "31"]) == 0
    api = for_rollups(Api(url), version, SecretFolder(secrets), Administrator)
    for lines in (traffic.lines, list(traffic.events())):
        for body in batches(iter(lines)):
            patiently(partial(api.request, "POST", "/write?db=telegraf&precision=ns", body, "text/plain"))
    last = traffic.end + MINUTE
    short = [one for one in RESOLUTIONS if one.step < HOUR]
    patiently(lambda: catch_up(api, "telegraf", traffic.end - 31 * HOUR, last, short))
    patiently(lambda: catch_up(api, "telegraf", traffic.start, last, RESOLUTIONS[len(short) :]))
    patiently(lambda: deploys.catch_up(api, "telegraf", traffic.start, last))


def prometheus_program(name: str) -> str:
    """Return the path of prometheus or promtool."""
    return str(Path(PROMETHEUS) / name) if PROMETHEUS else need(name, package="prometheus")


@contextmanager
def scraped(folder: Path, traffic: Traffic) -> Iterator[str]:
    """Start a Prometheus that has scraped the traffic, and yield its address."""
    source, data = folder / "metrics.txt", folder / "data"
    with source.open("w") as out:
        out.writelines(f"{line}\n" for line in metrics(traffic))
    # Larger blocks than the usual two hours: promtool reads the whole file once for each.
    make = [prometheus_program("promtool"), "tsdb", "create-blocks-from", "--max-block-duration=500h"]
    make += ["openmetrics", str(source), str(data)]
    subprocess.run(make, check=True, stdout=subprocess.DEVNULL)
    source.unlink()
    config, address = folder / "prometheus.yml", f"127.0.0.1:{free_port()}"
    config.write_text("global: {scrape_interval: 15s}\n")
    command = [prometheus_program("prometheus"), f"--config.file={config}", f"--storage.tsdb.path={data}"]
    command += ["--storage.tsdb.retention.time=60d", f"--web.listen-address={address}"]
    server = Server(command, folder / "prometheus.out").start()
    try:
        server.wait_ready(lambda: fetch(f"http://{address}/-/ready")[0] == 200)
        yield f"http://{address}"
    finally:
        server.kill()


def start_grafana(version: str, folder: Path, influxdb: str, prometheus: str) -> Server:
    """Start Grafana with the repository's provisioning and compose's settings; visitors may look without a password."""
    provision(version, folder)
    port = str(free_port())
    settings = {
        **compose_environment(
            "grafana", "GF_ANALYTICS", "GF_PLUGINS", "GF_NEWS", "GF_SECURITY_DISABLE", "GF_SNAPSHOTS", "GOMEMLIMIT"
        ),
        "GF_PATHS_DATA": str(folder / "grafana"),
        "GF_PATHS_PLUGINS": str(folder / "plugins"),
        "GF_PATHS_LOGS": str(folder / "logs"),
        "GF_PATHS_PROVISIONING": str(folder / "provisioning"),
        "GF_SERVER_HTTP_ADDR": "127.0.0.1",
        "GF_SERVER_HTTP_PORT": port,
        "GF_SECURITY_ADMIN_PASSWORD__FILE": str(folder / "secrets" / "grafana-password"),
        "GF_SECURITY_SECRET_KEY__FILE": str(folder / "secrets" / "grafana-secret-key"),
        "GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH": str(ROOT / "grafana" / "dashboards" / "uwsgi-requests.json"),
        "GF_AUTH_ANONYMOUS_ENABLED": "true",
        "GF_AUTH_ANONYMOUS_ORG_ROLE": "Viewer",
        "GF_LOG_LEVEL": "info",
        "INFLUXDB_URL": influxdb,
        "PROMETHEUS_URL": prometheus,
        "ALERT_ADDRESS": "",
    }
    command = [str(Path(GRAFANA) / "bin" / "grafana"), "server", "--homepath", GRAFANA]
    server = Server(command, folder / "grafana.out", settings).start()
    return server.wait_ready(lambda: fetch(f"http://127.0.0.1:{port}/api/health")[0] == 200)


def provision(version: str, folder: Path) -> None:
    """Copy grafana/provisioning as compose mounts it, with the paths of this machine."""
    target = folder / "provisioning"
    files: Sequence[Path] = sorted((ROOT / "grafana" / "provisioning").rglob("*.*"))
    for source in files:
        chosen = DATASOURCES[version] if source.name == "telegraf.yml" else source
        text = chosen.read_text().replace(SECRETS, str(folder / "secrets"))
        text = re.sub(rf"{DASHBOARDS}\b", str(ROOT / "grafana" / "dashboards"), text)
        path = target / source.relative_to(ROOT / "grafana" / "provisioning")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
