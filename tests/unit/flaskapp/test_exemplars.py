"""Exemplars in memory and in the workers' files."""

from pathlib import Path

import pytest
from prometheus_client.samples import Exemplar

from flaskapp import exemplars, workers
from flaskapp.exemplars import Exemplars

KEY = ("GET", "/", "200")
TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
HEADER = f"00-{TRACE}-{SPAN}-01"
LABELS = {"trace_id": TRACE, "span_id": SPAN}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the counters; this "worker" is number 3."""
    monkeypatch.setenv(workers.DIRECTORY, str(tmp_path))
    monkeypatch.setattr(workers, "identity", lambda: 3)
    return tmp_path


def at(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    monkeypatch.setattr("time.time", lambda: 1_700_000_000 + seconds)
    monkeypatch.setattr("time.monotonic", lambda: seconds)


def test_the_last_request_of_a_bucket_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(workers.DIRECTORY, raising=False)
    at(monkeypatch, 0)
    kept = Exemplars()
    for seconds in (0.08, 0.06, 5.0):
        kept.keep(KEY, seconds, HEADER)
    assert kept.latest == {
        (*KEY, "0.1"): Exemplar(LABELS, 0.06, 1_700_000_000),
        (*KEY, "5.0"): Exemplar(LABELS, 5.0, 1_700_000_000),
    }


@pytest.mark.parametrize(
    "header",
    ["", "nonsense", f"00-{TRACE}-{SPAN}", f"00-{'0' * 32}-{SPAN}-01", f"00-{TRACE}-{'0' * 16}-01",
     f"00-{TRACE.upper()}-{SPAN}-01", f"00-{TRACE}-{SPAN}-01x", f'00-{TRACE}"-{SPAN}-01'],
)  # fmt: skip
def test_an_invalid_header_is_ignored(header: str) -> None:
    kept = Exemplars()
    kept.keep(KEY, 0.05, header)
    assert kept.latest == {}


def test_a_later_version_of_the_header_may_have_more_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(workers.DIRECTORY, raising=False)
    kept = Exemplars()
    kept.keep(KEY, 0.05, f"01-{TRACE}-{SPAN}-01-more")
    assert len(kept.latest) == 1


def test_a_file_is_written_at_most_once_a_second(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Exemplars()
    for second in (10.0, 10.5, 10.9):
        at(monkeypatch, second)
        kept.keep(KEY, 0.06, HEADER)
    assert exemplars.read_files(folder)[*KEY, "0.1"].timestamp == 1_700_000_010.0
    at(monkeypatch, 11.0)
    kept.keep(KEY, 0.06, HEADER)
    assert exemplars.read_files(folder)[*KEY, "0.1"].timestamp == 1_700_000_011.0
    assert [file.name for file in folder.iterdir()] == ["exemplars_3.json"]


def test_the_newest_exemplar_of_all_workers_is_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for worker, seconds in ((1, 6.0), (2, 9.0), (3, 7.0)):
        monkeypatch.setattr(workers, "identity", lambda worker=worker: worker)
        at(monkeypatch, seconds)
        Exemplars().keep(KEY, seconds / 100, HEADER)
    assert exemplars.read_files(folder) == {(*KEY, "0.1"): Exemplar(LABELS, 0.09, 1_700_000_009.0)}


def test_a_missing_folder_does_not_fail_a_request(folder: Path) -> None:
    folder.rmdir()
    Exemplars().keep(KEY, 0.05, HEADER)
    assert exemplars.read_files(folder) == {}
