"""From settings to outputs: their addresses, their secrets, and their state folders."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from logshipper.deliver.concurrency import Load
from logshipper.errors import UserError
from logshipper.outputs.file import FileOutput
from logshipper.outputs.influxdb import InfluxOutput
from logshipper.outputs.sqlite import SqliteOutput
from logshipper.points import Points
from logshipper.settings.options import (
    Agent,
    FileOutputSettings,
    InfluxDB1,
    InfluxDB2,
    LogshipperSettings,
    Settings,
    SqliteSettings,
)
from logshipper.wiring.outputs import plan_outputs
from logshipper.wiring.planned_output import PlannedOutput
from tests.support.rows import rows_of


def planned(**sections: Any) -> PlannedOutput:
    (found,) = plan_outputs(Settings(**sections))
    return found


def test_each_section_becomes_an_output(tmp_path: Path) -> None:
    outputs = plan_outputs(
        Settings(
            influxdb=[InfluxDB1()],
            influxdb_v2=[InfluxDB2(bucket="b")],
            file=[FileOutputSettings(files=["stdout"])],
            sqlite=[SqliteSettings(path=str(tmp_path / "a.db"))],
        )
    )
    kinds = [InfluxOutput, InfluxOutput, FileOutput, SqliteOutput]
    assert [type(output.open()) for output in outputs] == kinds
    assert len({output.state_name for output in outputs}) == 4


@pytest.mark.parametrize(
    "sections",
    [
        {"influxdb_v2": [InfluxDB2()]},
        {"influxdb": [InfluxDB1(tls_ca="/nowhere/ca.pem")]},
        {"file": [FileOutputSettings(files=["/nowhere/at/all/points.lp"])]},
        {"sqlite": [SqliteSettings(path="/nowhere/at/all/requests.db")]},
        {"file": [FileOutputSettings(files=["stdout"])], "agent": Agent(metric_batch_size=0)},
        {"file": [FileOutputSettings(files=["stdout"])], "logshipper": LogshipperSettings(writers=-1)},
    ],
)
def test_unusable_output_settings_are_a_user_error_with_the_fix(sections: dict[str, Any]) -> None:
    with pytest.raises(UserError) as found:
        planned(**sections)
    assert found.value.fix


def test_each_address_has_its_own_state() -> None:
    one, same, other = (planned(influxdb=[InfluxDB1(database=name)]).state_name for name in ("a", "a", "b"))
    assert one == same != other


def test_only_servers_can_have_several_writers(tmp_path: Path) -> None:
    own = LogshipperSettings(writers=4)
    server = planned(influxdb=[InfluxDB1()], logshipper=own).concurrency()
    assert Load(4, server.batch) in {server._limited(Load(number, server.batch)) for number in range(1, 9)}
    sqlite = planned(sqlite=[SqliteSettings(path=str(tmp_path / "a.db"))], logshipper=own).concurrency()
    assert {sqlite._limited(Load(number, 100)).writers for number in range(1, 9)} == {1}


def test_a_sqlite_file_is_fresh_until_something_is_stored(tmp_path: Path) -> None:
    output = planned(sqlite=[SqliteSettings(path=str(tmp_path / "a.db"))])
    assert output.fresh()
    output.open().write(rows_of(b"m f=1 1\n"))
    assert not output.fresh()


BODY = b'a,t=1 f="x" 1\na,t=2 f="x" 2\nb,t=1 f="x" 3\n'


@pytest.mark.parametrize(
    ("options", "written"),
    [
        ({}, BODY),
        ({"namepass": ["a"]}, b'a,t=1 f="x" 1\na,t=2 f="x" 2\n'),
        ({"namedrop": ["a"]}, b'b,t=1 f="x" 3\n'),
        ({"tagpass": {"t": ["2"]}}, b'a,t=2 f="x" 2\n'),
        ({"tagdrop": {"t": ["1"]}, "name_override": "n"}, b'n,t=2 f="x" 2\n'),
        ({"namepass": ["b"], "name_prefix": "p_", "name_suffix": "_s"}, b'p_b_s,t=1 f="x" 3\n'),
        ({"namepass": ["none"]}, b""),
    ],
)
def test_an_output_selects_and_names_points_as_telegraf_does(
    tmp_path: Path, options: dict[str, Any], written: bytes
) -> None:
    file = tmp_path / "out"
    output = planned(file=[FileOutputSettings(files=[str(file)], **options)]).open()
    output.write(Points.of(BODY.decode().split("\n")[:-1]))
    output.close()
    assert (file.read_bytes() if written else b"") == written
    assert file.exists() == bool(written)


def test_every_invalid_output_is_reported() -> None:
    wrong = Settings(influxdb=[InfluxDB1(urls=["x"]), InfluxDB1(urls=[])], influxdb_v2=[InfluxDB2()])
    with pytest.raises(UserError) as caught:
        plan_outputs(wrong)
    assert [error.what for error in caught.value.each()] == [
        "the URL 'x' is not http://HOST:PORT", "urls is empty", "no bucket",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"keep": "30 days"}, "not a period"), ({"keep": "0d"}, "not a period"),
     ({"keep": "30d", "keep_rollups": "1w"}, "keep_rollups is shorter than keep")],
)  # fmt: skip
def test_a_period_that_is_none_is_an_error(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        plan_outputs(Settings(sqlite=[replace(SqliteSettings(path=str(tmp_path / "a.db")), **changes)]))
