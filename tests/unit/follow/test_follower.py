"""All logs of an input: names, wildcards, links, and several names for one file."""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from logshipper.follow.follower import Follower
from logshipper.model import SavedPositions


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Shop:
    """A follower that ships all it finds; `got` are the lines by the log's name."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock = folder, Clock()
        self.saved: dict[str, SavedPositions] = {}
        self.got: dict[str, list[bytes]] = {}

    def follow(self, *patterns: str, from_end: bool = False) -> None:
        files = [str(self.folder / pattern) for pattern in patterns]
        self.follower = Follower(files, from_end=from_end, recall=self.saved.get, clock=self.clock)

    def ship(self, known: Sequence[str] = ()) -> None:
        self.follower.discover(known)
        for source in self.follower:
            source.poll()
            while found := source.read(2**18):
                reader, reading = found
                self.got.setdefault(os.path.basename(source.path), []).extend(reading.chunk.data.splitlines())
                source.settle(reader, reading.bookmark)

    def write(self, name: str, *lines: str) -> Path:
        with (self.folder / name).open("a") as opened:
            opened.writelines(f"{line}\n" for line in lines)
        return self.folder / name

    def restart(self, *patterns: str) -> None:
        self.saved = {path: source.saved() for path, source in self.follower.logs.items()}
        self.follower.close()
        self.follow(*patterns)
        self.ship(sorted(self.saved))

    def lines(self) -> list[bytes]:
        return sorted(line for lines in self.got.values() for line in lines)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_files_that_appear_later_are_read_from_their_start(shop: Shop) -> None:
    shop.write("a.log", "old")
    shop.follow("*.log", from_end=True)
    shop.ship()
    shop.write("a.log", "a")
    shop.write("b.log", "b")
    shop.ship()
    assert shop.got == {"a.log": [b"a"], "b.log": [b"b"]}


def test_a_log_in_a_folder_that_appears_later_is_read(shop: Shop) -> None:
    shop.follow("**/app.log")
    shop.ship()
    (shop.folder / "deep/er").mkdir(parents=True)
    shop.write("deep/er/app.log", "a")
    shop.ship()
    assert shop.lines() == [b"a"]


def test_a_file_with_several_names_is_read_once(shop: Shop) -> None:
    shop.write("app.log", "a")
    os.link(shop.folder / "app.log", shop.folder / "hard.log")
    (shop.folder / "soft.log").symlink_to("app.log")
    shop.follow("*.log", "app*", "hard.log")
    for number in range(3):
        shop.ship()
        shop.write("app.log", f"b{number}")
    shop.ship()
    assert shop.lines() == [b"a", b"b0", b"b1", b"b2"]


def test_rotated_copies_that_match_the_wildcard_are_not_followed_as_logs(shop: Shop) -> None:
    shop.follow("app.log*")
    expected = []
    for number in range(8):
        shop.write("app.log", f"line {number}")
        expected.append(b"line %d" % number)
        shop.ship()
        for old in range(number, 0, -1):
            (shop.folder / f"app.log.{old}").rename(shop.folder / f"app.log.{old + 1}")
        (shop.folder / "app.log").rename(shop.folder / "app.log.1")
        shop.clock.now += 10
        shop.ship()
    assert shop.got == {"app.log": expected}


def test_a_copy_still_belongs_to_its_log_after_a_restart(shop: Shop) -> None:
    shop.write("app.log", "one")
    shop.follow("app.log*")
    shop.ship()
    shop.write("app.log", "two")
    (shop.folder / "app.log").rename(shop.folder / "app.log.1")
    shop.write("app.log", "three")
    shop.restart("app.log*")
    assert shop.got == {"app.log": [b"one", b"two", b"three"]}


def test_two_logs_with_the_same_first_line_are_both_followed(shop: Shop) -> None:
    shop.write("a.log", "banner")
    shop.write("b.log", "banner")
    shop.follow("*.log")
    shop.ship()
    shop.write("a.log", "a")
    shop.write("b.log", "b")
    shop.ship()
    assert shop.got == {"a.log": [b"banner", b"a"], "b.log": [b"banner", b"b"]}


def test_a_log_missing_at_startup_resumes_from_its_checkpoint_in_the_copy(shop: Shop) -> None:
    shop.write("app.log", "one")
    shop.follow("*.log")
    shop.ship()
    shop.write("app.log", "two")
    (shop.folder / "app.log").rename(shop.folder / "app.log.1")
    shop.restart("*.log")
    assert shop.lines() == [b"one", b"two"]


def test_compressed_files_and_folders_are_not_followed(shop: Shop) -> None:
    (shop.folder / "folder.log").mkdir()
    shop.write("app.log.gz", "packed")
    shop.follow("*")
    shop.ship()
    assert shop.got == {}
