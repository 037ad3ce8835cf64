"""Why a log is not read, and the fix."""

import grp
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from logshipper.follow.files import PlainFile
from logshipper.follow.obstacles import fix_for, obstacle


def make_gzip(path: Path) -> None:
    path.with_suffix(".gz").touch()


@pytest.mark.parametrize(
    ("name", "make", "what", "fix"),
    [
        ("a", lambda path: None, "no such file", "check the name"),
        ("a", Path.mkdir, "a folder, so nothing is read", "name its files: {path}/*.log"),
        ("a.gz", make_gzip, "compressed, so it is not followed", "ship it once: logshipper backfill {path}"),
        ("a", Path.touch, "", ""),
    ],
)
def test_missing_files_folders_and_compressed_files_are_explained_with_the_fix(
    tmp_path: Path, name: str, make: Callable[[Path], None], what: str, fix: str
) -> None:
    path = tmp_path / name
    make(path)
    assert obstacle(str(path)) == (what, fix.format(path=path))


def test_a_pipe_is_explained_with_the_fix(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="not a regular file") as caught:
        PlainFile(str(pipe))
    assert fix_for(str(pipe), caught.value).startswith("let the program write to a file")


@pytest.mark.parametrize(
    ("mode", "fix"),
    [(0o640, "usermod -aG {group} {user} as root, then start the shipper again"),
     (0o600, "setfacl -m u:{user}:r {path} as root")],
)  # fmt: skip
def test_an_unreadable_file_is_explained_with_the_command_that_gives_access(
    tmp_path: Path, mode: int, fix: str
) -> None:
    path = tmp_path / "a"
    path.touch(mode)
    path.chmod(mode)
    group, user = grp.getgrgid(path.stat().st_gid).gr_name, path.owner()
    assert fix_for(str(path), PermissionError(13, "Permission denied")) == fix.format(group=group, user=user, path=path)


def test_a_group_that_a_sandbox_hides_is_looked_up_outside_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a log"
    path.touch(0o640)
    monkeypatch.setattr("logshipper.follow.obstacles._overflow_group", lambda: path.stat().st_gid)
    fix = fix_for(str(path), PermissionError(13, "Permission denied"))
    assert fix.startswith(f"usermod -aG $(stat -c %G '{path}') {path.owner()} as root")


def test_a_locked_folder_is_explained_with_the_command_that_gives_access(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "locked"
    folder.mkdir(0o750)
    monkeypatch.setattr(os, "access", lambda name, right: name != str(folder))  # root may enter any
    fix = fix_for(str(folder / "a"), PermissionError(13, "Permission denied"))
    assert fix.startswith(f"let this user enter {folder}: usermod -aG ")
    folder.chmod(stat.S_IRWXU)
    fix = fix_for(str(folder / "a"), PermissionError(13, "Permission denied"))
    assert f"setfacl -m u:{folder.owner()}:x {folder}" in fix
