"""Counters in memory and in files of prometheus_client's multiprocess format."""

import errno
import math
import os
import threading
import time
from itertools import accumulate
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector

from flaskapp import workers
from flaskapp.counters import BOUNDS, BUCKETS, NAME, Counters, Key, RequestCounter

KEY = ("GET", "/api/obj/<int:id_num>", "200")
SECONDS = st.lists(st.floats(min_value=0, max_value=1e6), max_size=50)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the counters of this "worker", number 3."""
    monkeypatch.setenv(workers.DIRECTORY, str(tmp_path))
    monkeypatch.setattr(workers, "identity", lambda: 3)
    return tmp_path


@pytest.fixture
def in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(workers.DIRECTORY, raising=False)


def observe(counters: Counters, *seconds: float, key: Key = KEY) -> None:
    count = counters.get(key).observe
    for each in seconds:
        count(each)


def counts(counters: Counters) -> list[float]:
    ((_, found, _),) = counters.read()
    return found


def in_files(folder: Path) -> dict[str, float]:
    """What prometheus_client's own collector reads: bucket -> requests in it and below, and "sum"."""
    (metric,) = MultiProcessCollector.merge([str(file) for file in folder.glob("*.db")])  # type: ignore[no-untyped-call]
    assert metric.name == NAME
    return {sample.labels.get("le", sample.name.rpartition("_")[2]): sample.value for sample in metric.samples}


@pytest.mark.usefixtures("in_memory")
@pytest.mark.parametrize(
    ("seconds", "first"),
    [(0, "0.005"), (0.005, "0.005"), (0.095, "0.1"), (0.1, "0.1"), (0.1000001, "0.2"), (10, "10.0"), (10.01, "+Inf")],
)
def test_a_bucket_counts_requests_up_to_and_including_its_bound(seconds: float, first: str) -> None:
    counters = Counters()
    observe(counters, seconds)
    assert dict(zip(BOUNDS, counts(counters), strict=True)) == {
        bound: float(BOUNDS.index(bound) >= BOUNDS.index(first)) for bound in BOUNDS
    }


@pytest.mark.usefixtures("in_memory")
@given(SECONDS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_all_requests_are_in_the_last_bucket(seconds: list[float]) -> None:
    counters = Counters()
    counters.get(KEY)
    observe(counters, *seconds)
    ((key, found, total),) = counters.read()
    assert key == KEY
    assert found == [sum(each <= bound for each in seconds) for bound in (*BUCKETS, math.inf)]
    assert total == pytest.approx(list(accumulate(seconds, initial=0.0))[-1])


def test_prometheus_client_can_read_the_file(folder: Path) -> None:
    observe(Counters(), 0.1, 0.2, 0.2, 7.0)
    assert [file.name for file in folder.iterdir()] == ["histogram_3.db"]
    assert in_files(folder) == {
        **{
            bound: 0 if float(bound) < 0.1 else 1 if float(bound) < 0.2 else 3 if float(bound) < 8 else 4
            for bound in BOUNDS
        },
        "sum": pytest.approx(7.5),
        "count": 4,
    }


def test_the_successor_of_a_dead_worker_continues_its_counts(folder: Path) -> None:
    observe(Counters(), 0.05, 0.05)
    observe(Counters(), 0.05)
    assert in_files(folder)["+Inf"] == 3
    assert len(list(folder.iterdir())) == 1


def test_the_files_of_all_workers_are_summed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for worker in range(1, 5):
        monkeypatch.setattr(workers, "identity", lambda worker=worker: worker)
        observe(Counters(), *[0.05] * worker)
    assert in_files(folder)["+Inf"] == 10


def test_cells_stay_valid_when_the_file_grows(folder: Path) -> None:
    counters = Counters()
    keys: list[Key] = [("GET", f"/route/number/{number}", "200") for number in range(200)]
    for key in keys:
        observe(counters, 0.05, key=key)
    for key in keys:  # also those that were made when the file was small
        observe(counters, 0.05, key=key)
    assert (folder / "histogram_3.db").stat().st_size > 1 << 16
    (metric,) = MultiProcessCollector.merge([str(folder / "histogram_3.db")])  # type: ignore[no-untyped-call]
    totals = {s.labels["route"]: s.value for s in metric.samples if s.labels.get("le") == "+Inf"}
    assert totals == {route: 2.0 for _, route, _ in keys}


def test_a_number_is_eight_aligned_bytes(folder: Path) -> None:
    """So it changes in one step: a reader sees the old one or the new one."""
    Counters().get(KEY)
    file = MmapedDict(str(folder / "histogram_3.db"))  # type: ignore[no-untyped-call]
    assert len(file._positions) == len(BOUNDS) + 1
    assert all(position % 8 == 0 for position in file._positions.values())


def test_counting_works_again_after_a_full_disk(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counters = Counters()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(os, "posix_fallocate", full)
        with pytest.raises(OSError, match="No space left"):
            counters.get(KEY)
    observe(counters, 0.05)
    assert in_files(folder)["+Inf"] == 1


class Slow(list[float]):
    """Numbers that let another thread in between reading and writing."""

    def __getitem__(self, bucket_key: int) -> float:  # type: ignore[override]
        value = super().__getitem__(bucket_key)
        time.sleep(0)
        return value


def test_threads_lose_no_counts() -> None:
    size = len(BOUNDS) + 1
    counter = RequestCounter(Slow([0.0] * size), list(range(size)), threads=True)

    def many() -> None:
        for _ in range(500):
            counter.observe(0.004)

    threads = [threading.Thread(target=many) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counter.numbers[0] == 2000


@pytest.mark.usefixtures("in_memory")
def test_the_fast_path_is_used_only_without_threads() -> None:
    assert Counters().get(KEY).quick == BUCKETS[0]
    assert Counters().get(KEY, threads=True).quick < 0
