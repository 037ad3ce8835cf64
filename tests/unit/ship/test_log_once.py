"""Problems with the state are logged once, and so is their end."""

import pytest

from logshipper.ship.log_once import LogOnce


def test_a_problem_is_logged_once_until_it_changes(caplog: pytest.LogCaptureFixture) -> None:
    problems = LogOnce("influxdb")
    for text in ("disk full", "disk full", "read-only"):
        problems.error("checkpoint", text)
    assert [record.message for record in caplog.records] == ["influxdb: disk full", "influxdb: read-only"]
    assert problems


def test_the_end_of_a_problem_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    problems = LogOnce("influxdb")
    problems.clear("checkpoint")
    assert not caplog.records
    problems.error("checkpoint", "disk full")
    problems.error("quarantine", "disk full")
    for _ in range(2):
        problems.clear("checkpoint")
    assert [record.message for record in caplog.records][2:] == ["influxdb: the checkpoint can be written again"]
    assert problems
