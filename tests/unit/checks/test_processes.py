"""Who has a log open, and who holds a lock, without asking anybody."""

import fcntl
import os
from pathlib import Path

import pytest

from logshipper.checks.processes import Holder, holders, lock_holder, name_of


def process(proc: Path, pid: int, command: str, target: str, flags: str = "0100000") -> None:
    """Make what /proc says of a process with one open file."""
    folder = proc / str(pid)
    (folder / "fd").mkdir(parents=True)
    (folder / "fdinfo").mkdir()
    (folder / "cmdline").write_text(command.replace(" ", "\0"))
    (folder / "fdinfo/3").write_text(f"pos:\t0\nflags:\t{flags}\n")
    (folder / "fd/3").symlink_to(target)


def test_readers_and_writers_are_told_apart(tmp_path: Path) -> None:
    process(tmp_path, 7, "/usr/bin/telegraf --config t.conf", "/var/log/a.log")
    process(tmp_path, 8, "uwsgi: worker", "/var/log/a.log", "0102001")
    process(tmp_path, 9, "cat", "/var/log/b.log")
    found = sorted(holders(["/var/log/a.log"], tmp_path), key=lambda one: one.pid)
    assert found == [Holder(7, "telegraf", "/var/log/a.log"), Holder(8, "uwsgi", "/var/log/a.log", writes=True)]
    assert str(found[0]) == "telegraf (pid 7)"


def test_a_deleted_file_is_recognised(tmp_path: Path) -> None:
    process(tmp_path, 8, "uwsgi", "/var/log/a.log (deleted)", "01")
    assert holders(["/var/log/a.log"], tmp_path) == [Holder(8, "uwsgi", "/var/log/a.log", writes=True, deleted=True)]


def test_a_shipper_is_called_by_its_own_name(tmp_path: Path) -> None:
    process(tmp_path, 5, "/opt/bin/python /opt/bin/logshipper run a.log", "/a.log")
    assert name_of(tmp_path / "5") == "logshipper"
    assert name_of(tmp_path / "6") == "a process"


def test_what_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "9").mkdir()
    assert holders(["/a.log"], tmp_path) == holders(["/a.log"], tmp_path / "gone") == []


def test_a_lock_is_seen_and_not_touched(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    assert lock_holder(file) == 0
    handle = os.open(file, os.O_RDWR | os.O_CREAT)
    assert lock_holder(file) == 0
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        assert lock_holder(file) == os.getpid()
    finally:
        os.close(handle)


def test_on_a_file_system_without_a_device_the_inode_and_the_name_of_the_process_decide(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.major", lambda device: 0)
    file = tmp_path / "lock"
    file.touch()
    found = file.stat()
    other = f"00:{os.minor(found.st_dev) + 1:02x}:{found.st_ino}"
    (tmp_path / "locks").write_text(f"1: FLOCK  ADVISORY  WRITE 5 {other} 0 EOF\n")
    process(tmp_path, 5, "/opt/bin/python /opt/bin/logshipper run a.log", "/a.log")
    assert lock_holder(file, tmp_path) == 5
    (tmp_path / "5/cmdline").write_text("cron\0")
    assert lock_holder(file, tmp_path) == 0
