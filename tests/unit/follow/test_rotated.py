"""Which files beside a log may be its copies."""

import gzip
import os
from pathlib import Path

import pytest

from logshipper.follow import rotated
from logshipper.follow.files import OpenFile, PlainFile, open_file
from logshipper.follow.fingerprint import bookmark_last_line
from logshipper.follow.rotated import RotatedCopies, any_beside, is_beside, locations_of, names_beside

COPIES = (
    "app.log.1", "app.log.2.gz", "app.log-20261121", "app.log-20261121.gz", "app.log.1763690000", "app.log.old",
    "app.log_2", "app-20261121.log", "app.1.log", "app-2026-11-21T10:00.log.gz",
)  # fmt: skip
OTHERS = (
    "app.log",
    "app-error.log",
    "app.error.log",
    "application.log",
    "my-app.log.1",
    "app.txt",
    "app.log.1.zst",
    "app.log~",
)


@pytest.mark.parametrize("name", COPIES)
def test_the_usual_names_of_rotated_copies_are_recognised(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    assert names_beside(locations_of(str(tmp_path / "app.log"))) == [str(tmp_path / name)]
    assert is_beside(locations_of(str(tmp_path / "app.log")), str(tmp_path / name))


@pytest.mark.parametrize("name", OTHERS)
def test_other_files_in_the_folder_are_not_copies(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    assert names_beside(locations_of(str(tmp_path / "app.log"))) == []


def test_copies_come_oldest_first(tmp_path: Path) -> None:
    for number, name in enumerate(("app.log.3", "app.log.1", "app.log.2")):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (number, number))
    assert [Path(name).name for name in names_beside(locations_of(str(tmp_path / "app.log")))] == [
        "app.log.3",
        "app.log.1",
        "app.log.2",
    ]


def test_copies_of_a_symlinks_target_count_too(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/real.log").touch()
    (tmp_path / "data/real.log.1").touch()
    (tmp_path / "app.log").symlink_to("data/real.log")
    assert names_beside(locations_of(str(tmp_path / "app.log"))) == [str(tmp_path / "data/real.log.1")]


def test_a_plain_copy_is_preferred_to_a_compressed_one(tmp_path: Path) -> None:
    text = b"one\ntwo\n"
    (tmp_path / "app.log.1").write_bytes(text + b"three\n")
    (tmp_path / "app.log.2").write_bytes(b"one\nother\n")
    (tmp_path / "app.log.1.gz").write_bytes(gzip.compress(text))
    (tmp_path / "app.log").write_bytes(text)
    bookmark = bookmark_last_line(PlainFile(str(tmp_path / "app.log")))
    assert bookmark
    rotated_copies = RotatedCopies(str(tmp_path / "app.log"), lambda name: False)
    found = rotated_copies.find(bookmark, lambda key: False)
    assert found
    assert found.name.endswith("app.log.1")
    packed = rotated_copies.find(bookmark, lambda key: key == found.key)
    assert packed
    assert packed.name.endswith(".gz")


def test_a_skipped_copy_is_checked_again_after_it_changes(tmp_path: Path) -> None:
    copy = tmp_path / "app.log.1"
    copy.write_bytes(b"one\n")
    rotated_copies = RotatedCopies(str(tmp_path / "app.log"), lambda name: False)
    rotated_copies.skip(next(rotated_copies.unchecked()))
    assert not list(rotated_copies.unchecked())
    copy.write_bytes(b"one\ntwo\n")
    assert [found.name for found in rotated_copies.unchecked()] == [str(copy)]


def test_a_copy_renamed_during_the_search_is_still_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = tmp_path / "app.log.2", tmp_path / "app.log.1"
    new.write_bytes(b"the later content\n")
    rotated_copies = RotatedCopies(str(tmp_path / "app.log"), lambda name: False)

    def rename_first(name: str, owner: int) -> OpenFile:
        if name == str(new) and not old.exists():
            new.rename(old)
            new.write_bytes(b"the latest content\n")
        return open_file(name, owner)

    monkeypatch.setattr(rotated, "open_file", rename_first)
    bookmark = bookmark_last_line(PlainFile(str(new)))
    assert bookmark
    assert list(rotated_copies.copies()) == []
    found = rotated_copies.find(bookmark, lambda key: False)
    assert found
    assert found.read_at(0, 100) == b"the later content\n"


def test_a_copy_that_is_another_live_log_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "app.log.1").write_bytes(b"one\n")
    rotated_copies = RotatedCopies(str(tmp_path / "app.log"), lambda name: name.endswith(".1"))
    assert not list(rotated_copies.copies())
    assert list(rotated_copies.copies(live_logs_too=True))


def test_a_copy_is_recognised_in_a_listing_of_many_names() -> None:
    names = {"/var/log": sorted(["a.log.1", "app.log.2", "b.log.1", "z"])}
    assert [any_beside([("/var/log", f"{name}.log")], names) for name in ("a", "app", "c", "z")] == [
        True,
        True,
        False,
        False,
    ]
    assert not any_beside([("/elsewhere", "a.log")], names)


def test_a_symlink_or_pipe_beside_a_log_is_not_a_copy(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_bytes(b"live\n")
    (tmp_path / "token").write_bytes(b"secret\n")
    (tmp_path / "token.gz").write_bytes(gzip.compress(b"secret\n"))
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "app.log.7")
    os.mkfifo(tmp_path / "app.log.8.gz")
    for name, target in [("1", "token"), ("2.gz", "token.gz"), ("3", "nothing"), ("4", "app.log"), ("5", "folder")]:
        (tmp_path / f"app.log.{name}").symlink_to(target)
    assert list(RotatedCopies(str(tmp_path / "app.log"), lambda name: False).copies()) == []


@pytest.mark.parametrize("name", ["app.log.1", "app.log.1.gz"])
def test_a_symlink_that_replaces_a_copy_during_the_search_is_not_followed(tmp_path: Path, name: str) -> None:
    (tmp_path / "app.log").write_bytes(b"live\n")
    copy, secret = tmp_path / name, tmp_path / "secret"
    copy.write_bytes(gzip.compress(b"one\n") if name.endswith("gz") else b"one\n")
    (found,) = RotatedCopies(str(tmp_path / "app.log"), lambda name: False).copies()
    copy.rename(secret)  # the same inode, so that only the link shows
    copy.symlink_to(secret)
    assert found.open() is None


def test_another_users_file_beside_a_log_is_not_a_copy_and_is_reported_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "app.log.1").write_bytes(b"one\n")
    rotated_copies = RotatedCopies(str(tmp_path / "app.log"), lambda name: False)
    assert len(list(rotated_copies.copies())) == 1
    (tmp_path / "app.log.1").write_bytes(b"another\n")
    monkeypatch.setattr(RotatedCopies, "_find_owner", lambda self: os.getuid() + 1)
    assert [list(rotated_copies.copies()) for _ in range(2)] == [[], []]
    assert [record.getMessage().count("app.log.1 is not read: it belongs to user") for record in caplog.records] == [1]
    (tmp_path / "app.log.1").unlink()
    assert (list(rotated_copies.copies()), rotated_copies._foreign) == ([], set()), "names that are gone are forgotten"


def test_the_owner_is_that_of_the_log_or_before_there_is_one_of_its_folder(tmp_path: Path) -> None:
    rotated_copies = RotatedCopies(str(tmp_path / "app.log"), lambda name: False)
    assert rotated_copies._find_owner() == tmp_path.stat().st_uid
    (tmp_path / "app.log").touch()
    assert rotated_copies._find_owner() == (tmp_path / "app.log").stat().st_uid
