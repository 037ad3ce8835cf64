"""Taking up work: which file holds what a mark was made in."""

import gzip
from pathlib import Path

from logshipper.follow.files import PlainContent
from logshipper.follow.fingerprint import blank_mark, mark_last_line
from logshipper.follow.resume import find_again, marks_of_old_copies
from logshipper.follow.rotated import Siblings
from logshipper.model import Key, Mark


def marked(file: Path, data: bytes) -> Mark:
    file.write_bytes(data)
    mark = mark_last_line(PlainContent(str(file)))
    assert mark
    return mark


def find(folder: Path, mark: Mark, passed: Key = (0, 0)) -> str:
    log = str(folder / "app.log")
    content = find_again(log, mark, Siblings(log, lambda name: False), lambda key: key == passed)
    return Path(content.name).name if content else ""


def test_the_live_file_first(tmp_path: Path) -> None:
    mark = marked(tmp_path / "app.log", b"one\n")
    (tmp_path / "app.log.1").write_bytes(b"one\n")
    assert find(tmp_path, mark) == "app.log"


def test_a_copy_where_the_live_file_holds_another_content(tmp_path: Path) -> None:
    mark = marked(tmp_path / "app.log", b"one\n")
    (tmp_path / "app.log.2.gz").write_bytes(gzip.compress(b"one\ntwo\n"))
    (tmp_path / "app.log").write_bytes(b"another\n")
    assert find(tmp_path, mark) == "app.log.2.gz"


def test_of_two_that_begin_alike_the_one_where_it_was_seen_last(tmp_path: Path) -> None:
    mark = marked(tmp_path / "app.log", b"banner\n")
    (tmp_path / "app.log").rename(tmp_path / "app.log.1")
    (tmp_path / "app.log").write_bytes(b"banner\n")
    assert find(tmp_path, mark) == "app.log.1"


def test_a_file_of_any_name_where_it_was_seen_last(tmp_path: Path) -> None:
    mark = marked(tmp_path / "elsewhere.data", b"one\n")
    assert find(tmp_path, mark) == "elsewhere.data"


def test_a_file_that_is_read_already_is_passed(tmp_path: Path) -> None:
    mark = marked(tmp_path / "app.log", b"one\n")
    assert find(tmp_path, mark, passed=mark.key) == ""


def test_a_file_without_a_line_is_known_by_its_inode_alone(tmp_path: Path) -> None:
    (tmp_path / "app.log").touch()
    mark = blank_mark(PlainContent(str(tmp_path / "app.log")))
    assert mark.is_blank
    assert find(tmp_path, mark) == "app.log"
    (tmp_path / "app.log").rename(tmp_path / "kept")
    (tmp_path / "app.log").touch()
    assert find(tmp_path, mark) == ""


def test_old_copies_are_marked_at_their_end(tmp_path: Path) -> None:
    (tmp_path / "app.log.1").write_bytes(b"one\ntwo\n")
    (tmp_path / "app.log.2.gz").write_bytes(gzip.compress(b"three\n"))
    marks = marks_of_old_copies(Siblings(str(tmp_path / "app.log"), lambda name: False))
    assert sorted(mark.offset for mark in marks) == [0, 8]
