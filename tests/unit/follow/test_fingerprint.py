"""Fingerprints and bookmarks identify contents and tell two of them apart."""

import gzip
import os
from pathlib import Path

import pytest

from logshipper.follow.files import PlainFile, open_file
from logshipper.follow.fingerprint import (
    blank_bookmark,
    bookmark_after,
    bookmark_at,
    bookmark_last_line,
    is_in,
    read_fingerprint,
    same_so_far,
)

TEXT = b"first line\nsecond line\nthird line\n"


def plain(folder: Path, data: bytes, name: str = "app.log") -> PlainFile:
    (folder / name).write_bytes(data)
    return PlainFile(str(folder / name))


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
def test_the_fingerprint_is_the_first_line_after_leading_nuls(
    tmp_path: Path, data: bytes, final: bool, expected: tuple[int, int] | None
) -> None:
    fingerprint = read_fingerprint(plain(tmp_path, data), final)
    assert (fingerprint and (fingerprint.start, fingerprint.length)) == expected


def test_a_hole_is_skipped_without_reading_it(tmp_path: Path) -> None:
    content = plain(tmp_path, b"line\n")
    os.truncate(tmp_path / "app.log", 2**40)
    assert content.next_data(4096) == 2**40
    assert content.next_data(0) == 0


def test_a_compressed_file_of_nothing_but_nuls_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A few megabytes of it can hold NULs for hours."""
    monkeypatch.setattr("logshipper.follow.fingerprint._MOST_NULS", 2**20)
    bomb = tmp_path / "app.log.1.gz"
    bomb.write_bytes(gzip.compress(b"\0" * 2**22 + TEXT))
    assert read_fingerprint(open_file(str(bomb)), final=True) is None
    bomb.write_bytes(gzip.compress(b"\0" * 2**19 + TEXT))
    assert read_fingerprint(open_file(str(bomb)), final=True) is not None


def test_a_bookmark_is_found_in_its_own_content_and_in_every_copy_that_reaches_it(tmp_path: Path) -> None:
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


def test_a_bookmark_names_the_target_of_a_symlink(tmp_path: Path) -> None:
    plain(tmp_path, TEXT, "real.log")
    (tmp_path / "app.log").symlink_to("real.log")
    assert blank_bookmark(PlainFile(str(tmp_path / "app.log"))).name == str(tmp_path / "real.log")


@pytest.mark.parametrize(
    ("data", "offset"), [(TEXT, 34), (TEXT + b"half", 34), (b"a\n" + b"x" * 3_000_000, 2), (b"half", None), (b"", None)]
)
def test_the_last_line_bookmark_is_after_the_last_whole_line(tmp_path: Path, data: bytes, offset: int | None) -> None:
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
def test_two_contents_are_compared_up_to_the_length_of_the_shorter(tmp_path: Path, other: bytes, same: bool) -> None:
    one, two = plain(tmp_path, TEXT), plain(tmp_path, other, "two")
    assert same_so_far(one, two) is same
    packed = tmp_path / "two.gz"
    packed.write_bytes(gzip.compress(other))
    assert same_so_far(one, open_file(str(packed))) is same
