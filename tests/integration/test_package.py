"""What you get when you install the wheel or the sdist: a clean environment, an empty folder, no repository."""

import email
import os
import re
import shlex
import sqlite3
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from contextlib import closing
from dataclasses import dataclass
from email.message import Message
from pathlib import Path

import pytest

from tests.support.network import fetch, free_port
from tests.support.processes import ROOT
from tests.support.request_lines import START, line
from tests.support.tree import tracked
from tests.support.waiting import wait_until

LOCK = ROOT / "requirements"
INI = "[uwsgi]\nlogformat = %(method) %(uri) %(status) %(msecs)\n"
# An application whose routes can be exported: what Flask's `url_map` is, without Flask.
APP = """
from werkzeug.routing import Map, Rule
class App:
    url_map = Map([Rule("/api/obj/<int:id_num>", endpoint="obj")])
app = App()
"""


@dataclass(frozen=True)
class Installed:
    """An environment with the package in it, and an empty folder to work in."""

    programs: Path
    folder: Path

    def pip(self, *arguments: str | Path) -> None:
        """Run our own pip on the environment: what it has downloaded once, it keeps."""
        command: list[str | Path] = [sys.executable, "-m", "pip"]
        command += ["--python", self.programs / "python", "--disable-pip-version-check"]
        done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def run(self, program: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Run one of the environment's programs in the folder."""
        command = [self.programs / program, *arguments]
        env = {"PATH": os.defpath, "TZ": "UTC", "HOME": str(self.folder)}
        return subprocess.run(command, cwd=self.folder, env=env, capture_output=True, text=True, check=False)

    def logshipper(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run("logshipper", *arguments)

    def succeeds(self, *arguments: str) -> str:
        done = self.logshipper(*arguments)
        assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
        return done.stdout

    def refuses(self, *arguments: str) -> str:
        """Return the one line of an error of the user's."""
        done = self.logshipper(*arguments)
        assert (done.returncode, done.stdout) == (2, ""), done.stderr
        [said] = done.stderr.splitlines()
        return said

    def site_packages(self) -> Path:
        [found] = self.programs.parent.glob("lib/python3*/site-packages")
        return found

    def top_level(self) -> set[str]:
        """Return the names that the package takes in site-packages."""
        [record] = self.site_packages().glob("flaskfana-*.dist-info/RECORD")
        tops = {name.partition("/")[0] for name in record.read_text().splitlines()}
        return {name for name in tops if not name.endswith(".dist-info") and name != ".."}


def environment(folder: Path) -> Installed:
    """Make an empty environment."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    (folder / "empty").mkdir()
    return Installed(folder / "venv" / "bin", folder / "empty")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("dist")
    uv = Path(sysconfig.get_path("scripts")) / "uv"
    offline = ["--offline", "--no-build-isolation", "--python", sys.executable]
    subprocess.run([uv, "build", "--quiet", *offline, "--out-dir", folder], cwd=ROOT, check=True)
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    [found] = built.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def sdist(built: Path) -> Path:
    [found] = built.glob("*.tar.gz")
    return found


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith("/METADATA")]
        return email.message_from_bytes(archive.read(name))


@pytest.fixture(scope="module")
def bare(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel without extras."""
    place = environment(tmp_path_factory.mktemp("bare"))
    place.pip("install", "--no-compile", wheel)
    give_files(place)
    return place


@pytest.fixture(scope="module")
def full(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The sdist with all extras."""
    place = environment(tmp_path_factory.mktemp("full"))
    place.pip("install", "--no-compile", f"{sdist}[viewer,routes,kafka]")
    give_files(place)
    return place


def give_files(place: Installed) -> None:
    (place.folder / "app.log").write_text("".join(line(f"/api/obj/{n}", number=n, at=START) for n in range(1, 4)))
    (place.folder / "uwsgi.ini").write_text(INI)
    (place.folder / "webapp.py").write_text(APP)
    text = '[[inputs.logparser]]\nfiles = ["app.log"]\nfrom_beginning = true\n[[outputs.sqlite]]\npath = "old.db"\n'
    (place.folder / "shipper.toml").write_text(f'{text}[logshipper]\nstate_dir = "state"\nmetrics_address = ""\n')
    (place.folder / "kafka.toml").write_text('[[inputs.logparser]]\nfiles = ["app.log"]\n[[outputs.kafka]]\n')
    (place.folder / "routes.toml").write_text(
        f'{text}[logshipper]\nstate_dir = "routed"\nroutes_file = "routes.json"\n'
    )


@pytest.fixture(params=["wheel", "sdist"])
def installed(request: pytest.FixtureRequest) -> Installed:
    place: Installed = request.getfixturevalue({"wheel": "bare", "sdist": "full"}[request.param])
    return place


class TestEachOfThem:
    def test_the_package_installs_one_module_and_its_command(self, installed: Installed) -> None:
        assert installed.top_level() == {"logshipper"}
        version = re.search(r'__version__ = "(.+)"', (ROOT / "logshipper/__init__.py").read_text())
        assert version
        assert installed.succeeds("--version") == f"logshipper, version {version[1]}\n"

    def test_run_ships_a_log(self, installed: Installed) -> None:
        installed.succeeds("run", "--once", "app.log", "--to", "sqlite:///new.db")
        assert rows(installed.folder / "new.db") == 3

    def test_parse_prints_points(self, installed: Installed) -> None:
        assert installed.succeeds("parse", "app.log").count("uwsgi_log,") == 3

    def test_explain_accepts_a_valid_log(self, installed: Installed) -> None:
        assert "expected" not in installed.succeeds("explain", "app.log")

    def test_backfill_ships_a_log(self, installed: Installed) -> None:
        installed.succeeds("backfill", "--config", "shipper.toml", "--jobs", "1", "app.log")
        assert rows(installed.folder / "old.db") == 3

    def test_pattern_reads_a_log_format(self, installed: Installed) -> None:
        assert "%{" in installed.succeeds("pattern", "uwsgi.ini")

    def test_the_command_of_the_systemd_unit_runs_with_the_example_settings(self, installed: Installed) -> None:
        data = installed.site_packages() / "logshipper/data/systemd"
        settings = (data / "logshipper.toml").read_text()
        assert tomllib.loads(settings)["outputs"] == {
            "influxdb": [{"urls": ["http://127.0.0.1:8086"], "database": "telegraf"}]
        }
        for known, instead in {
            "/var/log/uwsgi/*.log": f"{installed.folder}/app.log",
            "/var/lib/logshipper": f"{installed.folder}/service",
            '[[outputs.influxdb]]\n  urls = ["http://127.0.0.1:8086"]\n  database = "telegraf"': (
                f'[[outputs.sqlite]]\n  path = "{installed.folder}/service.db"'
            ),
        }.items():
            assert known in settings
            settings = settings.replace(known, instead)
        (installed.folder / "service.toml").write_text(settings)
        unit = (data / "logshipper.service").read_text()
        [command] = re.findall(r"^ExecStart=(.+)$", unit, re.MULTILINE)
        program, *arguments = shlex.split(command)
        assert program == "/opt/logshipper/bin/logshipper"
        ours = ["service.toml" if word == "/etc/logshipper/logshipper.toml" else word for word in arguments]
        installed.succeeds(*ours, "--once")
        assert rows(installed.folder / "service.db") == 3


class TestWithExtras:
    def test_routes_are_exported_and_become_a_tag(self, full: Installed) -> None:
        full.succeeds("routes", "webapp", "--output", "routes.json")
        assert "route=/api/obj/<int:id_num>" in full.succeeds("parse", "--config", "routes.toml", "app.log")

    def test_the_viewer_shows_the_rows(self, full: Installed) -> None:
        full.succeeds("run", "--once", "app.log", "--to", "sqlite:///shown.db")
        port = free_port()
        command = [str(full.programs / "logshipper"), "view", "--port", str(port), "shown.db"]
        viewer = subprocess.Popen(command, cwd=full.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            wait_until(lambda: b"Slowest URIs" in fetch(f"http://127.0.0.1:{port}/")[1], "the viewer's page")
        finally:
            viewer.terminate()
            viewer.communicate(timeout=30)


class TestWithoutExtras:
    def test_view_says_what_to_install(self, bare: Installed) -> None:
        assert bare.refuses("view", "requests.db").endswith("pip install 'flaskfana[viewer]'")

    def test_routes_says_what_to_install(self, bare: Installed) -> None:
        assert bare.refuses("routes", "webapp").endswith("pip install 'flaskfana[routes]'")

    def test_kafka_says_what_to_install(self, bare: Installed) -> None:
        assert bare.refuses("run", "--config", "kafka.toml").endswith("pip install 'flaskfana[kafka]'")

    def test_the_route_tag_says_what_to_install(self, bare: Installed, full: Installed) -> None:
        exported = full.succeeds("routes", "webapp")
        (bare.folder / "routes.json").write_text(exported)
        assert bare.refuses("parse", "--config", "routes.toml", "app.log").endswith("pip install 'flaskfana[routes]'")


class TestFiles:
    def test_the_wheel_includes_the_data_folders_of_the_repository(self, wheel: Path) -> None:
        with zipfile.ZipFile(wheel) as archive:
            names = {Path(name) for name in archive.namelist()}
        tops = {name.parts[0] for name in names}
        assert {name for name in tops if not name.endswith(".dist-info")} == {"logshipper"}
        for folder in ("grok_patterns", "grafana/contact", "grafana/dashboards", "prometheus/rules", "systemd"):
            for file in (ROOT / folder).iterdir():
                assert Path("logshipper/data") / file.relative_to(ROOT) in names
        assert Path("logshipper/py.typed") in names

    def test_the_sdist_includes_every_tracked_file(self, sdist: Path) -> None:
        with closing(tarfile.open(sdist)) as archive:
            names = {name.partition("/")[2] for name in archive.getnames()}
        assert {str(path.relative_to(ROOT)) for path in tracked()} - names == set()

    def test_every_test_can_be_collected_in_the_sdist(self, sdist: Path, tmp_path: Path) -> None:
        with closing(tarfile.open(sdist)) as archive:
            archive.extractall(tmp_path, filter="data")
        [top] = tmp_path.iterdir()
        collect = ["--quiet", "--collect-only", "--assert=plain", "-p", "no:cacheprovider"]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *collect], cwd=top, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout[-2000:]


class TestMetadata:
    def test_twine_accepts_the_package(self, built: Path, tmp_path: Path) -> None:
        checker = environment(tmp_path)
        checker.pip("install", "--no-compile", "--require-hashes", "-r", LOCK / "release.txt")
        done = checker.run("python", "-m", "twine", "check", "--strict", *built.glob("flaskfana-*"))
        assert done.returncode == 0, done.stdout + done.stderr

    def test_the_description_has_no_relative_links(self, metadata: Message) -> None:
        text = str(metadata.get_payload())
        assert "# Flaskfana" in text
        assert [target for target in re.findall(r"\]\(([^)]*)\)", text) if not target.startswith("http")] == []

    def test_the_metadata_has_name_python_version_license_and_extras(self, metadata: Message) -> None:
        assert (metadata["Name"], metadata["Requires-Python"], metadata["License-Expression"]) == (
            "flaskfana",
            ">=3.11",
            "MIT",
        )
        assert set(metadata.get_all("Provides-Extra") or ()) == {"kafka", "routes", "top", "viewer"}
        assert "Typing :: Typed" in (metadata.get_all("Classifier") or ())


def rows(database: Path) -> int:
    with closing(sqlite3.connect(database)) as connection:
        return int(connection.execute("SELECT count(*) FROM uwsgi_log").fetchone()[0])
