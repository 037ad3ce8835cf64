"""A named file that cannot be read is reported once, and again when it appears."""

import logging
from pathlib import Path

import pytest

from logshipper.ship.awaited import Awaited


@pytest.fixture(autouse=True)
def _all_messages(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


def test_a_missing_file_is_reported_once_and_again_when_it_appears(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "a.log"
    awaited = Awaited([str(path)], once=False)
    awaited.look([])
    awaited.look([])
    assert caplog.messages == [f"{path}: no such file, waiting for it; check the name"]
    path.touch()
    awaited.look([str(path)])
    assert caplog.messages[1:] == [f"{path}: it is there now"]
    path.unlink()  # a rotation
    awaited.look([])
    assert len(caplog.messages) == 2


def test_a_run_with_once_reports_missing_files_and_does_not_wait(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    awaited = Awaited([f"{tmp_path}/a.log", str(tmp_path)], once=True)
    awaited.look([])
    assert caplog.messages == [
        f"{tmp_path}/a.log: no such file; check the name",
        f"{tmp_path}: a folder, so nothing is read; name its files: {tmp_path}/*.log",
    ]
    assert len(awaited.names) == 2


def test_a_pattern_that_matches_no_log_is_reported_with_the_fix(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    awaited = Awaited([f"{tmp_path}/*.log", f"{tmp_path}/*.gz"], once=True)
    (tmp_path / "a.gz").touch()
    awaited.look([])
    assert caplog.messages == [
        f"{tmp_path}/*.log: no such file; check the pattern",
        f"{tmp_path}/*.gz: only matches what is compressed, so it is not followed; ship it once: logshipper backfill"
        f" {tmp_path}/a.gz",
    ]
    awaited.look([f"{tmp_path}/b.log"])
    assert awaited.names == [f"{tmp_path}/*.gz"]
