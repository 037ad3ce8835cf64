"""The tests mirror the code: a module's specification is found under the module's name."""

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.support.processes import ROOT
from tests.support.tree import tracked

TESTS = ROOT / "tests"
# Modules without a test of their own, and why.
WITHOUT = {"__main__.py": "two lines; every test that runs `python -m logshipper` goes through them"}
# Who may sleep, and what for. Whatever waits for somebody else uses `wait_until`.
MAY_SLEEP = {
    "support/waiting.py": "between two looks",
    "support/uwsgi_webapp.py": "the application that uWSGI runs; slow on purpose",
    "faults/cases_files.py": "a moment by chance",
    "faults/cases_process.py": "a moment by chance",
    "faults/cases_sqlite.py": "a moment by chance",
}


def modules() -> list[Path]:
    code = [path.relative_to(ROOT / "logshipper") for path in tracked(".py") if ROOT / "logshipper" in path.parents]
    return sorted(path for path in code if path.name != "__init__.py" and str(path) not in WITHOUT)


@pytest.mark.parametrize("module", modules(), ids=str)
def test_each_module_has_a_test(module: Path) -> None:
    test = TESTS / "unit" / module.parent / f"test_{module.name}"
    assert test.exists(), f"write {test.relative_to(ROOT)}, the specification of logshipper/{module}"


@cache
def files() -> list[tuple[Path, ast.Module]]:
    paths = [path for path in tracked(".py") if TESTS in path.parents]
    return [(path.relative_to(TESTS), ast.parse(path.read_text())) for path in paths]


def imported(tree: ast.Module) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}
    return found


def test_no_test_imports_a_test() -> None:
    wrong = [
        (str(path), name)
        for path, tree in files()
        for name in imported(tree)
        if name.startswith("tests.") and any(part.startswith("test_") for part in name.split(".")[:-1])
    ]
    assert wrong == []


def test_unit_tests_start_no_server() -> None:
    servers = {"tests.support.influxd", "tests.support.uwsgi", "tests.support.flaskapp_server", "tests.support.browser"}
    wrong = [
        (str(path), name) for path, tree in files() if path.parts[0] == "unit" for name in imported(tree) & servers
    ]
    assert wrong == []


def test_no_sleep_decides_a_test() -> None:
    sleeping = {
        str(path)
        for path, tree in files()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "sleep" and isinstance(node.value, ast.Name)
    }
    assert sleeping <= MAY_SLEEP.keys()
