"""Rules for the whole project: its lock files, its texts, its size, and the errors of its set-up."""

import ast
import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from logshipper.cli import COMMANDS
from tests.support.processes import ROOT
from tests.support.tree import tracked

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = PYPROJECT["project"]
README = (ROOT / "README.md").read_text()
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
# Addresses that a text may name: they are read by people, or are the name of a format.
KNOWN_HOSTS = {"docs.influxdata.com", "keepachangelog.com", "semver.org", "vega.github.io", "www.w3.org"}


def locked(path: Path) -> dict[str, str]:
    """Return package -> version of a lock file."""
    pins = re.findall(r"^([\w.-]+)==(\S+)", path.read_text(), re.MULTILINE)
    return {canonicalize_name(name): version for name, version in pins}


def wanted(*names: str) -> list[Requirement]:
    """Return what the project needs, with those extras and groups."""
    lists = {**PROJECT["optional-dependencies"], **PYPROJECT["dependency-groups"]}
    return [Requirement(text) for one in (PROJECT["dependencies"], *map(lists.get, names)) for text in one or ()]


class TestLockFiles:
    @pytest.mark.parametrize(
        ("name", "lists"),
        [
            ("run.txt", ["routes", "viewer", "app", "supervisor"]),
            ("container.txt", ["kafka", "routes", "app", "supervisor"]),
            ("dev.txt", ["kafka", "routes", "viewer", "app", "supervisor", "dev"]),
        ],
    )
    def test_lock_files_satisfy_pyproject(self, name: str, lists: list[str]) -> None:
        pins = locked(ROOT / "requirements" / name)
        for requirement in wanted(*lists):
            assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)]), requirement

    def test_lock_files_agree_with_each_other(self) -> None:
        dev = locked(ROOT / "requirements" / "dev.txt")
        for path in LOCKS:
            differing = {name for name, version in locked(path).items() if dev.get(name, version) != version}
            assert not differing, path.name

    @pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
    def test_every_package_has_hashes_and_no_url(self, path: Path) -> None:
        entries = re.split(r"^(?=[\w.-]+==)", path.read_text(), flags=re.MULTILINE)[1:]
        assert entries
        assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
        assert not re.search(r"https?:|--index|--find-links|@ ", path.read_text())


class TestTexts:
    def test_no_text_names_an_unknown_host(self) -> None:
        found = set()
        for path in tracked():
            try:
                text = path.read_text()
            except UnicodeDecodeError:
                continue
            for host in re.findall(
                r"https?://(?:[^\s/@\"'`]*@)?([a-z0-9][a-z0-9.-]*\.[a-z]{2,})\b", text, re.IGNORECASE
            ):
                example = re.search(r"(^|\.)example(\.(com|org|net))?$|\.(test|invalid|local|example)$", host.lower())
                if not example and host.lower() not in KNOWN_HOSTS:
                    found.add((str(path.relative_to(ROOT)), host))
        assert found == set()

    def test_the_readme_names_targets_that_exist(self) -> None:
        targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
        assert set(re.findall(r"\bmake ([a-z-]+)\b(?=[\s`])", README)) <= targets | {"a"}

    def test_the_readme_names_commands_that_exist(self) -> None:
        named = set(re.findall(r"logshipper (\w+)", re.sub(r"`logshipper` \w+", "", README)))
        assert named <= set(COMMANDS)
        assert {"run", "view", "parse"} <= named

    @pytest.mark.parametrize("page", tracked(".md"), ids=lambda page: str(page.relative_to(ROOT)))
    def test_every_link_in_a_page_has_a_target(self, page: Path) -> None:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            assert (page.parent / target).exists(), target

    def test_every_page_of_the_documentation_is_in_its_index(self) -> None:
        listed = set((ROOT / "docs" / "index.md").read_text().splitlines())
        pages = {str(page.relative_to(ROOT / "docs").with_suffix("")) for page in (ROOT / "docs").rglob("*.md")}
        assert pages - {"index"} <= listed

    def test_modules_named_in_the_architecture_exist(self) -> None:
        page = (ROOT / "docs" / "architecture.md").read_text()
        for name in re.findall(r"`([a-z_]+/[a-z_/]+(?:\.py)?)`", page):
            assert (ROOT / "logshipper" / name).exists(), name
        for constant, name in re.findall(r"`([A-Z_]+)`\s+in\s+`([a-z_/]+\.py)`", page):
            assert constant in (ROOT / "logshipper" / name).read_text(), constant

    def test_the_architecture_and_the_layers_list_every_module_beside_the_rooms(self) -> None:
        modules = {path.stem for path in (ROOT / "logshipper").glob("*.py")} - {"__init__", "__main__"}
        page = (ROOT / "docs" / "architecture.md").read_text()
        listed = re.search(r"^Beside the rooms stand.*?\n\n", page, re.DOTALL | re.MULTILINE)
        assert listed
        assert set(re.findall(r"`([a-z_0-9]+)`", listed[0])) == modules
        rooms = {path.parent.name for path in (ROOT / "logshipper").glob("*/__init__.py")}
        contract = next(one for one in PYPROJECT["tool"]["importlinter"]["contracts"] if one["id"] == "rooms")
        layers = set(re.findall(r"logshipper\.(\w+)", " ".join(contract["layers"])))
        assert layers - {"__main__"} == modules | rooms

    def test_the_demo_reads_the_variables_that_the_readme_names(self) -> None:
        code = "".join((ROOT / "tools" / name).read_text() for name in ("demo.py", "target.py", "setup"))
        for name in set(re.findall(r"\b(?:INFLUX|APP|VIEWER|DEMO)_[A-Z]+\b", README)) | {"PYTHON"}:
            assert name in code, name


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


