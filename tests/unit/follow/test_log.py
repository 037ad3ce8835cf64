"""One live log, whatever happens to its file. Only the test's own clock advances."""

import gzip
import os
from pathlib import Path

import pytest

from logshipper.follow.log import LiveLog
from logshipper.follow.open_files import FollowContext
from logshipper.model import SavedPositions

LIMIT = 2**18


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Log:
    """A log file, its writer, and the source that follows it."""

    def __init__(self, folder: Path) -> None:
        self.path, self.clock = folder / "app.log", Clock()
        self.number = 0
        self.written: list[bytes] = []
        self.got: list[bytes] = []
        self.live_log = self.follow(None)

    def follow(self, saved: SavedPositions | None, *, from_end: bool = False) -> LiveLog:
        self.live_log = LiveLog(str(self.path), FollowContext(clock=self.clock))
        self.live_log.begin(saved, from_end)
        return self.live_log

    def restart(self) -> None:
        saved = self.live_log.saved()
        self.live_log.close()
        self.follow(saved)

    def write(self, count: int = 3, file: Path | None = None) -> None:
        with (file or self.path).open("ab") as opened:
            for _ in range(count):
                self.number += 1
                self.written.append(b"line %d of the log" % self.number)
                opened.write(self.written[-1] + b"\n")

    def rotate(self, name: str = "app.log.1") -> Path:
        copy = self.path.with_name(name)
        self.path.rename(copy)
        return copy

    def copytruncate(self, name: str = "app.log.1") -> Path:
        copy = self.path.with_name(name)
        copy.write_bytes(self.path.read_bytes())
        os.truncate(self.path, 0)
        return copy

    def ship(self, *, final: bool = False) -> None:
        """Read everything and acknowledge it."""
        self.live_log.poll()
        while found := self.live_log.read(LIMIT, final):
            reader, reading = found
            self.got += reading.chunk.data.splitlines()
            self.live_log.settle(reader, reading.bookmark)

    def check(self) -> None:
        for _ in range(3):  # a change that is noticed in one round is dealt with in the next one
            self.ship()
        assert sorted(self.got) == sorted(self.written)


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path)


def test_lines_before_and_after_a_rotation_are_read(log: Log) -> None:
    log.write()
    log.ship()
    log.write()
    log.rotate()
    log.write()
    log.check()


def test_lines_written_to_the_old_file_after_a_rotation_are_read(log: Log) -> None:
    log.write()
    log.ship()
    old = log.rotate()
    log.write()
    log.ship()
    log.write(file=old)
    log.write()
    log.check()


def test_lines_before_and_after_a_copytruncate_are_read(log: Log) -> None:
    log.write()
    log.ship()
    log.write()
    log.copytruncate()
    log.write()
    log.check()


def test_a_copytruncate_before_the_first_read_loses_nothing(log: Log) -> None:
    log.write()
    log.live_log.poll()
    log.copytruncate()
    log.write(1)
    log.check()


def test_a_truncated_file_that_outgrew_its_old_content_is_recognised_as_new(log: Log) -> None:
    log.write()
    log.ship()
    log.copytruncate()
    log.write(9)
    log.check()
    assert log.live_log.lost_bytes == 0


def test_a_first_line_truncated_before_it_was_read_is_counted_as_lost(log: Log) -> None:
    log.write(1)
    log.live_log.poll()
    lost = log.path.stat().st_size - 1  # the head of a content is its first line without the newline
    os.truncate(log.path, 0)
    log.written.clear()
    log.check()
    log.clock.now += 11
    log.check()
    assert log.live_log.lost_bytes == lost


def test_a_content_written_and_truncated_between_two_polls_is_read_from_its_copy(log: Log) -> None:
    log.ship()
    log.write()
    log.copytruncate()
    log.ship()
    log.live_log.look_for_copies(has_news=True)
    log.check()


def test_several_copytruncates_between_two_polls_lose_nothing(log: Log) -> None:
    log.write()
    log.ship()
    for number in range(3):
        log.write(number + 1)
        log.copytruncate(f"app.log.{number}")
    log.write(1)
    log.check()


def test_a_file_renamed_and_deleted_while_open_is_read_to_its_end(log: Log) -> None:
    log.write()
    log.ship()
    log.write()
    log.rotate().unlink()
    log.write()
    log.check()


