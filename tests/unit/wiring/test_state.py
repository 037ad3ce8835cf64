"""Where the state is kept, and that the folders of the logs exist."""

import os
from pathlib import Path

import pytest

from logshipper.errors import UserError
from logshipper.settings.options import Input, LogshipperSettings, Settings
from logshipper.wiring.state import check_files, state_folder


def test_the_state_folder_can_be_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert state_folder(Settings(logshipper=LogshipperSettings(state_dir="state"))) == tmp_path / "state"


def test_root_uses_the_system_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert state_folder(Settings()) == Path("/var/lib/logshipper")


def test_other_users_use_a_folder_in_their_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("HOME", "/home/ann")
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    assert state_folder(Settings()) == Path("/home/ann/.local/state/logshipper")
    monkeypatch.setenv("XDG_STATE_HOME", "/state")
    assert state_folder(Settings()) == Path("/state/logshipper")


@pytest.mark.parametrize("name", ["app.log", "*.log", "*/app.log", "nowhere/*/app.log", "[ab]/app.log"])
def test_a_folder_matched_by_a_wildcard_may_be_missing(tmp_path: Path, name: str) -> None:
    check_files(Settings(inputs=[Input(files=[str(tmp_path / name)])]))


@pytest.mark.parametrize("name", ["nowhere/app.log", "nowhere/*.log"])
def test_a_missing_folder_is_a_user_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match="mkdir -p"):
        check_files(Settings(inputs=[Input(files=[str(tmp_path / name)])]))
