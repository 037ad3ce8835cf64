"""The state folder: rights, space, and who uses it."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from logshipper.checks import state
from logshipper.checks.finding import Finding
from logshipper.settings.options import LogshipperSettings, Settings
from logshipper.state.lock import StateLock


def check(folder: Path) -> list[Finding]:
    return list(state.check_state(Settings(logshipper=replace(LogshipperSettings(), state_dir=str(folder)))))


def test_a_folder_that_can_be_created_is_good(tmp_path: Path) -> None:
    assert {one.status for one in check(tmp_path / "a/b")} == {"good"}
    assert not (tmp_path / "a").exists()


def test_who_uses_it_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    lock = StateLock(folder)
    assert f"a shipper (pid {os.getpid()}) uses it" in check(folder)[-1].text
    lock.release()
    assert "not in use now" in check(folder)[-1].text


def test_what_cannot_be_a_state_folder_is_bad(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    for name, problem in (("file", "not a folder"), ("file/x", "a file is in its way"), ("link", "a link")):
        (found,) = check(tmp_path / name)
        assert found.status == "bad"
        assert problem in found.text


@pytest.mark.parametrize(
    ("free", "status"), [(state.TOO_LITTLE - 1, "bad"), (state.LITTLE - 1, "doubtful"), (state.LITTLE, "good")]
)
def test_little_space_is_said_before_there_is_none(
    free: int, status: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": free}))
    assert check(tmp_path)[0].status == status