class TestSize:
    @pytest.mark.parametrize("package", ["logshipper", "flaskapp", "grafana", "influxdb", "tools", "bench", "docker"])
    def test_modules_and_functions_stay_small(self, package: str) -> None:
        for path in tracked(".py"):
            if path.relative_to(ROOT).parts[0] != package:
                continue
            assert len(path.read_text().splitlines()) <= 300, path
            for function in functions(path):
                assert (function.end_lineno or 0) - function.lineno < 45, f"{path}: {function.name}"


class TestNames:
    def test_a_class_has_its_name_for_itself(self) -> None:
        found: dict[str, list[str]] = {}
        for path in (ROOT / "logshipper").rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    found.setdefault(node.name, []).append(str(path.relative_to(ROOT)))
        assert {name: paths for name, paths in found.items() if len(paths) > 1} == {}


class TestSetUp:
    def test_without_python_one_line_says_what_to_install(self, clone: Path) -> None:
        refused = set_up(clone, PYTHON="")
        assert "make: Python 3.11 or later is missing; fix: " in refused
        assert "install python3 python3-venv" in refused

    def test_a_python_that_is_too_old_is_named_and_refused(self, clone: Path) -> None:
        # What matters of an old Python is that it says so: our own question fails in it.
        old = clone / "python2.7"
        old.write_text("#!/bin/sh\nexit 1\n")
        old.chmod(0o755)
        assert f"make: {old} is missing or older than 3.11; fix: PYTHON=" in set_up(clone, PYTHON=str(old))

    def test_ci_runs_lint_and_all_tests(self) -> None:
        script = ROOT / ".ci" / "run"
        assert os.access(script, os.X_OK)
        steps = [line for line in script.read_text().splitlines() if line.startswith("make ")]
        assert steps == ["make lint", "make coverage", "make test", "make docker-test"]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone with the set-up alone, and programs without Python, apt and sudo."""
    (tmp_path / "tools").mkdir()
    shutil.copy(ROOT / "tools" / "setup", tmp_path / "tools")
    (tmp_path / "bin").mkdir()
    for name in ("cat", "dirname", "flock", "grep", "id", "mkdir", "sed", "sha256sum"):
        (tmp_path / "bin" / name).symlink_to(str(shutil.which(name)))
    return tmp_path


def set_up(clone: Path, **env: str) -> str:
    """Return the last line of a set-up that is refused."""
    command = ["/bin/sh", str(clone / "tools" / "setup"), "run"]
    env |= {"PATH": str(clone / "bin")}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    return done.stderr.splitlines()[-1]
