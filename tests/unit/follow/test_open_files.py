"""Which file is open for which log, so that none is read twice."""

from logshipper.follow.open_files import OpenFiles

ONE, OTHER = (1, 10), (1, 11)  # device and inode


def test_a_file_belongs_to_the_log_that_opened_it() -> None:
    files = OpenFiles()
    files.take(ONE, "/a.log")
    assert files.is_open(ONE)
    assert not files.is_open(OTHER)
    assert files.is_open_elsewhere(ONE, "/b.log")
    assert not files.is_open_elsewhere(ONE, "/a.log")
    assert not files.is_open_elsewhere(OTHER, "/b.log")


def test_a_released_file_is_no_longer_open() -> None:
    files = OpenFiles()
    files.take(ONE, "/a.log")
    files.release(ONE, "/a.log")
    assert not files.is_open(ONE)


def test_only_the_log_that_opened_a_file_can_release_it() -> None:
    files = OpenFiles()
    files.take(ONE, "/a.log")
    files.release(ONE, "/b.log")
    assert files.is_open(ONE)