def test_a_file_that_appears_later_is_read(log: Log) -> None:
    log.ship()
    log.write()
    log.check()


def test_a_restart_continues_after_the_last_acknowledged_line(log: Log) -> None:
    for _ in range(3):
        log.write()
        log.ship()
        log.restart()
    log.write()
    log.check()


def test_a_rotation_while_the_shipper_is_down_loses_nothing(log: Log) -> None:
    log.write()
    log.ship()
    log.write()
    log.rotate()
    log.write()
    log.restart()
    log.check()


def test_five_rotations_while_the_shipper_is_down_lose_nothing(log: Log) -> None:
    log.write()
    log.ship()
    for number in range(5):
        log.write(number)
        if log.path.exists():
            log.rotate(f"app.log.{number}") if number % 2 else log.copytruncate(f"app.log.{number}")
    log.write()
    log.restart()
    log.check()


def test_a_copy_compressed_while_the_shipper_is_down_is_read_from_the_saved_position(log: Log) -> None:
    log.write()
    log.ship()
    log.write()
    copy = log.rotate()
    copy.with_suffix(".1.gz").write_bytes(gzip.compress(copy.read_bytes()))
    copy.unlink()
    log.write()
    log.restart()
    log.check()


def test_a_known_copy_is_not_read_again_after_it_is_compressed(log: Log) -> None:
    log.write()
    log.ship()
    copy = log.rotate()
    log.write()
    log.ship()
    copy.with_name("app.log.1.gz").write_bytes(gzip.compress(copy.read_bytes()))
    copy.unlink()
    log.live_log.look_for_copies(has_news=True)
    log.check()
    log.restart()
    log.check()


@pytest.mark.parametrize("seconds", [1, 11], ids=["at once", "when it was given up"])
def test_a_compressed_copy_that_comes_after_its_file_was_missed_is_read_on(log: Log, seconds: int) -> None:
    """Somebody moves the old file away, and its compressed copy comes from elsewhere."""
    log.write()
    log.ship()
    log.write()
    packed = gzip.compress(log.path.read_bytes())
    log.path.unlink()
    log.write()
    log.restart()
    log.ship()
    log.path.with_name("app.log.1.gz").write_bytes(packed[:-8])
    log.live_log.look_for_copies(has_news=True)
    log.ship()
    log.clock.now += seconds
    log.ship()
    log.path.with_name("app.log.1.gz").write_bytes(packed)
    log.clock.now += 1
    log.live_log.look_for_copies(has_news=True)
    log.check()
    log.restart()
    log.check()


def test_contents_with_the_same_first_line_are_told_apart(log: Log) -> None:
    def banner() -> None:
        with log.path.open("ab") as opened:
            opened.write(b"banner\n")
        log.written.append(b"banner")

    for number in range(4):
        banner()
        log.write(number + 1)
        if number % 2:
            log.ship()
        log.rotate(f"app.log.{number}")
        if number % 2:
            log.restart()
    banner()
    log.check()


def test_a_file_overwritten_with_content_of_the_same_size_is_read_again(log: Log) -> None:
    log.write()
    log.ship()
    size = log.path.stat().st_size
    log.path.write_bytes(b"")
    log.write()
    assert log.path.stat().st_size == size
    log.check()


def test_new_content_on_a_reused_inode_is_read(log: Log) -> None:
    log.write()
    log.ship()
    with log.path.open("r+b") as opened:  # what a new file on the old inode looks like
        opened.truncate()
    log.write(9)
    log.restart()
    log.check()


def test_a_log_followed_from_its_end_yields_only_appended_lines(log: Log) -> None:
    log.write()
    log.live_log.close()
    log.written.clear()
    log.follow(None, from_end=True)
    log.write()
    log.check()


def test_copies_from_before_the_first_start_are_not_read(log: Log) -> None:
    log.write()
    log.rotate()
    log.written.clear()
    log.follow(None)
    log.write()
    log.check()
    log.restart()
    log.check()


