"""One content, read forward by whole lines."""

import gzip
import os
from pathlib import Path

import pytest

from logshipper.follow.files import PlainFile, open_file
from logshipper.follow.fingerprint import bookmark_at
from logshipper.follow.reader import MAX_LINE_BYTES, FileChanged, Reader, Reading

LIMIT = 2**16


class Log:
    """A file, and the generation that reads it."""

    def __init__(self, folder: Path, data: bytes = b"") -> None:
        self.file = folder / "app.log"
        self.file.write_bytes(data)
        self.reader = Reader("app.log", PlainFile(str(self.file)))

    def add(self, data: bytes) -> None:
        with self.file.open("ab") as opened:
            opened.write(data)

    def read(self, *, final: bool = False, peek: bool = False) -> bytes | None:
        reading = self.reader.read(LIMIT, final=final, peek=peek)
        return reading.chunk.data if reading else None

    def reading(self, *, final: bool = False, peek: bool = False) -> Reading:
        reading = self.reader.read(LIMIT, final=final, peek=peek)
        assert reading
        return reading


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path)


def test_only_whole_lines_are_read(log: Log) -> None:
    assert log.read() is None
    log.add(b"one\ntw")
    assert log.read() == b"one\n"
    assert log.read() is None
    log.add(b"o\nthree\n")
    assert log.read() == b"two\nthree\n"
    assert log.reader.offset == 14


@pytest.mark.parametrize("cut", range(1, 9))
def test_a_line_written_in_two_parts_is_read_once_and_whole(log: Log, cut: int) -> None:
    line = b"one two\n"
    log.add(line[:cut])
    got = [log.read()]
    log.add(line[cut:])
    got.append(log.read())
    assert b"".join(filter(None, got)) == line


def test_a_chunk_knows_its_offsets(log: Log) -> None:
    log.add(b"one\n")
    log.read()
    log.add(b"two\n")
    chunk = log.reading().chunk
    assert (chunk.offset, chunk.end, chunk.last, chunk.oversize) == (4, 8, False, False)


def test_a_chunk_is_never_longer_than_the_limit(log: Log) -> None:
    log.add(b"0123456\n" * 20_000)
    sizes = []
    while data := log.read():
        sizes.append(len(data))
    assert sum(sizes) == 160_000
    assert max(sizes) <= LIMIT


def test_an_incomplete_last_line_can_be_peeked_at_and_is_read_again_when_complete(log: Log) -> None:
    log.add(b"one\ntwo")
    assert log.read(peek=True) == b"one\n"
    peeked = log.reading(peek=True)
    assert (peeked.chunk.data, peeked.peeked, peeked.bookmark.offset) == (b"two\n", True, 4)
    assert log.read(peek=True) is None
    log.add(b" more\n")
    assert log.read(peek=True) == b"two more\n"


def test_the_last_line_of_a_finished_file_needs_no_newline(log: Log) -> None:
    log.add(b"one\ntwo")
    assert log.read(final=True) == b"one\n"
    reading = log.reading(final=True)
    assert (reading.chunk.data, reading.chunk.last, reading.bookmark.offset) == (b"two\n", True, 7)
    assert log.read(final=True) is None


def test_a_truncation_is_noticed_even_when_the_file_has_outgrown_its_old_size(log: Log) -> None:
    log.add(b"one\ntwo\n")
    log.read()
    log.file.write_bytes(b"another line\nand one more\n")
    with pytest.raises(FileChanged):
        log.read()


def test_another_content_with_the_same_first_line_is_noticed(log: Log) -> None:
    log.add(b"banner\ntwo\n")
    log.read()
    log.file.write_bytes(b"banner\n222\nthree\n")
    with pytest.raises(FileChanged):
        log.read()


def test_a_hole_is_skipped(log: Log) -> None:
    log.add(b"one\n")
    assert log.read() == b"one\n"
    os.truncate(log.file, 2**30)
    assert log.read() is None
    log.add(b"two\n")
    reading = log.reading()
    assert (reading.chunk.data, reading.chunk.offset) == (b"two\n", 2**30)


def test_an_oversize_line_is_skipped_without_being_read_into_memory(log: Log) -> None:
    log.add(b"one\n" + b"x" * (3 * MAX_LINE_BYTES))
    assert log.read() == b"one\n"
    assert log.read() is None
    log.add(b"x\nnext\n")
    reading = log.reading()
    assert (reading.chunk.oversize, reading.chunk.data) == (True, b"")
    assert (reading.chunk.offset, reading.chunk.end) == (4, 4 + 3 * MAX_LINE_BYTES + 2)
    assert log.read() == b"next\n"


def test_a_line_longer_than_a_chunk_is_still_read(log: Log) -> None:
    line = b"y" * (3 * LIMIT) + b"\n"
    log.add(line + b"next\n")
    assert log.read() is not None
    assert log.reader.offset >= len(line)


def test_a_rewound_reader_reads_the_same_lines_again(log: Log) -> None:
    log.add(b"one\ntwo\n")
    reading = log.reading()
    log.reader.rewind(reading.before)
    assert log.read() == b"one\ntwo\n"


def test_reading_continues_in_a_compressed_copy(log: Log, tmp_path: Path) -> None:
    log.add(b"one\n" * 50_000)
    reading = log.reading()
    packed = tmp_path / "app.log.1.gz"
    packed.write_bytes(gzip.compress(log.file.read_bytes() + b"end"))
    reader = Reader("app.log", open_file(str(packed)), reading.bookmark)
    data = b""
    while found := reader.read(LIMIT, final=True):
        data += found.chunk.data
    assert reading.chunk.data + data == b"one\n" * 50_000 + b"end\n"


def test_a_compressed_file_with_another_content_is_noticed(log: Log, tmp_path: Path) -> None:
    log.add(b"one\n")
    reading = log.reading()
    packed = tmp_path / "app.log.1.gz"
    packed.write_bytes(gzip.compress(b"two\n"))
    with pytest.raises(FileChanged):
        Reader("app.log", open_file(str(packed)), reading.bookmark).read(LIMIT)


def test_a_reader_has_news_until_read_and_lag_until_acknowledged(log: Log) -> None:
    log.add(b"one\ntwo\n")
    assert log.reader.has_news()
    assert log.reader.lag() == 8
    reading = log.reading()
    assert log.read() is None
    assert not log.reader.has_news()
    log.reader.acknowledged = reading.bookmark
    assert log.reader.lag() == 0


def test_a_reader_begins_with_a_bookmark_at_offset_zero(log: Log) -> None:
    log.add(b"one\n")
    bookmark = log.reader.begin()
    assert bookmark == bookmark_at(bookmark.fingerprint, 0, log.reader.content) if bookmark else False
