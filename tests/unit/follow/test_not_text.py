"""Files that hold no text are named for what they are, with the command that makes text of them."""

import bz2
import gzip
import io
import lzma
import sqlite3
import tarfile
from pathlib import Path

import pytest

from logshipper.backfill.ranges import old_file
from logshipper.commands.parse import chunks
from logshipper.errors import UserError
from logshipper.follow.not_text import not_text
from logshipper.follow.obstacles import obstacle
from tests.support.request_lines import LINE

TEXT = f"{LINE}\n".encode()


def tar() -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        one = tarfile.TarInfo("app.log")
        one.size = len(TEXT)
        archive.addfile(one, io.BytesIO(TEXT))
    return made.getvalue()


def database() -> bytes:
    made = sqlite3.connect(":memory:")
    made.execute("CREATE TABLE t (a)")
    return made.serialize()


CONTENTS = {
    "gzip": gzip.compress(TEXT),
    "bzip2": bz2.compress(TEXT),
    "xz": lzma.compress(TEXT),
    "zstd": b"\x28\xb5\x2f\xfd\x24\x01\x09\x00\x00x",
    "lz4": b"\x04\x22\x4d\x18d@\xa7",
    "compress": b"\x1f\x9d\x90abc",
    "zip archive": b"PK\x03\x04\x14\x00",
    "7z archive": b"7z\xbc\xaf\x27\x1c\x00\x04",
    "tar archive": tar(),
    "journal": b"LPKSHHRH\x00\x00",
    "SQLite": database(),
}
WIDE = {
    "with a byte-order mark": TEXT.decode().encode("utf-16"),
    "little": TEXT.decode().encode("utf-16-le"),
    "big": TEXT.decode().encode("utf-16-be"),
}


def found(data: bytes) -> tuple[str, str]:
    return not_text(lambda offset, count: data[offset : offset + count], "app.log")


@pytest.mark.parametrize(("what", "data"), CONTENTS.items(), ids=list(CONTENTS))
def test_what_a_file_is_stands_in_its_first_bytes(what: str, data: bytes) -> None:
    said, fix = found(data)
    assert what in said
    assert "app.log" in fix


@pytest.mark.parametrize("data", WIDE.values(), ids=list(WIDE))
def test_utf_16_is_found_with_and_without_a_byte_order_mark(data: bytes) -> None:
    assert found(data) == ("UTF-16, not UTF-8", "convert it: iconv -f UTF-16 -t UTF-8 app.log")


@pytest.mark.parametrize(
    "data", [b"", TEXT, b"\xef\xbb\xbf" + TEXT, b"BZh is no sign alone\n", b"\0" * 512, b"\xff\xfe\n"]
)
def test_a_text_is_a_text_also_with_some_odd_bytes(data: bytes) -> None:
    assert found(data) == ("", "")


def test_lines_that_end_in_a_carriage_return_alone_are_found() -> None:
    assert found(TEXT.replace(b"\n", b"\r") * 2) == (
        "lines that end in CR alone",
        r"convert it: tr '\r' '\n' < app.log > NEW",
    )
    assert found(TEXT.replace(b"\n", b"\r\n") * 2) == ("", "")


def test_a_followed_file_that_is_no_text_is_said_with_the_fix(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_bytes(CONTENTS["zstd"])
    assert obstacle(str(log)) == ("compressed with zstd, so its lines cannot be read", f"unpack it: zstd -d {log}")


@pytest.mark.parametrize("name", ["app.log", "app.log.1", "app.log.zst"])
def test_backfill_and_parse_refuse_it(tmp_path: Path, name: str) -> None:
    log = tmp_path / name
    log.write_bytes(CONTENTS["zstd"])
    with pytest.raises(UserError, match="compressed with zstd; unpack it"):
        old_file(str(log), [])
    with pytest.raises(UserError, match="compressed with zstd; unpack it"):
        list(chunks(str(log), str(log)))


def test_an_archive_inside_a_compressed_file_is_found_too(tmp_path: Path) -> None:
    log = tmp_path / "app.tar.gz"
    log.write_bytes(gzip.compress(tar()))
    with pytest.raises(UserError, match="a tar archive"):
        old_file(str(log), [])
