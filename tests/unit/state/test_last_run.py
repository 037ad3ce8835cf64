"""The outputs of the last run: what a corrected address replaces."""

from pathlib import Path

import pytest

from logshipper.state.last_run import last_outputs, note_outputs, predecessors


def test_the_names_are_noted(tmp_path: Path) -> None:
    assert last_outputs(tmp_path) == []
    note_outputs(tmp_path, ["influxdb-1", "sqlite-1"])
    note_outputs(tmp_path, ["influxdb-2"])
    assert last_outputs(tmp_path) == ["influxdb-2"]


@pytest.mark.parametrize("damaged", [b"", b"[1, ", b"7", b"\xff", b'{"a": 1}'])
def test_a_damaged_note_names_none(tmp_path: Path, damaged: bytes) -> None:
    (tmp_path / "outputs.json").write_bytes(damaged)
    assert last_outputs(tmp_path) == []


def test_a_note_that_cannot_be_written_is_an_error_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    note_outputs(tmp_path / "missing", ["influxdb-1"])
    assert caplog.messages == [
        f"{tmp_path}/missing/outputs.json: No such file or directory; the names of the outputs were not noted"
    ]


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (["influx-1", "file-1"], ["file-1", "influx-1"], {"influx-1": "influx-1", "file-1": "file-1"}),
        (["influx-1", "file-1"], ["file-1", "influx-2"], {"influx-2": "influx-1", "file-1": "file-1"}),
        (["influx-1", "influx-2"], ["influx-3", "influx-2"], {"influx-3": "influx-1", "influx-2": "influx-2"}),
        (["influx-1"], ["influx-1", "influx-2"], {"influx-1": "influx-1"}),
        (["influx-1"], ["file-1"], {}),
    ],
    ids=["the same", "another address", "one of two", "one more", "another kind"],
)
def test_an_output_continues_what_it_was_or_replaces_the_one_that_is_gone(
    before: list[str], now: list[str], expected: dict[str, str]
) -> None:
    assert predecessors(before, now) == expected
