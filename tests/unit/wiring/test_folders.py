"""Folders that settings name."""

import os
from pathlib import Path

import pytest

from logshipper.wiring.folders import folder_problem


def test_a_folder_that_is_there_is_no_problem(tmp_path: Path) -> None:
    assert folder_problem(tmp_path) == ("", "")


def test_a_missing_one_and_a_file_are_named_with_the_fix(tmp_path: Path) -> None:
    assert folder_problem(tmp_path / "a") == (f"there is no folder {tmp_path}/a", f"mkdir -p {tmp_path}/a")
    (tmp_path / "b").touch()
    assert folder_problem(tmp_path / "b")[0] == f"{tmp_path}/b is a file, not a folder"


def test_a_name_that_no_folder_can_have_is_no_reason_to_create_it(tmp_path: Path) -> None:
    what, fix = folder_problem(tmp_path / ("x" * 300))
    assert (what.rpartition(": ")[2], fix) == ("File name too long", "name another one")


def test_a_closed_one_is_not_taken_for_a_missing_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(path: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "stat", closed)
    what, fix = folder_problem(Path("/srv/a"))
    assert (what, "namei -l /srv/a" in fix) == ("this user may not enter the folder /srv/a", True)
