"""What is remembered of contents that are finished."""

import gzip
from pathlib import Path

from logshipper.follow.files import PlainFile, open_file
from logshipper.follow.fingerprint import bookmark_last_line, read_fingerprint
from logshipper.follow.finished import KEPT_WITHOUT_FILE, FinishedContents


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