@pytest.mark.parametrize("lines", [1, 2, 3], ids=["a part", "more", "all"])
def test_a_backup_of_the_log_hides_none_of_its_lines_at_the_first_start(log: Log, lines: int) -> None:
    """Somebody made it to be safe: `cp app.log app.log.bak`."""
    log.write()
    kept = log.path.read_bytes().splitlines(keepends=True)[:lines]
    log.path.with_name("app.log.bak").write_bytes(b"".join(kept))
    log.path.with_name("app.log.1.gz").write_bytes(gzip.compress(log.path.read_bytes()))
    log.follow(None)
    log.check()
    log.restart()
    log.write()
    log.check()
    log.rotate("app.log.2")
    log.write()
    log.check()


def test_unacknowledged_lines_are_read_again_after_a_crash(log: Log) -> None:
    log.write()
    log.live_log.poll()
    assert log.live_log.read(LIMIT)
    log.restart()
    log.check()


def test_a_file_rotated_before_its_first_read_survives_a_restart(log: Log) -> None:
    log.write()
    log.live_log.poll()
    log.rotate()
    log.write()
    log.restart()
    log.check()


def test_a_symlink_switched_while_the_shipper_is_down_loses_nothing(log: Log, tmp_path: Path) -> None:
    one, two = tmp_path / "one.data", tmp_path / "two.data"
    log.write(file=one)
    log.path.symlink_to(one)
    log.ship()
    log.write(file=one)
    log.path.unlink()
    log.path.symlink_to(two)
    log.write(file=two)
    log.restart()
    log.check()


def test_another_log_in_the_same_folder_is_not_taken_for_a_copy(log: Log, tmp_path: Path) -> None:
    log.write()
    log.ship()
    (tmp_path / "app-error.log").write_bytes(b"another log\n")
    (tmp_path / "app.log.1.zst").write_bytes(b"nobody can read this\n")
    log.live_log.look_for_copies(has_news=True)
    log.check()


def test_truncated_lines_count_as_lost_when_no_copy_appears_in_time(log: Log) -> None:
    log.write()
    log.ship()
    log.written.clear()
    log.got.clear()
    size = log.path.stat().st_size
    log.write(2)
    log.live_log.poll()
    lost = log.path.stat().st_size - size
    os.truncate(log.path, 0)
    log.written.clear()
    log.write()
    log.check()
    assert log.live_log.lost_bytes == 0
    log.clock.now += 11
    log.check()
    assert log.live_log.lost_bytes == lost


def test_quiet_old_contents_are_finished_and_the_latest_stay_open(log: Log) -> None:
    for number in range(6):
        log.write()
        log.ship()
        log.rotate(f"app.log.{number}")
    log.write()
    log.ship()
    assert len(log.live_log.readers) == 7
    log.clock.now += 6
    log.ship()
    assert len(log.live_log.readers) == 5
    log.restart()
    log.check()


def test_the_half_line_at_the_end_of_a_deleted_file_is_read_when_it_is_finished(log: Log) -> None:
    log.write()
    with log.path.open("ab") as opened:
        opened.write(b"half a line")
    log.ship()
    log.rotate().unlink()
    log.write()
    log.ship()
    assert b"half a line" not in log.got
    log.clock.now += 61
    log.ship()
    assert log.got.count(b"half a line") == 1


def test_a_half_line_shipped_by_a_final_run_is_read_again_once_it_is_complete(log: Log) -> None:
    with log.path.open("ab") as opened:
        opened.write(b"half ")
    log.ship(final=True)
    assert log.got.pop() == b"half "
    with log.path.open("ab") as opened:
        opened.write(b"a line\n")
    log.written.append(b"half a line")
    log.restart()
    log.check()


def test_a_log_is_drained_and_has_no_lag_once_all_is_shipped(log: Log) -> None:
    log.write()
    log.live_log.poll()
    assert not log.live_log.is_drained()
    assert log.live_log.lag() > 0
    log.ship()
    assert log.live_log.is_drained()
    assert log.live_log.lag() == 0


def test_a_damaged_copy_does_not_hold_up_the_live_log(log: Log) -> None:
    log.write(3)
    log.ship()
    log.write(2000)
    copy = log.rotate()
    copy.with_name("app.log.1.gz").write_bytes(gzip.compress(copy.read_bytes())[:3000])
    copy.unlink()
    log.write(4)
    log.restart()
    log.ship()
    assert log.written[-1] in log.got
    log.clock.now += 11
    log.ship()
    assert not log.live_log._lost.has_unread_lines()
