"""Questions go to the first InfluxDB of the settings; what it refuses is one line."""

import pytest

from logshipper.errors import RunError, UserError
from logshipper.settings.options import InfluxDB1, InfluxDB2, Settings
from logshipper.wiring.influx_questions import questions
from tests.support.network import free_port


def test_settings_without_an_influxdb_are_an_error() -> None:
    with pytest.raises(UserError, match="not an InfluxDB"):
        questions(Settings())


def test_the_name_shows_address_and_database() -> None:
    assert questions(Settings(influxdb=[InfluxDB1(database="t")]))[0] == 'http://127.0.0.1:8086 "t"'
    assert questions(Settings(influxdb_v2=[InfluxDB2(bucket="b")]))[0] == 'http://127.0.0.1:8086 "b"'


def test_a_server_that_is_unreachable_is_one_line() -> None:
    _, ask = questions(Settings(influxdb=[InfluxDB1(urls=[f"http://127.0.0.1:{free_port()}"], timeout=1.0)]))
    with pytest.raises(RunError, match=r"^cannot read: http://[^;]*; [^;]*start the server, or correct host and port"):
        ask("SHOW DATABASES")
