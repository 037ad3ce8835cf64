"""Troubles with the state are said once, and their end too."""

import pytest

from logshipper.ship.log_once import LogOnce


def test_an_alarm_sounds_once_until_it_is_another_one(caplog: pytest.LogCaptureFixture) -> None:
    alarms = LogOnce("influxdb")
    for text in ("disk full", "disk full", "read-only"):
        alarms.sound("checkpoint", text)
    assert [record.message for record in caplog.records] == ["influxdb: disk full", "influxdb: read-only"]
    assert alarms


def test_its_end_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    alarms = LogOnce("influxdb")
    alarms.clear("checkpoint")
    assert not caplog.records
    alarms.sound("checkpoint", "disk full")
    alarms.sound("quarantine", "disk full")
    for _ in range(2):
        alarms.clear("checkpoint")
    assert [record.message for record in caplog.records][2:] == ["influxdb: the checkpoint can be written again"]
    assert alarms
