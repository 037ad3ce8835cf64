"""Open files, plain and compressed."""

import bz2
import gzip
import lzma
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from logshipper.follow.files import CompressedFile, Damaged, ForeignFile, PlainFile, Stream, open_file
from logshipper.follow.fingerprint import read_fingerprint
from logshipper.follow.reader import MAX_LINE_BYTES, Reader
from tests.support.needs import need_root

TEXT = b"first line\nsecond line\nthird line\n"


def plain(folder: Path, data: bytes, name: str = "app.log") -> PlainFile:
    (folder / name).write_bytes(data)
    return PlainFile(str(folder / name))


def test_an_open_file_is_still_readable_after_it_is_renamed_and_deleted(tmp_path: Path) -> None:
    content = plain(tmp_path, TEXT)
    (tmp_path / "app.log").rename(tmp_path / "app.log.1")
    (tmp_path / "app.log.1").unlink()
    assert content.read_at(11, 6) == b"second"
    assert (content.state().size, content.state().names) == (len(TEXT), 0)


@pytest.mark.parametrize("name", ["pipe", "pipe.gz", "pipe.bz2", "pipe.xz"])
def test_only_regular_files_are_opened_and_a_pipe_does_not_block(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(OSError, match="not a regular file"):
        open_file(str(tmp_path / name))


@pytest.mark.parametrize("name", ["copy.log", "copy.gz"])
def test_an_untrusted_name_must_be_the_owners_file_and_not_a_symlink(tmp_path: Path, name: str) -> None:
    plain(tmp_path, TEXT, "target")
    (tmp_path / name).symlink_to("target")
    with pytest.raises(OSError, match="symbolic links"):
        open_file(str(tmp_path / name), os.getuid())
    open_file(str(tmp_path / name)).close()
    (tmp_path / name).unlink()
    (tmp_path / "target").rename(tmp_path / name)
    open_file(str(tmp_path / name), os.getuid()).close()
    with pytest.raises(ForeignFile, match=f"it belongs to user {os.getuid()}, not {os.getuid() + 1}"):
        open_file(str(tmp_path / name), os.getuid() + 1)


def test_a_live_log_may_be_a_symlink_unless_its_owner_links_to_another_users_file(tmp_path: Path) -> None:
    need_root("to give a link away")
    plain(tmp_path, TEXT, "target")
    link = tmp_path / "app.log"
    link.symlink_to("target")
    for owner, of_target, is_read in [(0, 33, True), (33, 33, True), (33, 0, False), (33, 34, False)]:
        os.lchown(link, owner, -1)
        os.chown(tmp_path / "target", of_target, -1)
        if is_read:
            open_file(str(link)).close()
        else:
            with pytest.raises(OSError, match="a symbolic link to a file of another user"):
                open_file(str(link))


def test_closing_twice_does_not_close_another_file(tmp_path: Path) -> None:
    content = plain(tmp_path, TEXT)
    number = content.fd
    content.close()
    other = os.open(tmp_path / "app.log", os.O_RDONLY)
    assert other == number
    content.close()
    os.fstat(other)
    os.close(other)


@pytest.mark.parametrize(("suffix", "pack"), [(".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress)])
def test_a_compressed_copy_reads_like_the_plain_file(
    tmp_path: Path, suffix: str, pack: Callable[[bytes], bytes]
) -> None:
    file = tmp_path / f"app.log.1{suffix}"
    file.write_bytes(pack(TEXT))
    content = open_file(str(file))
    assert isinstance(content, CompressedFile)
    assert content.read_at(11, 6) == b"second"
    assert content.read_at(0, 5) == b"first"
    assert read_fingerprint(content) == read_fingerprint(plain(tmp_path, TEXT))


def test_a_truncated_compressed_copy_is_damaged(tmp_path: Path) -> None:
    file = tmp_path / "app.log.1.gz"
    file.write_bytes(gzip.compress(os.urandom(50_000))[:20_000])
    with pytest.raises(Damaged, match="damaged"):
        open_file(str(file)).read_at(0, 50_000)


class Pipe:
    """A pipe and the stream that reads it."""

    def __init__(self) -> None:
        reading, self.writing = os.pipe()
        self.stream = Stream(os.fdopen(reading, "rb"))

    def write(self, data: bytes, *, last: bool = False) -> None:
        os.write(self.writing, data)
        if last:
            os.close(self.writing)


def test_a_stream_is_readable_before_it_ends() -> None:
    pipe = Pipe()
    pipe.write(b"one\ntw")
    assert pipe.stream.read_at(0, 100) == b"one\ntw"
    pipe.write(b"o\nthree", last=True)
    assert pipe.stream.read_at(4, 100).startswith(b"two\n")
    assert pipe.stream.read_at(8, 100) == b"three"
    assert pipe.stream.read_at(13, 100) == b""


def test_a_stream_gives_the_same_chunks_as_a_file(tmp_path: Path) -> None:
    text = b"".join(b"line %d\n" % number for number in range(6000)) + b"the last"
    pipe = Pipe()
    pipe.write(text, last=True)
    from_pipe = list(Reader("", pipe.stream).rest(1000))
    from_file = list(Reader("", plain(tmp_path, text)).rest(1000))
    assert b"".join(chunk.data for chunk in from_pipe) == b"".join(chunk.data for chunk in from_file) == text + b"\n"
    assert {chunk.fingerprint for chunk in from_pipe} == {chunk.fingerprint for chunk in from_file}
    assert all(chunk.data == text[chunk.offset : chunk.end] for chunk in from_pipe[:-1])


def test_an_oversize_line_in_a_stream_is_reported_without_its_bytes() -> None:
    pipe = Pipe()
    text = b"one\n" + b"x" * (3 * MAX_LINE_BYTES) + b"\ntwo\n"
    threading.Thread(target=pipe_all, args=(pipe, text)).start()
    chunks = list(Reader("", pipe.stream).rest(2**16))
    assert [(chunk.offset, chunk.data, chunk.oversize) for chunk in chunks] == [
        (0, b"one\n", False),
        (4, b"", True),
        (len(text) - 4, b"two\n", False),
    ]


def pipe_all(pipe: Pipe, text: bytes) -> None:
    """Write everything, however little the pipe takes at once."""
    with os.fdopen(pipe.writing, "wb") as opened:
        opened.write(text)
