"""Open files: their heads, marks, and how contents are told apart."""

import bz2
import gzip
import lzma
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from logshipper.follow.files import CompressedFile, Damaged, PlainFile, open_file
from logshipper.follow.fingerprint import (
    blank_bookmark,
    bookmark_after,
    bookmark_at,
    bookmark_last_line,
    is_in,
    read_fingerprint,
    same_so_far,
)
from logshipper.hashing import digest

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


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
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


def test_a_compressed_copy_that_is_cut_off_is_damaged(tmp_path: Path) -> None:
    file = tmp_path / "app.log.1.gz"
    file.write_bytes(gzip.compress(os.urandom(50_000))[:20_000])
    with pytest.raises(Damaged, match="damaged"):
        open_file(str(file)).read_at(0, 50_000)


@pytest.mark.parametrize(
    ("data", "final", "expected"),
    [
        (b"", False, None),
        (b"half a line", False, None),
        (b"half a line", True, (0, 11)),
        (TEXT, False, (0, 10)),
        (b"\n", False, (0, 0)),
        (b"x" * 5000, False, (0, 1024)),
        (b"\0" * 5000 + TEXT, False, (5000, 10)),
        (b"\0" * 70_000 + TEXT, False, (70_000, 10)),
        (b"\0" * 5000, False, None),
    ],
)
def test_the_head_is_the_first_line_behind_leading_nuls(
    tmp_path: Path, data: bytes, final: bool, expected: tuple[int, int] | None
) -> None:
    fingerprint = read_fingerprint(plain(tmp_path, data), final)
    assert (fingerprint and (fingerprint.start, fingerprint.length)) == expected


def test_a_hole_is_passed_without_reading_it(tmp_path: Path) -> None:
    content = plain(tmp_path, b"line\n")
    os.truncate(tmp_path / "app.log", 2**40)
    assert content.next_data(4096) == 2**40
    assert content.next_data(0) == 0


def test_a_mark_is_in_its_content_and_in_what_follows_it(tmp_path: Path) -> None:
    content = plain(tmp_path, TEXT)
    fingerprint = read_fingerprint(content)
    assert fingerprint
    bookmark = bookmark_after(fingerprint, TEXT[:23], 23, content)
    assert is_in(content, bookmark)
    assert is_in(plain(tmp_path, TEXT[:23], "copy"), bookmark)
    assert not is_in(plain(tmp_path, TEXT[:22], "shorter"), bookmark)
    assert not is_in(plain(tmp_path, b"first line\nsecond lime\n", "alike"), bookmark)
    assert not is_in(plain(tmp_path, b"other line\nsecond line\n", "other"), bookmark)
    assert bookmark_at(fingerprint, 23, content) == bookmark


def test_a_mark_knows_where_its_file_is_behind_a_link(tmp_path: Path) -> None:
    plain(tmp_path, TEXT, "real.log")
    (tmp_path / "app.log").symlink_to("real.log")
    assert blank_bookmark(PlainFile(str(tmp_path / "app.log"))).name == str(tmp_path / "real.log")


@pytest.mark.parametrize(
    ("data", "offset"), [(TEXT, 34), (TEXT + b"half", 34), (b"a\n" + b"x" * 3_000_000, 2), (b"half", None), (b"", None)]
)
def test_the_end_is_behind_the_last_whole_line(tmp_path: Path, data: bytes, offset: int | None) -> None:
    bookmark = bookmark_last_line(plain(tmp_path, data))
    assert (bookmark and bookmark.offset) == offset


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (TEXT, True),
        (TEXT[:15], True),
        (TEXT + b"more", True),
        (b"first line\nanother\n", False),
        (TEXT[:-2] + b"!\n", False),
    ],
)
def test_the_same_as_far_as_the_shorter_one_goes(tmp_path: Path, other: bytes, same: bool) -> None:
    one, two = plain(tmp_path, TEXT), plain(tmp_path, other, "two")
    assert same_so_far(one, two) is same
    packed = tmp_path / "two.gz"
    packed.write_bytes(gzip.compress(other))
    assert same_so_far(one, open_file(str(packed))) is same


def test_a_digest_is_64_bits_of_blake2b() -> None:
    assert digest(b"") == 0xE4A6A0577479B2B4
