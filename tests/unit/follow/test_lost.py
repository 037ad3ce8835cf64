"""After a truncation, a content's rotated copy is searched for, for a while."""

from pathlib import Path

import pytest

from logshipper.follow.files import PlainFile
from logshipper.follow.fingerprint import bookmark_last_line
from logshipper.follow.lost import COPY_PATIENCE, LostContents
from logshipper.follow.reader import Reader
from logshipper.follow.rotated import RotatedCopies


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def orphan(tmp_path: Path) -> Reader:
    """A content of three lines, of which one was read, and which is no longer in its file."""
    log = tmp_path / "app.log"
    log.write_bytes(b"one\n")
    content = PlainFile(str(log))
    reader = Reader(str(log), content, bookmark_last_line(content))
    reader.size = len(b"one\ntwo\nthree\n")
    log.write_bytes(b"another\n")
    return reader


def orphans_of(folder: Path, clock: Clock) -> LostContents:
    return LostContents(RotatedCopies(str(folder / "app.log"), lambda name: False), clock)


def test_a_copy_is_found_once_it_appears(orphan: Reader, tmp_path: Path) -> None:
    clock = Clock()
    orphans = orphans_of(tmp_path, clock)
    orphans.add(orphan)
    assert list(orphans.found(lambda key: False)) == []
    assert orphans.has_unread_lines()
    (tmp_path / "app.log.1").write_bytes(b"one\ntwo\nthree\n")
    clock.now += 1
    [(reader, copy)] = orphans.found(lambda key: False)
    assert (reader, copy.name, orphans.lost_bytes) == (orphan, str(tmp_path / "app.log.1"), 0)
    assert not orphans.is_searching()


def test_bytes_missing_from_the_copy_are_counted_as_lost(orphan: Reader, tmp_path: Path) -> None:
    orphans = orphans_of(tmp_path, Clock())
    (tmp_path / "app.log.1").write_bytes(b"one\ntwo\n")
    orphans.add(orphan)
    assert len(list(orphans.found(lambda key: False))) == 1
    assert orphans.lost_bytes == len(b"three\n")


def test_the_search_for_a_copy_is_given_up_after_a_while(
    orphan: Reader, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    orphans = orphans_of(tmp_path, clock)
    orphans.add(orphan)
    assert list(orphans.given_up()) == []
    clock.now += COPY_PATIENCE
    assert list(orphans.given_up()) == [orphan]
    assert orphans.lost_bytes == len(b"two\nthree\n")
    assert "no rotated copy has them" in caplog.text


def test_a_content_with_a_damaged_copy_is_not_searched_for_again(orphan: Reader, tmp_path: Path) -> None:
    clock = Clock()
    orphans = orphans_of(tmp_path, clock)
    (tmp_path / "app.log.1").write_bytes(b"one\ntwo\n")
    orphans.add(orphan)
    list(orphans.found(lambda key: False))
    clock.now += COPY_PATIENCE
    orphans.add(orphan)
    assert list(orphans.found(lambda key: False)) == []
    assert list(orphans.given_up()) == [orphan]
