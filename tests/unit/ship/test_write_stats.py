"""What an output's writers count."""

import pytest

from logshipper.deliver.retry import Answered, Failed
from logshipper.ship.write_stats import BUCKETS, FLAPPING, REMINDER, OutputStats


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
        "influxdb: for 3 min: refused; nothing is lost, 2 MB of log to write",
        "influxdb: 503; nothing is lost, retrying",
        "influxdb: delivering again after 30 min; 2 MB of log to write",
    ]


def test_a_server_that_comes_and_goes_is_said_once_in_a_few_minutes(caplog: pytest.LogCaptureFixture) -> None:
    now = 0.0
    stats = OutputStats("influxdb", clock=lambda: now)
    for second in range(int(REMINDER)):
        now = float(second)
        stats.note(Failed(("connection", "busy")[second % 2], "refused"))
        stats.note(Answered(0.1, recovered=True))
        stats.remind()
    assert (
        caplog.messages
        == [
            "influxdb: refused; nothing is lost, retrying",
            "influxdb: delivering again after 0 s; 0 B of log to write",
        ]
        * 2
    )
    assert stats.problem == ""


def test_an_outage_soon_after_another_is_said_when_it_has_lasted(caplog: pytest.LogCaptureFixture) -> None:
    now = 0.0
    stats = OutputStats("influxdb", clock=lambda: now)
    stats.note(Failed("connection", "refused"))
    stats.note(Answered(0.1, recovered=True))
    caplog.clear()
    for second in (10.0, 10.0 + FLAPPING - 1):
        now = second
        stats.note(Failed("connection", "refused"))
        stats.remind()
    assert (stats.problem, caplog.messages) == ("refused", [])
    now = 10.0 + FLAPPING
    stats.note(Failed("connection", "refused"))
    stats.note(Answered(0.1, recovered=True))
    assert caplog.messages == [
        "influxdb: refused; nothing is lost, retrying",
        "influxdb: delivering again after 30 s; 0 B of log to write",
    ]


def test_two_problems_in_turn_are_no_flood(caplog: pytest.LogCaptureFixture) -> None:
    now = 0.0
    stats = OutputStats("influxdb", clock=lambda: now)
    for second in range(3600):
        now = float(second)
        stats.note(Failed(("connection", "busy")[second % 2], "refused"))
        stats.remind()
    assert len(caplog.messages) <= 2 * 3600 / REMINDER


def test_what_the_output_is_called_is_not_said_twice(caplog: pytest.LogCaptureFixture) -> None:
    stats = OutputStats("influxdb http://db:8086 telegraf")
    stats.note(Failed("connection", "http://db:8086: Connection refused"))
    stats.note(Failed("busy", "http://other:8086: HTTP 503: busy"))
    assert caplog.messages == [
        "influxdb http://db:8086 telegraf: Connection refused; nothing is lost, retrying",
        "influxdb http://db:8086 telegraf: http://other:8086: HTTP 503: busy; nothing is lost, retrying",
    ]


def test_what_a_change_of_the_settings_solves_says_how_it_counts(caplog: pytest.LogCaptureFixture) -> None:
    now = 0.0
    stats = OutputStats("influxdb", lambda: 33_000, lambda: now)
    stats.note(Failed("unauthorized", "HTTP 401: check the token"))
    now = REMINDER
    stats.remind()
    hint = "after a change of the settings, reload or restart"
    assert caplog.messages == [
        f"influxdb: HTTP 401: check the token; nothing is lost, retrying; {hint}",
        f"influxdb: for 3 min: HTTP 401: check the token; nothing is lost, 33 kB of log to write; {hint}",
    ]


def test_a_problem_that_began_before_a_reload_ends_with_the_first_write(caplog: pytest.LogCaptureFixture) -> None:
    now = 0.0
    before = OutputStats("influxdb", clock=lambda: now)
    before.note(Failed("unauthorized", "HTTP 401"))
    caplog.clear()
    now = 2700.0
    after = OutputStats("influxdb", lambda: 537_000, lambda: now)
    after.inherit(before.trouble)
    after.note(Answered(0.1, recovered=False))
    after.note(Answered(0.1, recovered=False))
    assert caplog.messages == ["influxdb: delivering again after 45 min; 537 kB of log to write"]
    assert after.trouble is None


def test_a_problem_that_a_reload_does_not_solve_keeps_its_start(caplog: pytest.LogCaptureFixture) -> None:
    now = 0.0
    stats = OutputStats("influxdb", clock=lambda: now)
    stats.inherit(-2700.0)
    assert (stats.problem, stats.trouble) == ("", -2700.0)
    stats.note(Failed("busy", "HTTP 503"))
    now = REMINDER
    stats.remind()
    stats.note(Answered(0.1, recovered=True))
    assert caplog.messages == [
        "influxdb: HTTP 503; nothing is lost, retrying",
        "influxdb: for 48 min: HTTP 503; nothing is lost, 0 B of log to write",
        "influxdb: delivering again after 48 min; 0 B of log to write",
    ]


def test_an_output_without_trouble_has_none_to_hand_on(caplog: pytest.LogCaptureFixture) -> None:
    stats = OutputStats("influxdb")
    stats.inherit(OutputStats("influxdb").trouble)
    stats.note(Answered(0.1, recovered=False))
    assert (stats.trouble, caplog.messages) == (None, [])


def test_counts_are_a_snapshot() -> None:
    stats = OutputStats("influxdb")
    before = stats.counts()
    stats.note(Answered(1, recovered=False))
    stats.note(Failed("busy", "reason"))
    assert (before.batches, before.retries) == (0, {})
