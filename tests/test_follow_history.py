"""What is remembered of contents that are finished."""

import gzip
from pathlib import Path

from logshipper.follow.files import PlainContent, open_content
from logshipper.follow.fingerprint import mark_last_line, read_head
from logshipper.follow.finished import KEPT_WITHOUT_FILE, History


def test_history_knows_a_finished_content_by_its_end(tmp_path: Path) -> None:
    file = tmp_path / "app.log"
    file.write_bytes(b"banner\none\n")
    content = PlainContent(str(file))
    mark, head = mark_last_line(content), read_head(content)
    assert mark
    assert head
    history = History([mark])
    assert history.known(content, head.identity) == mark
    file.write_bytes(b"banner\nanother\n")
    assert history.known(content, head.identity) is None
    history.remove(mark)
    assert history.marks() == []


def test_history_trusts_a_compressed_copy_that_it_has_seen(tmp_path: Path) -> None:
    file = tmp_path / "app.log"
    file.write_bytes(b"one\ntwo\n")
    mark = mark_last_line(PlainContent(str(file)))
    assert mark
    packed = tmp_path / "app.log.1.gz"
    packed.write_bytes(gzip.compress(b"one\ntwo\n"))
    history, content = History([mark]), open_content(str(packed))
    history.seen_at(mark, content)
    assert [(kept.key, kept.name) for kept in history.marks()] == [(content.key, str(packed))]


def test_history_forgets_what_no_file_holds(tmp_path: Path) -> None:
    history = History()
    for number in range(KEPT_WITHOUT_FILE + 10):
        file = tmp_path / f"{number}"
        file.write_bytes(b"%d\n" % number)
        mark = mark_last_line(PlainContent(str(file)))
        assert mark
        history.add(mark)
    first = history.marks()[0]
    history.forget({first.head.identity})
    assert len(history.marks()) == KEPT_WITHOUT_FILE + 1
    assert history.marks()[0] == first
