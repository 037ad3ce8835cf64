"""State on disk: private, and never written through a link."""

import stat
from pathlib import Path

import pytest

from logshipper.atomic_write import create_private, replace_private, sync_folder, write_private


def test_only_the_owner_can_read_a_new_file(tmp_path: Path) -> None:
    write_private(tmp_path / "state.tmp", b"data")
    assert (tmp_path / "state.tmp").read_bytes() == b"data"
    assert stat.S_IMODE((tmp_path / "state.tmp").stat().st_mode) == 0o600


def test_a_file_left_by_a_crash_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "state.tmp").write_bytes(b"half of it, and longer")
    write_private(tmp_path / "state.tmp", b"data")
    assert (tmp_path / "state.tmp").read_bytes() == b"data"


@pytest.mark.parametrize("there", [True, False])
def test_a_planted_link_is_refused_and_its_target_unchanged(tmp_path: Path, there: bool) -> None:
    target = tmp_path / "precious"
    if there:
        target.write_bytes(b"precious")
    (tmp_path / "state.tmp").symlink_to(target)
    with pytest.raises(FileExistsError):
        write_private(tmp_path / "state.tmp", b"data")
    assert target.exists() is there
    assert not there or target.read_bytes() == b"precious"


def test_only_a_folder_can_be_synced_as_one(tmp_path: Path) -> None:
    sync_folder(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        sync_folder(tmp_path / "file")


def test_a_created_file_is_private_and_an_existing_one_unchanged(tmp_path: Path) -> None:
    create_private(tmp_path / "new.db")
    assert stat.S_IMODE((tmp_path / "new.db").stat().st_mode) == 0o600
    (tmp_path / "new.db").write_bytes(b"data")
    (tmp_path / "new.db").chmod(0o640)
    (tmp_path / "link.db").symlink_to("new.db")
    for name in ("new.db", "link.db"):
        create_private(tmp_path / name)
    assert (tmp_path / "new.db").read_bytes() == b"data"
    assert stat.S_IMODE((tmp_path / "new.db").stat().st_mode) == 0o640


def test_nothing_is_created_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to(tmp_path / "precious")
    with pytest.raises(OSError, match="neither a file nor a link to one"):
        create_private(tmp_path / "link.db")
    assert not (tmp_path / "precious").exists()


def test_a_file_is_replaced_as_a_whole_and_the_previous_version_can_be_kept(tmp_path: Path) -> None:
    file, old = tmp_path / "state.json", tmp_path / "state.json.old"
    replace_private(file, b"1", old)
    assert not old.exists()
    replace_private(file, b"2", old)
    assert (file.read_bytes(), old.read_bytes()) == (b"2", b"1")
    assert file.stat().st_mode & 0o777 == 0o600
    replace_private(file, b"3")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {file.name: b"3", old.name: b"1"}
