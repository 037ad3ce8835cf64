"""After a restart: find the file that a saved position belongs to."""

import gzip
from pathlib import Path

from logshipper.follow.files import PlainFile
from logshipper.follow.fingerprint import blank_bookmark, bookmark_last_line
from logshipper.follow.resume import bookmarks_of_old_copies, find_again
from logshipper.follow.rotated import RotatedCopies
from logshipper.model import Bookmark, Key


def marked(file: Path, data: bytes) -> Bookmark:
    file.write_bytes(data)
    bookmark = bookmark_last_line(PlainFile(str(file)))
    assert bookmark
    return bookmark


def find(folder: Path, bookmark: Bookmark, open_key: Key = (0, 0)) -> str:
    log = str(folder / "app.log")
    content = find_again(log, bookmark, RotatedCopies(log, lambda name: False), lambda key: key == open_key)
    return Path(content.name).name if content else ""


def test_the_live_file_is_preferred_to_a_copy(tmp_path: Path) -> None:
    bookmark = marked(tmp_path / "app.log", b"one\n")
    (tmp_path / "app.log.1").write_bytes(b"one\n")
    assert find(tmp_path, bookmark) == "app.log"


def test_a_copy_is_found_when_the_live_file_has_another_content(tmp_path: Path) -> None:
    bookmark = marked(tmp_path / "app.log", b"one\n")
    (tmp_path / "app.log.2.gz").write_bytes(gzip.compress(b"one\ntwo\n"))
    (tmp_path / "app.log").write_bytes(b"another\n")
    assert find(tmp_path, bookmark) == "app.log.2.gz"


def test_of_two_matching_files_the_one_with_the_saved_inode_is_found(tmp_path: Path) -> None:
    bookmark = marked(tmp_path / "app.log", b"banner\n")
    (tmp_path / "app.log").rename(tmp_path / "app.log.1")
    (tmp_path / "app.log").write_bytes(b"banner\n")
    assert find(tmp_path, bookmark) == "app.log.1"


def test_a_file_is_found_under_the_name_in_its_bookmark(tmp_path: Path) -> None:
    bookmark = marked(tmp_path / "elsewhere.data", b"one\n")
    assert find(tmp_path, bookmark) == "elsewhere.data"


def test_a_file_that_is_already_open_is_left_out(tmp_path: Path) -> None:
    bookmark = marked(tmp_path / "app.log", b"one\n")
    assert find(tmp_path, bookmark, open_key=bookmark.key) == ""


def test_an_empty_file_is_recognised_by_its_name_and_inode(tmp_path: Path) -> None:
    (tmp_path / "app.log").touch()
    bookmark = blank_bookmark(PlainFile(str(tmp_path / "app.log")))
    assert bookmark.is_blank
    assert find(tmp_path, bookmark) == "app.log"
    (tmp_path / "app.log").rename(tmp_path / "kept")
    (tmp_path / "app.log").touch()
    assert find(tmp_path, bookmark) == ""


def test_old_copies_get_a_bookmark_at_their_end(tmp_path: Path) -> None:
    (tmp_path / "app.log.1").write_bytes(b"one\ntwo\n")
    (tmp_path / "app.log.2.gz").write_bytes(gzip.compress(b"three\n"))
    bookmarks = bookmarks_of_old_copies(RotatedCopies(str(tmp_path / "app.log"), lambda name: False))
    assert sorted(bookmark.offset for bookmark in bookmarks) == [0, 8]
