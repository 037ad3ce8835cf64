"""What an output's writers count."""

import threading

import pytest

from logshipper.ship.write_stats import BUCKETS, OutputStats


def test_nothing_was_written_yet() -> None:
    counts = OutputStats().counts()
    assert (counts.batches, counts.seconds, sum(counts.durations), counts.retries) == (0, 0.0, 0, {})


@pytest.mark.parametrize(
    ("seconds", "bucket"),
    [(0.0, 0), (BUCKETS[0], 0), (0.0051, 1), (BUCKETS[-1], len(BUCKETS) - 1), (99.0, len(BUCKETS))],
)
def test_a_write_is_counted_in_the_bucket_that_just_holds_it(seconds: float, bucket: int) -> None:
    stats = OutputStats()
    stats.count_write(seconds)
    durations = stats.counts().durations
    assert [index for index, count in enumerate(durations) if count] == [bucket]


def test_retries_are_counted_by_kind() -> None:
    stats = OutputStats()
    for kind in ("server", "connection", "server"):
        stats.count_retry(kind)
    assert list(stats.counts().retries.items()) == [("connection", 1), ("server", 2)]


def test_several_threads_lose_no_count() -> None:
    stats = OutputStats()

    def count() -> None:
        for _ in range(1000):
            stats.count_write(0.5)
            stats.count_retry("busy")

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counts = stats.counts()
    assert (counts.batches, counts.seconds, counts.retries) == (4000, 2000.0, {"busy": 4000})


def test_counts_stay_as_they_were_taken() -> None:
    stats = OutputStats()
    before = stats.counts()
    stats.count_write(1)
    stats.count_retry("busy")
    assert (before.batches, before.retries) == (0, {})
