"""Changes in the logs' folders are noticed."""

import os
from pathlib import Path

from logshipper.follow.folders import Folders


def test_new_names_and_replaced_files_are_reported_once(tmp_path: Path) -> None:
    folders, folder = Folders(), str(tmp_path)
    assert folders.news([folder]) == {}
    (tmp_path / "app.log.1").touch()
    assert folders.news([folder]) == {folder: ["app.log.1"]}
    assert folders.news([folder]) == {}
    (tmp_path / "new").touch()
    os.replace(tmp_path / "new", tmp_path / "app.log.1")
    assert folders.news([folder]) == {folder: ["app.log.1"]}
