"""When a content that is no longer live is let go, and what is remembered of it then."""

import gzip
from pathlib import Path

import pytest

from logshipper.follow.files import PlainFile, open_file
from logshipper.follow.fingerprint import bookmark_last_line, read_fingerprint
from logshipper.follow.finished import (
    DELETED_PATIENCE,
    KEPT_WITHOUT_FILE,
    MOST_OLD,
    OLD_PATIENCE,
    ClosingRule,
    FinishedContents,
)
from logshipper.follow.reader import Reader


def test_history_knows_a_finished_content_by_its_end(tmp_path: Path) -> None:
    file = tmp_path / "app.log"
    file.write_bytes(b"banner\none\n")
    content = PlainFile(str(file))
    bookmark, fingerprint = bookmark_last_line(content), read_fingerprint(content)
    assert bookmark
    assert fingerprint
    history = FinishedContents([bookmark])
    assert history.known(content, fingerprint.hash) == bookmark
    file.write_bytes(b"banner\nanother\n")
    assert history.known(content, fingerprint.hash) is None
    history.remove(bookmark)
    assert history.bookmarks() == []


def test_history_trusts_a_compressed_copy_that_it_has_seen(tmp_path: Path) -> None:
    file = tmp_path / "app.log"
    file.write_bytes(b"one\ntwo\n")
    bookmark = bookmark_last_line(PlainFile(str(file)))
    assert bookmark
    packed = tmp_path / "app.log.1.gz"
    packed.write_bytes(gzip.compress(b"one\ntwo\n"))
    history, content = FinishedContents([bookmark]), open_file(str(packed))
    history.seen_at(bookmark, content)
    assert [(kept.key, kept.name) for kept in history.bookmarks()] == [(content.key, str(packed))]


def test_history_forgets_what_no_file_holds(tmp_path: Path) -> None:
    history = FinishedContents()
    for number in range(KEPT_WITHOUT_FILE + 10):
        file = tmp_path / f"{number}"
        file.write_bytes(b"%d\n" % number)
        bookmark = bookmark_last_line(PlainFile(str(file)))
        assert bookmark
        history.add(bookmark)
    first = history.bookmarks()[0]
    history.forget({first.fingerprint.hash})
    assert len(history.bookmarks()) == KEPT_WITHOUT_FILE + 1
    assert history.bookmarks()[0] == first


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def readers(tmp_path: Path) -> list[Reader]:
    made = []
    for number in range(MOST_OLD + 2):
        file = tmp_path / f"app.log.{number}"
        file.write_bytes(b"%d\n" % number)
        made.append(Reader("app.log", PlainFile(str(file))))
    return made


def test_the_latest_are_kept_however_quiet_they_are(readers: list[Reader]) -> None:
    clock = Clock()
    retirement = ClosingRule(clock)
    assert not any(retirement.is_due(reader, readers) for reader in readers)
    clock.now += 1000
    due = [retirement.is_due(reader, readers) for reader in readers]
    assert due == [True] + [False] * (MOST_OLD + 1)


def test_one_that_is_written_to_stays(readers: list[Reader]) -> None:
    clock = Clock()
    retirement = ClosingRule(clock)
    for _ in range(10):
        assert not retirement.is_due(readers[0], readers)
        clock.now += OLD_PATIENCE
        retirement.forget(readers[0])


def test_one_with_lines_on_their_way_stays(readers: list[Reader]) -> None:
    clock = Clock()
    retirement = ClosingRule(clock)
    retirement.is_due(readers[0], readers)
    clock.now += 1000
    readers[0].in_flight = 1
    assert not retirement.is_due(readers[0], readers)


def test_a_deleted_one_is_let_go_when_it_was_quiet_for_long(readers: list[Reader]) -> None:
    clock, last = Clock(), readers[-1]
    retirement = ClosingRule(clock)
    Path(last.content.name).unlink()
    assert not retirement.is_due(last, readers)
    clock.now += DELETED_PATIENCE + 1
    assert retirement.is_due(last, readers)
