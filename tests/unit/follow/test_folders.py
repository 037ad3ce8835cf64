"""Changes in the logs' folders are noticed."""

import os
from pathlib import Path

from logshipper.follow.folders import Folders, matching


def test_new_names_and_replaced_files_are_reported_once(tmp_path: Path) -> None:
    folders, folder = Folders(), str(tmp_path)
    assert folders.news([folder]) == {}
    (tmp_path / "app.log.1").touch()
    assert folders.news([folder]) == {folder: ["app.log.1"]}
    assert folders.news([folder]) == {}
    (tmp_path / "new").touch()
    os.replace(tmp_path / "new", tmp_path / "app.log.1")
    assert folders.news([folder]) == {folder: ["app.log.1"]}


def test_a_wildcard_matches_the_names_that_are_there_and_a_plain_name_itself(tmp_path: Path) -> None:
    for name in ("b.log", "a.log", "c.txt"):
        (tmp_path / name).touch()
    assert matching(f"{tmp_path}/*.log") == [f"{tmp_path}/a.log", f"{tmp_path}/b.log"]
    assert matching(f"{tmp_path}/missing.log") == [f"{tmp_path}/missing.log"]
