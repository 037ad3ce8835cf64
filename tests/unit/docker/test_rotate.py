"""The container's log rotation: by size, the newest copies kept."""

from pathlib import Path

from docker.rotate import rotate


def names(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted(folder.iterdir())}


def test_a_small_log_is_not_rotated(tmp_path: Path) -> None:
    log = tmp_path / "uwsgi.log"
    assert not rotate(log, 10, 5)
    log.write_text("123456789")
    assert not rotate(log, 10, 5)
    assert names(tmp_path) == {"uwsgi.log": "123456789"}


def test_a_full_log_becomes_the_first_copy_and_the_others_are_renumbered(tmp_path: Path) -> None:
    log = tmp_path / "uwsgi.log"
    for content in ("first 1234", "second 123", "third 1234"):
        log.write_text(content)
        assert rotate(log, 10, 5)
    assert names(tmp_path) == {"uwsgi.log.1": "third 1234", "uwsgi.log.2": "second 123", "uwsgi.log.3": "first 1234"}


def test_the_oldest_copy_is_deleted(tmp_path: Path) -> None:
    log = tmp_path / "uwsgi.log"
    for number in range(5):
        log.write_text(f"{number}")
        assert rotate(log, 1, 2)
    assert names(tmp_path) == {"uwsgi.log.1": "4", "uwsgi.log.2": "3"}
