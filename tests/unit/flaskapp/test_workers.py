"""Worker numbers, and what uWSGI's Python does not know by itself."""

import os
import sys
from types import SimpleNamespace

import pytest
from prometheus_client import values

from flaskapp import workers


@pytest.fixture
def uwsgi(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The module that the server would make, in worker 3."""
    module = SimpleNamespace(worker_id=lambda: 3, opt={})
    monkeypatch.setattr(workers, "uwsgi", module)
    monkeypatch.setattr(values, "ValueClass", values.ValueClass)
    monkeypatch.setenv(workers.DIRECTORY, "")  # so that whatever a test puts there is taken back
    monkeypatch.delenv(workers.DIRECTORY)
    return module


def test_outside_uwsgi_a_process_is_identified_by_its_pid() -> None:
    assert workers.identity() == os.getpid()


@pytest.mark.usefixtures("uwsgi")
def test_in_uwsgi_a_process_is_identified_by_its_worker_number() -> None:
    assert workers.identity() == 3


@pytest.mark.parametrize("given", [b"PROMETHEUS_MULTIPROC_DIR=/x=y", [b"OTHER=1", b"PROMETHEUS_MULTIPROC_DIR=/x=y"]])
def test_variables_set_by_uwsgi_are_added_to_the_environment(
    given: object, uwsgi: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTHER", "0")
    uwsgi.opt["env"] = given
    workers.name_files_by_worker()
    assert os.environ[workers.DIRECTORY] == "/x=y"
    assert os.environ["OTHER"] == "0"
    assert values.ValueClass._multiprocess


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
