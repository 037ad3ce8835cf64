"""Line protocol in files: appended, synced, and never half a body when the disk is full."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from logshipper.outputs.file import FileOutput
from logshipper.outputs.protocol import RetryLater
from tests.support.outputs import points_of


def test_bodies_are_appended_to_every_file(tmp_path: Path) -> None:
    files = [tmp_path / "a.lp", tmp_path / "b.lp"]
    files[0].write_bytes(b"before\n")
    output = FileOutput([str(file) for file in files])
    output.write(points_of(b"m n=1i 1\n"))
    output.write(points_of(b"m n=2i 2\n"))
    output.close()
    assert [file.read_bytes() for file in files] == [b"before\nm n=1i 1\nm n=2i 2\n", b"m n=1i 1\nm n=2i 2\n"]


END = "1493995899894126257\n"


@pytest.mark.parametrize(
    ("before", "kept"),
    [
        (f"m n=1i {END}m n=", f"m n=1i {END}"),
        (f"m n=1i {END}m n=2i 149399589", f"m n=1i {END}"),
        (f'm n=1i {END}m text="Traceback\n  line 1\n', f"m n=1i {END}"),
        (f'm text="a\nb" {END}uws', f'm text="a\nb" {END}'),
        (f'm n=1i {END}m x="' + 300_000 * "\n", f"m n=1i {END}"),
        (f"m n=1i {END}", f"m n=1i {END}"),
        ("notes of mine\nwithout an end", "notes of mine\nwithout an end"),
        ("", ""),
    ],
)
def test_a_half_written_point_is_removed(tmp_path: Path, before: str, kept: str) -> None:
    file = tmp_path / "a.lp"
    file.write_text(before)
    FileOutput([str(file)]).write(points_of(b"m n=3i 3\n"))
    assert file.read_text() == f"{kept}m n=3i 3\n"


@pytest.mark.parametrize("junk", range(0, 70_000, 4_999))
def test_the_last_whole_point_is_found_wherever_it_ends(tmp_path: Path, junk: int) -> None:
    file = tmp_path / "a.lp"
    point = b'm,uri=/ n=1i,s="x" 1493995899894126257\n'
    file.write_bytes(point + b"x" * (junk % 61) + b"y" * junk)
    FileOutput([str(file)]).write(points_of(point))
    assert file.read_bytes() == 2 * point


def test_other_users_cannot_read_the_file(tmp_path: Path) -> None:
    FileOutput([str(tmp_path / "a.lp")]).write(points_of(b"m n=1i 1\n"))
    assert (tmp_path / "a.lp").stat().st_mode & 0o007 == 0


def test_a_failed_write_leaves_nothing_in_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.lp"
    output = FileOutput([str(file)])
    output.write(points_of(b"m n=1i 1\n"))
    output.sync()

    def fail(handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fail)
        output.write(points_of(b"m n=2i 2\n"))
        with pytest.raises(RetryLater, match="No space left"):
            output.sync()
    assert file.read_bytes() == b"m n=1i 1\n"
    output.write(points_of(b"m n=2i 2\n"))
    assert file.read_bytes() == b"m n=1i 1\nm n=2i 2\n"


def test_a_full_disk_means_retry_later() -> None:
    with pytest.raises(RetryLater):
        FileOutput(["/dev/full"]).write(points_of(b"m n=1i 1\n"))


def test_a_missing_folder_means_retry_later(tmp_path: Path) -> None:
    with pytest.raises(RetryLater, match="No such file"):
        FileOutput([str(tmp_path / "none" / "a.lp")]).write(points_of(b"m n=1i 1\n"))


def test_stdout_is_standard_output() -> None:
    program = "from logshipper.points import Points; from logshipper.outputs.file import FileOutput;"
    program += " FileOutput(['stdout']).write(Points(b'm n=1i 1\\n', 1))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout == b"m n=1i 1\n"


def test_every_file_is_flushed_to_disk_by_a_sync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    output = FileOutput([str(tmp_path / "a.lp"), str(tmp_path / "b.lp")])
    output.write(points_of(b"m n=1i 1\n"))
    assert synced == []
    output.sync()
    assert len(synced) == 2
