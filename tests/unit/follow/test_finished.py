"""When a content is finished, and how it is recognised afterwards."""

import gzip
from pathlib import Path

import pytest

from logshipper.follow.files import PlainFile, open_file
from logshipper.follow.fingerprint import bookmark_last_line, read_fingerprint
from logshipper.follow.finished import (
    DELETED_PATIENCE,
    KEPT_WITHOUT_FILE,
    MAX_OLD_FILES,
    OLD_PATIENCE,
    FinishedContents,
)
from logshipper.follow.reader import Reader


def test_a_finished_content_is_recognised_by_its_end(tmp_path: Path) -> None:
    file = tmp_path / "app.log"
    file.write_bytes(b"banner\none\n")
    content = PlainFile(str(file))
    bookmark, fingerprint = bookmark_last_line(content), read_fingerprint(content)
    assert bookmark
    assert fingerprint
    finished = FinishedContents([bookmark])
    assert finished.find(content, fingerprint.hash) == bookmark
    file.write_bytes(b"banner\nanother\n")
    assert finished.find(content, fingerprint.hash) is None
    finished.remove(bookmark)
    assert finished.bookmarks() == []


def test_a_compressed_copy_is_recognised_as_finished_and_remembered_by_its_new_name(tmp_path: Path) -> None:
    file = tmp_path / "app.log"
    file.write_bytes(b"one\ntwo\n")
    bookmark = bookmark_last_line(PlainFile(str(file)))
    assert bookmark
    packed = tmp_path / "app.log.1.gz"
    packed.write_bytes(gzip.compress(b"one\ntwo\n"))
    finished, content = FinishedContents([bookmark]), open_file(str(packed))
    assert finished.note_if_finished(content, bookmark)
    assert [(kept.key, kept.name) for kept in finished.bookmarks()] == [(content.key, str(packed))]


def test_a_compressed_copy_with_more_lines_than_were_read_is_not_finished(tmp_path: Path) -> None:
    file, packed = tmp_path / "app.log", tmp_path / "app.log.1.gz"
    file.write_bytes(b"one\ntwo\n")
    bookmark = bookmark_last_line(PlainFile(str(file)))
    assert bookmark
    packed.write_bytes(gzip.compress(b"one\ntwo\nthree\n"))
    assert not FinishedContents([bookmark]).note_if_finished(open_file(str(packed)), bookmark)


def test_a_compressed_copy_that_is_still_being_written_is_not_remembered(tmp_path: Path) -> None:
    file, packed = tmp_path / "app.log", tmp_path / "app.log.1.gz"
    file.write_bytes(b"one\ntwo\n")
    bookmark = bookmark_last_line(PlainFile(str(file)))
    assert bookmark
    packed.write_bytes(gzip.compress(b"one\ntwo\n")[:-8])  # without the checksum at its end
    finished = FinishedContents([bookmark])
    assert finished.note_if_finished(open_file(str(packed)), bookmark)
    assert finished.bookmarks() == [bookmark]


def test_finished_contents_without_a_file_are_forgotten_beyond_a_limit(tmp_path: Path) -> None:
    finished = FinishedContents()
    for number in range(KEPT_WITHOUT_FILE + 10):
        file = tmp_path / f"{number}"
        file.write_bytes(b"%d\n" % number)
        bookmark = bookmark_last_line(PlainFile(str(file)))
        assert bookmark
        finished.add(bookmark)
    first = finished.bookmarks()[0]
    finished.prune({first.fingerprint.hash})
    assert len(finished.bookmarks()) == KEPT_WITHOUT_FILE + 1
    assert finished.bookmarks()[0] == first


def test_a_plain_copy_that_has_grown_is_not_finished(tmp_path: Path) -> None:
    file = tmp_path / "app.log.1"
    file.write_bytes(b"one\n")
    content = PlainFile(str(file))
    bookmark = bookmark_last_line(content)
    assert bookmark
    finished = FinishedContents([bookmark])
    assert finished.note_if_finished(content, bookmark)
    file.write_bytes(b"one\ntwo\n")
    assert not finished.note_if_finished(content, bookmark)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def readers(tmp_path: Path) -> list[Reader]:
    made = []
    for number in range(MAX_OLD_FILES + 2):
        file = tmp_path / f"app.log.{number}"
        file.write_bytes(b"%d\n" % number)
        made.append(Reader("app.log", PlainFile(str(file))))
    return made


def test_the_latest_old_files_stay_open_however_quiet_they_are(readers: list[Reader]) -> None:
    clock = Clock()
    finished = FinishedContents(clock=clock)
    assert not any(finished.waited_enough(reader, readers) for reader in readers)
    clock.now += 1000
    due = [finished.waited_enough(reader, readers) for reader in readers]
    assert due == [True] + [False] * (MAX_OLD_FILES + 1)


def test_an_old_file_that_is_written_to_stays_open(readers: list[Reader]) -> None:
    clock = Clock()
    finished = FinishedContents(clock=clock)
    for _ in range(10):
        assert not finished.waited_enough(readers[0], readers)
        clock.now += OLD_PATIENCE
        finished.restart_wait(readers[0])


def test_an_old_file_with_lines_in_flight_stays_open(readers: list[Reader]) -> None:
    clock = Clock()
    finished = FinishedContents(clock=clock)
    finished.waited_enough(readers[0], readers)
    clock.now += 1000
    readers[0].in_flight = 1
    assert not finished.waited_enough(readers[0], readers)


def test_a_deleted_file_is_finished_after_a_long_quiet_time(readers: list[Reader]) -> None:
    clock, last = Clock(), readers[-1]
    finished = FinishedContents(clock=clock)
    Path(last.content.name).unlink()
    assert not finished.waited_enough(last, readers)
    clock.now += DELETED_PATIENCE + 1
    assert finished.waited_enough(last, readers)
