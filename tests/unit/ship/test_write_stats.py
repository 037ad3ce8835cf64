"""What an output's writers count."""

import pytest

from logshipper.deliver.retry import Answered, Failed
from logshipper.ship.write_stats import BUCKETS, REMINDER, OutputStats


def test_counts_start_at_zero() -> None:
    counts = OutputStats("influxdb").counts()
    assert (counts.batches, counts.seconds, sum(counts.durations), counts.retries) == (0, 0.0, 0, {})


@pytest.mark.parametrize(
    ("seconds", "bucket"),
    [(0.0, 0), (BUCKETS[0], 0), (0.0051, 1), (BUCKETS[-1], len(BUCKETS) - 1), (99.0, len(BUCKETS))],
)
def test_a_write_is_counted_in_the_smallest_bucket_that_holds_it(seconds: float, bucket: int) -> None:
    stats = OutputStats("influxdb")
    stats.note(Answered(seconds, recovered=False))
    durations = stats.counts().durations
    assert [index for index, count in enumerate(durations) if count] == [bucket]


def test_retries_are_counted_by_kind() -> None:
    stats = OutputStats("influxdb")
    for kind in ("server", "connection", "server"):
        stats.note(Failed(kind, "reason"))
    assert list(stats.counts().retries.items()) == [("connection", 1), ("server", 2)]


def test_an_outage_is_logged_at_once_every_few_minutes_and_at_its_end(caplog: pytest.LogCaptureFixture) -> None:
    now = 0.0
    stats = OutputStats("influxdb", lambda: 2_500_000, lambda: now)
    for _ in range(2):
        stats.note(Failed("connection", "refused"))
        stats.remind()
    now = REMINDER
    stats.note(Failed("connection", "refused"))
    stats.remind()
    stats.remind()
    stats.note(Failed("busy", "503"))
    now = 10 * REMINDER
    assert stats.problem == "503"
    stats.note(Answered(0.1, recovered=True))
    stats.note(Answered(0.1, recovered=True))
    stats.remind()
    assert stats.problem == ""
    assert caplog.messages == [
        "influxdb: refused; nothing is lost, retrying",
        "influxdb: for 3 min: refused; nothing is lost, 2.5 MB of log wait",
        "influxdb: 503; nothing is lost, retrying",
        "influxdb: delivering again after 30 min; 2.5 MB of log to write",
    ]


def test_counts_are_a_snapshot() -> None:
    stats = OutputStats("influxdb")
    before = stats.counts()
    stats.note(Answered(1, recovered=False))
    stats.note(Failed("busy", "reason"))
    assert (before.batches, before.retries) == (0, {})
