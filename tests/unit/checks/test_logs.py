"""The log files: which are followed, and what is said of each."""

import os
from pathlib import Path

import pytest

from logshipper.checks.logs import check_log, check_names, is_readable, live_logs
from logshipper.checks.processes import Holder

NOW = 1_800_000_000.0


@pytest.fixture
def log(tmp_path: Path) -> str:
    file = tmp_path / "app.log"
    file.write_text("one\n")
    os.utime(file, (NOW - 10, NOW - 10))
    return str(file)


def test_copies_compressed_files_and_folders_are_no_logs(tmp_path: Path) -> None:
    for name in ("app.log", "app.log.1", "app.log.2.gz", "web.log"):
        (tmp_path / name).touch()
    (tmp_path / "old").mkdir()
    assert live_logs([f"{tmp_path}/*"]) == [f"{tmp_path}/app.log", f"{tmp_path}/web.log"]


def test_a_name_without_a_log_is_bad(tmp_path: Path, log: str) -> None:
    found = list(check_names([log, f"{tmp_path}/*.lug", f"{tmp_path}/gone.log", str(tmp_path)]))
    assert [one.status for one in found] == ["bad", "bad", "bad"]
    assert [one.text.partition(": ")[2] for one in found] == [
        "no such file", "no such file", "a folder, so nothing is read"
    ]  # fmt: skip


def test_a_pipe_is_not_opened(tmp_path: Path, log: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert is_readable(log)
    assert not is_readable(str(tmp_path / "pipe"))
    assert not is_readable(str(tmp_path / "gone"))


def test_a_log_that_grows_is_good(log: str) -> None:
    (found,) = check_log(log, [], NOW)
    assert (found.status, found.text) == ("good", f"{log}: 4 B, last written 10 s ago")


def test_a_quiet_log_is_good_if_somebody_has_it_open_for_writing(log: str) -> None:
    later = NOW + 86_400
    assert next(check_log(log, [], later)).status == "doubtful"
    found = next(check_log(log, [Holder(8, "uwsgi", log, writes=True)], later))
    assert (found.status, found.text) == ("good", f"{log}: 4 B, last written 1 d ago by uwsgi (pid 8)")


def test_a_writer_of_a_deleted_file_is_bad(log: str) -> None:
    found = next(check_log(log, [Holder(8, "uwsgi", log, writes=True, deleted=True)], NOW))
    assert (found.status, found.text) == ("bad", f"{log}: uwsgi (pid 8) writes to a deleted file of this name")
    assert "touch-logreopen" in found.fix


def test_a_copy_that_is_newer_is_bad(log: str) -> None:
    Path(f"{log}.1").write_text("two\n")
    os.utime(f"{log}.1", (NOW + 100, NOW + 100))
    assert next(check_log(log, [], NOW)).status == "bad"
    os.utime(f"{log}.1", (NOW, NOW))  # its last lines, before uWSGI opened the new file
    assert next(check_log(log, [], NOW)).status == "good"


def test_two_shippers_on_one_log_are_doubtful(log: str) -> None:
    two = [Holder(5, "logshipper", log), Holder(6, "telegraf", log), Holder(7, "less", log)]
    found = list(check_log(log, two, NOW))
    assert [one.status for one in found] == ["good", "doubtful"]
    assert found[1].text == f"{log}: logshipper (pid 5), telegraf (pid 6) read it at the same time"
    assert len(list(check_log(log, two[::2], NOW))) == 1
