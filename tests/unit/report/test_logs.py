"""Files are read where the period may be: rotated copies too, and only from where it begins."""

import gzip
import os
from datetime import timedelta
from pathlib import Path

import pytest

from logshipper.errors import UserError
from logshipper.report import logs as module
from logshipper.report.logs import LogFile, blocks_of, last_time, log_file, parts, with_copies
from logshipper.report.periods import SECOND
from tests.support.reports import parser, write
from tests.support.request_lines import START, line, spread

BEGIN = int(START.timestamp()) * SECOND


def found(path: Path) -> LogFile:
    file = log_file(str(path))
    assert file
    return file


def test_a_missing_file_is_an_error_and_an_empty_one_is_none(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot read the file"):
        log_file(str(tmp_path / "missing.log"))
    assert log_file(str(write(tmp_path, []))) is None


def test_copies_that_were_written_in_the_period_belong_to_the_log(tmp_path: Path) -> None:
    live = write(tmp_path, [line("/3")])
    newer, older = write(tmp_path, [line("/2", number=2)], "app.log.1"), write(tmp_path, [line("/1")], "app.log.2")
    os.utime(older, (100, 100))
    write(tmp_path, [line("/other")], "other.log")
    names = [file.name for file in with_copies([found(live)], 200 * SECOND)]
    assert names == [str(newer), str(live)]


def test_the_same_content_counts_once(tmp_path: Path) -> None:
    live, text = write(tmp_path, [line("/3")]), line("/2", number=2)
    write(tmp_path, [text], "app.log.1")
    (tmp_path / "app.log.1.gz").write_bytes(gzip.compress(text.encode()))
    names = [file.name for file in with_copies([found(live), found(tmp_path / "app.log.1")], 0)]
    assert sorted(names) == [str(live), str(tmp_path / "app.log.1")]


@pytest.mark.slow
def test_the_last_time_is_found_behind_much_of_another_kind(tmp_path: Path) -> None:
    log = write(tmp_path, [line("/"), *("output of the application\n" for _ in range(30_000))])
    assert last_time([found(log)], parser()) == pytest.approx(BEGIN, abs=SECOND)


def test_the_last_time_of_a_compressed_file(tmp_path: Path) -> None:
    packed = tmp_path / "app.log.1.gz"
    packed.write_bytes(gzip.compress("".join(spread(f"/{n}" for n in range(5000))).encode()))
    time = last_time([found(packed)], parser())
    assert time
    assert time // SECOND == BEGIN // SECOND + 4999


def test_a_log_without_a_request_has_no_last_time(tmp_path: Path) -> None:
    assert last_time([found(write(tmp_path, ["hello\n"]))], parser()) is None


def test_parts_cover_the_file_and_begin_with_a_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RANGE_BYTES", 2000)
    log = write(tmp_path, spread(f"/{n}" for n in range(100)))
    cut = list(parts(found(log), parser(), 0))
    assert [part.end for part in cut[:-1]] == [part.start for part in cut[1:]]
    assert (cut[0].start, cut[-1].end) == (0, log.stat().st_size)
    assert all(log.read_bytes()[part.start :].startswith(b"[pid: ") for part in cut)


def test_what_was_written_long_before_the_period_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RANGE_BYTES", 5_000)
    monkeypatch.setattr(module, "_LOOK", 2_000)
    log = write(tmp_path, [line(f"/{n}", at=START + timedelta(minutes=n)) for n in range(1000)])
    start = BEGIN + 900 * 60 * SECOND
    first = next(parts(found(log), parser(), start)).start
    text = log.read_text()
    assert text.index("/600 ") < first <= text.index("/890 ")


def test_blocks_are_the_content(tmp_path: Path) -> None:
    text = "".join(spread(f"/{n}" for n in range(50))).encode()
    plain, packed = tmp_path / "app.log", tmp_path / "app.log.gz"
    plain.write_bytes(text)
    packed.write_bytes(gzip.compress(text))
    for file in (plain, packed):
        assert b"".join(block for _, block in blocks_of(found(file))) == text
