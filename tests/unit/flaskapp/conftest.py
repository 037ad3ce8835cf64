"""Counting for one test alone: in memory, or in files as several workers do."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import values

from flaskapp import metrics, workers


@pytest.fixture(autouse=True)
def in_memory(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing is counted yet, and this process counts for itself."""
    monkeypatch.delenv(workers.FOLDER, raising=False)
    monkeypatch.setattr(values, "ValueClass", values.MutexValue)
    forget()
    yield
    monkeypatch.undo()
    forget()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the counters; this process is worker 3."""
    monkeypatch.setenv(workers.FOLDER, str(tmp_path))
    monkeypatch.setattr(values, "ValueClass", values.MultiProcessValue(process_identifier=lambda: 3))  # type: ignore[no-untyped-call]
    return tmp_path


def forget() -> None:
    metrics.REQUESTS.clear()
    metrics.series.cache_clear()
