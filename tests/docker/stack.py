"""The compose set-up, run for real: a Docker daemon, images from Debian packages, `docker-compose`."""

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.needs import need, need_root
from tests.support.network import free_port
from tests.support.processes import ROOT
from tests.support.waiting import wait_until

PROGRAMS = {
    "dockerd": "docker.io",
    "docker": "docker.io",
    "docker-compose": "docker-compose",
    "debootstrap": "debootstrap",
    "iptables": "iptables",
}
SUITE = "bookworm"
BASE, SERVERS = "flaskfana-test-base", "flaskfana-test-servers"
INCLUDED = "ca-certificates,curl,python3,python3-venv,wget"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
# This machine's own pip and apt settings, such as package sources: the images need them too.
SOURCES = ("/etc/pip.conf", "/etc/apt/sources.list.d", "/etc/apt/sources.list", "/etc/apt/apt.conf.d")
FILES = ("docker-compose.yml", "compose.influxdb1.yml", "tests/docker/compose.debian.yml")
SERVICES = ("influxdb", "prometheus", "flask_app")


def prepare() -> None:
    """Skip (fail under CI=true) without root or one of the programs; `make docker-test` installs them."""
    need_root("to start Docker and build images")
    for program, package in PROGRAMS.items():
        need(program, package=package)


@contextlib.contextmanager
def daemon(folder: Path) -> Iterator[str]:
    """Yield the address of a Docker daemon: a running one, or our own in `folder`."""
    given = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    if answers(given):
        yield given
        return
    address = f"unix://{folder}/docker.sock"
    command = ["dockerd", "--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec", "--host", address]
    with (folder / "dockerd.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--pidfile", f"{folder}/dockerd.pid"], stdout=log, stderr=log, start_new_session=True
        )
    try:
        wait_until(lambda: answers(address), f"dockerd ({folder}/dockerd.log)")
        yield address
    finally:
        process.terminate()
        process.wait(60)
        for mounted in (folder / "exec" / "netns").glob("*"):  # dockerd leaves it, and the folder could not be removed
            subprocess.run(["umount", str(mounted)], check=False)


def answers(address: str) -> bool:
    """Return whether a Docker daemon responds."""
    environment = {**os.environ, "DOCKER_HOST": address}
    command = ["docker", "version", "--format", "{{.Server.Version}}"]
    return subprocess.run(command, env=environment, capture_output=True, check=False, timeout=20).returncode == 0


def make_base(docker: "Docker", folder: Path) -> None:
    """Import a minimal Debian with Python as the base image, unless the daemon has it."""
    if docker.run("image", "inspect", BASE, check=False).returncode == 0:
        return
    root = folder / "root"
    command = ["debootstrap", "--variant=minbase", f"--include={INCLUDED}", SUITE, str(root)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    for source in (CERTIFICATES, *map(Path, SOURCES)):
        copy_into(root, source)
    changes = [f"ENV {name}={CERTIFICATES}" for name in ("SSL_CERT_FILE", "PIP_CERT")]
    flags = [part for change in changes for part in ("--change", change)]
    with subprocess.Popen(["tar", "--create", "--directory", str(root), "."], stdout=subprocess.PIPE) as tar:
        docker.run("import", *flags, "-", BASE, stdin=tar.stdout)
    assert tar.returncode == 0
    shutil.rmtree(root)


def copy_into(root: Path, source: Path) -> None:
    """Copy a file or folder of this machine to the same place under `root`."""
    target = root / source.relative_to("/")
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    elif source.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)


@dataclass(frozen=True)
class Docker:
    """The docker command, on one daemon."""

    address: str

    def run(
        self, *arguments: str, check: bool = True, stdin: Any = subprocess.DEVNULL
    ) -> subprocess.CompletedProcess[str]:
        """Run `docker …`; if it fails and `check` is set, raise AssertionError with its output."""
        return call(["docker", *arguments], {"DOCKER_HOST": self.address}, check=check, stdin=stdin)

    def inspect(self, *names: str) -> list[dict[str, Any]]:
        """Return the output of `docker inspect`."""
        found: list[dict[str, Any]] = json.loads(self.run("inspect", *names).stdout)
        return found


def call(
    command: Sequence[str], environment: Mapping[str, str], *, check: bool = True, stdin: Any = subprocess.DEVNULL
) -> subprocess.CompletedProcess[str]:
    """Run the command in the project's folder with additional variables; its output is text."""
    done = subprocess.run(
        command, env={**os.environ, **environment}, cwd=ROOT, stdin=stdin, capture_output=True, text=True, check=False
    )
    assert not check or done.returncode == 0, f"{command}: {done.stdout[-4000:]}{done.stderr[-4000:]}"
    return done


@dataclass
class Stack:
    """One project of docker-compose, its ports published on 127.0.0.1."""

    docker: Docker
    name: str
    ports: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for port in ("HTTP", "APP", "METRICS", "INFLUXDB", "PROMETHEUS", "GRAFANA"):
            self.ports[port] = free_port()

    def compose(self, *arguments: str, check: bool = True) -> str:
        """Run `docker-compose …` with the project's files and return its output."""
        environment = {f"{name}_PORT": f"127.0.0.1:{port}" for name, port in self.ports.items()}
        environment |= {"DOCKER_HOST": self.docker.address, "COMPOSE_PROJECT_NAME": self.name}
        environment |= {"TEST_BASE": BASE, "TEST_SERVERS": SERVERS, "COMPOSE_HTTP_TIMEOUT": "300"}
        files = [part for file in FILES for part in ("--file", file)]
        done = call(["docker-compose", *files, *arguments], environment, check=check)
        return done.stdout + done.stderr

    def url(self, port: str, path: str = "") -> str:
        """Return the address of a published port, such as url("HTTP", "/")."""
        return f"http://127.0.0.1:{self.ports[port]}{path}"

    def up(self) -> None:
        """Start all services that have images, and wait until every one is healthy."""
        self.compose("up", "--detach", *SERVICES, "influxdb_rollup")
        self.healthy()

    def healthy(self, seconds: float = 120) -> None:
        """Wait until Docker calls every service healthy."""

        def all_healthy() -> bool:
            states = {service: self.state(service) for service in SERVICES}
            assert set(states.values()) == {"healthy"}, states
            return True

        wait_until(all_healthy, "services healthy", seconds)

    def container(self, service: str) -> str:
        """Return the id of the service's container, even of a stopped one."""
        return self.compose("ps", "--all", "--quiet", service).split()[0]

    def state(self, service: str) -> str:
        """Return the service's health: starting, healthy, unhealthy."""
        found = self.docker.inspect(self.container(service))[0]
        return str(found["State"].get("Health", {}).get("Status", found["State"]["Status"]))

    def secrets(self) -> dict[str, str]:
        """Return file name -> content of the secrets' volume."""
        code = "import json, pathlib as p; print(json.dumps({f.name: f.read_text() for f in p.Path('/s').iterdir()}))"
        volume = f"{self.name}_secrets:/s:ro"
        found: dict[str, str] = json.loads(
            self.docker.run("run", "--rm", "--network", "none", "--volume", volume, BASE, "python3", "-c", code).stdout
        )
        return found
