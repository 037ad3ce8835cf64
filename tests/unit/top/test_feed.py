"""First the end of the log, then what is appended, each line once."""

import gzip
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import pytest

from logshipper.errors import UserError
from logshipper.model import Batch
from logshipper.top import feed as module
from logshipper.top.feed import Feed
from tests.support.reports import parser, write
from tests.support.request_lines import START, line, spread

LINES = spread(f"/{n}" for n in range(300))


def count(batches: Iterable[Batch]) -> int:
    return sum(len(batch.points) for batch in batches)


def test_what_is_there_and_what_comes_is_read_once(tmp_path: Path) -> None:
    log = write(tmp_path, LINES[:200])
    feed = Feed(str(log), parser())
    assert count(feed.recent(1000)) == 200
    assert count(feed.appended()) == 0
    with log.open("a") as opened:
        opened.writelines(LINES[200:])
    assert count(feed.appended()) == 100
    assert count(feed.appended()) == 0
    feed.close()


def test_a_rotation_loses_nothing(tmp_path: Path) -> None:
    log = write(tmp_path, LINES[:100])
    feed = Feed(str(log), parser())
    with log.open("a") as opened:
        opened.writelines(LINES[100:150])
    log.rename(tmp_path / "app.log.1")
    write(tmp_path, LINES[150:])
    assert count(feed.appended()) == 200
    feed.close()


def test_the_end_is_read_as_far_back_as_the_window(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_FIRST_LOOK", 4096)
    log = write(tmp_path, [line(f"/{n}", at=START + timedelta(seconds=n)) for n in range(300)])
    feed = Feed(str(log), parser())
    assert 10 < count(feed.recent(10)) < 100
    assert count(feed.recent(10_000)) == 300
    feed.close()


def test_an_empty_log_may_get_lines_later(tmp_path: Path) -> None:
    log = write(tmp_path, [])
    feed = Feed(str(log), parser())
    assert count(feed.recent(60)) == 0
    log.write_text("".join(LINES))
    assert count(feed.appended()) == 300
    feed.close()


def test_what_cannot_be_followed_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot read the file"):
        Feed(str(tmp_path / "missing.log"), parser())
    (tmp_path / "old.gz").write_bytes(gzip.compress(b"x\n"))
    with pytest.raises(UserError, match="compressed"):
        Feed(str(tmp_path / "old.gz"), parser())
