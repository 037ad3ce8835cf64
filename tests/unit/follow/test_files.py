"""Open files, plain and compressed."""

import bz2
import gzip
import lzma
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from logshipper.follow.files import CompressedFile, Damaged, PlainFile, open_file
from logshipper.follow.fingerprint import (
    read_fingerprint,
)

TEXT = b"first line\nsecond line\nthird line\n"


def plain(folder: Path, data: bytes, name: str = "app.log") -> PlainFile:
    (folder / name).write_bytes(data)
    return PlainFile(str(folder / name))


def test_a_file_that_is_renamed_and_deleted_is_still_read(tmp_path: Path) -> None:
    content = plain(tmp_path, TEXT)
    (tmp_path / "app.log").rename(tmp_path / "app.log.1")
    (tmp_path / "app.log.1").unlink()
    assert content.read_at(11, 6) == b"second"
    assert content.state()[::2] == (len(TEXT), 0)


def test_only_regular_files_are_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="not a regular file"):
        PlainFile(str(tmp_path / "pipe"))


def test_closing_twice_closes_no_other_file(tmp_path: Path) -> None:
    content = plain(tmp_path, TEXT)
    number = content.fd
    content.close()
    other = os.open(tmp_path / "app.log", os.O_RDONLY)
    assert other == number
    content.close()
    os.fstat(other)
    os.close(other)


@pytest.mark.parametrize(("suffix", "pack"), [(".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress)])
def test_a_compressed_copy_reads_like_the_file(tmp_path: Path, suffix: str, pack: Callable[[bytes], bytes]) -> None:
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
