"""Worker numbers, and what uWSGI's Python does not know by itself."""

import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from prometheus_client import CollectorRegistry, Counter, values
from prometheus_client.multiprocess import MultiProcessCollector

from flaskapp import workers


@pytest.fixture
def uwsgi(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The module that the server would make, in worker 3."""
    module = SimpleNamespace(worker_id=lambda: 3, opt={})
    monkeypatch.setattr(workers, "uwsgi", module)
    monkeypatch.setenv(workers.FOLDER, "")  # so that whatever a test puts there is taken back
    monkeypatch.delenv(workers.FOLDER)
    return module


def count(times: int) -> None:
    """Count as a process does that has just started."""
    workers.name_files_by_worker()
    counter = Counter("things", "Things.", registry=None)
    for _ in range(times):
        counter.inc()


def in_files(folder: Path) -> float:
    """What prometheus_client's own collector reads."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry, str(folder))  # type: ignore[no-untyped-call]
    return registry.get_sample_value("things_total") or 0.0


def test_files_are_named_by_worker_number(uwsgi: SimpleNamespace, tmp_path: Path) -> None:
    uwsgi.opt["env"] = f"PROMETHEUS_MULTIPROC_DIR={tmp_path}".encode()
    count(1)
    assert [file.name for file in tmp_path.iterdir()] == ["counter_3.db"]


def test_the_successor_of_a_dead_worker_continues_its_file(uwsgi: SimpleNamespace, tmp_path: Path) -> None:
    uwsgi.opt["env"] = f"PROMETHEUS_MULTIPROC_DIR={tmp_path}".encode()
    count(2)
    count(3)
    assert in_files(tmp_path) == 5
    assert len(list(tmp_path.iterdir())) == 1


def test_each_worker_counts_in_its_own_file_even_if_the_master_loaded_the_app(
    uwsgi: SimpleNamespace, tmp_path: Path
) -> None:
    uwsgi.opt["env"] = f"PROMETHEUS_MULTIPROC_DIR={tmp_path}".encode()
    numbers = [0]
    uwsgi.worker_id = lambda: numbers[0]
    workers.name_files_by_worker()
    counter = Counter("things", "Things.", registry=None)
    for numbers[0] in (1, 2):
        counter.inc()
    assert in_files(tmp_path) == 2
    assert {file.name for file in tmp_path.iterdir()} == {f"counter_{number}.db" for number in range(3)}


@pytest.mark.parametrize("given", [b"PROMETHEUS_MULTIPROC_DIR=/x=y", [b"OTHER=1", b"PROMETHEUS_MULTIPROC_DIR=/x=y"]])
def test_variables_set_by_uwsgi_are_added_to_the_environment(
    given: object, uwsgi: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTHER", "0")
    uwsgi.opt["env"] = given
    workers.name_files_by_worker()
    assert os.environ[workers.FOLDER] == "/x=y"
    assert os.environ["OTHER"] == "0"


@pytest.mark.usefixtures("uwsgi")
def test_without_a_folder_each_process_counts_for_itself() -> None:
    before = values.ValueClass
    workers.name_files_by_worker()
    assert values.ValueClass is before


def test_pyuwsgi_finds_its_packages_after_a_reload(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyuwsgi", SimpleNamespace())
    monkeypatch.setattr(sys, "base_prefix", "/somewhere/else")
    monkeypatch.setenv("PYTHONPATH", "/mine")
    workers.survive_reload()
    first, *rest = os.environ["PYTHONPATH"].split(os.pathsep)
    assert first.endswith("site-packages")
    assert rest == ["/mine"]


def test_uwsgi_itself_needs_no_pythonpath(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "pyuwsgi", raising=False)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    workers.survive_reload()
    assert "PYTHONPATH" not in os.environ
