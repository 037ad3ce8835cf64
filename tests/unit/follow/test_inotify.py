"""inotify: changes in a log's folder wake a waiting loop; where inotify does not work, the loop polls."""

import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from logshipper.follow.inotify import Inotify, folders_of, is_remote
from logshipper.ship.waker import Waker
from tests.support.needs import missing
from tests.support.waiting import DEADLINE


@pytest.fixture
def watch() -> Iterator[Inotify]:
    made = Inotify()
    if made.fd < 0:
        missing("this kernel has no inotify, or all of its instances are taken")
    yield made
    made.close()


def cover(watch: Inotify, *logs: Path) -> None:
    watch.cover([str(log) for log in logs], [str(log) for log in logs])


def test_a_write_is_reported_once_and_not_as_a_change_of_names(watch: Inotify, tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.touch()
    cover(watch, log)
    assert watch.complete
    assert watch.take() == (False, False)
    log.write_text("a line\n")
    assert watch.take() == (True, False)
    assert watch.take() == (False, False)


@pytest.mark.parametrize("change", ["create", "rename", "delete", "chmod"])
def test_changes_of_names_and_permissions_are_reported(watch: Inotify, tmp_path: Path, change: str) -> None:
    log = tmp_path / "app.log"
    log.touch()
    cover(watch, log)
    match change:
        case "create":
            (tmp_path / "other.log").touch()
        case "rename":
            log.rename(tmp_path / "app.log.1")
        case "delete":
            log.unlink()
        case "chmod":
            log.chmod(0o600)
    assert watch.take() == (True, True)


def test_a_symlinked_log_is_watched_in_the_folder_of_its_target(watch: Inotify, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "app.log").symlink_to(tmp_path / "real" / "today.log")
    cover(watch, tmp_path / "app.log")
    (tmp_path / "real" / "today.log").write_text("a line\n")
    assert watch.take()[0]


def test_folders_above_a_wildcard_are_watched(watch: Inotify, tmp_path: Path) -> None:
    watch.cover([f"{tmp_path}/*/app.log"], [])
    (tmp_path / "shop").mkdir()
    assert watch.take() == (True, True)
    watch.cover([f"{tmp_path}/*/app.log"], [])
    (tmp_path / "shop" / "app.log").touch()
    assert watch.take() == (True, True)


def test_a_recreated_folder_is_watched_again(watch: Inotify, tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    watch.cover([f"{tmp_path}/*/app.log"], [str(folder / "app.log")])
    folder.rmdir()
    watch.take()
    folder.mkdir()
    watch.take()
    watch.cover([f"{tmp_path}/*/app.log"], [str(folder / "app.log")])
    (folder / "app.log").touch()
    assert watch.take() == (True, True)


def test_a_change_wakes_a_waiting_loop(watch: Inotify, tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.touch()
    cover(watch, log)
    loop = threading.Thread(target=Waker().wait, args=(24 * 3600, watch.fd), daemon=True)
    loop.start()
    log.write_text("a line\n")
    loop.join(DEADLINE)
    assert not loop.is_alive()
    assert watch.take()[0]


def test_without_inotify_the_loop_polls(tmp_path: Path) -> None:
    watch = Inotify(wanted=False)
    cover(watch, tmp_path / "app.log")
    assert (watch.fd, watch.complete, watch.take()) == (-1, False, (False, False))


def test_a_recursive_wildcard_is_polled(watch: Inotify, tmp_path: Path) -> None:
    watch.cover([f"{tmp_path}/**/app.log"], [])
    assert not watch.complete


def test_folders_of_a_pattern_are_those_where_names_may_match(tmp_path: Path) -> None:
    (tmp_path / "a" / "x").mkdir(parents=True)
    (tmp_path / "b").mkdir()
    names = {os.path.relpath(folder, tmp_path) for folder in folders_of(f"{tmp_path}/*/*/app.log")}
    assert names == {".", "a", "b", "a/x"}
    assert folders_of("/var/log/app.log") == {"/var/log"}
    assert folders_of("app.log") == {"."}


@pytest.mark.parametrize(
    ("kind", "remote"),
    [
        ("ext4", False),
        ("tmpfs", False),
        ("overlay", False),
        ("nfs4", True),
        ("cifs", True),
        ("fuse.sshfs", True),
        ("9p", True),
    ],
)
def test_network_file_systems_are_recognised(tmp_path: Path, kind: str, remote: bool) -> None:
    device = os.stat(tmp_path).st_dev
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        f"22 1 0:999 / /proc rw - proc proc rw\n"
        f"36 22 {os.major(device)}:{os.minor(device)} / /mnt rw,noatime shared:1 - {kind} server:/x rw\n"
    )
    assert is_remote(str(tmp_path), mounts) is remote


def test_a_folder_on_a_network_file_system_is_polled(
    watch: Inotify, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("logshipper.follow.inotify.is_remote", lambda folder: True)
    cover(watch, tmp_path / "app.log")
    assert not watch.complete


def test_running_out_of_inotify_instances_is_logged_once(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    code = (
        "import logging, resource; logging.basicConfig();"
        "from logshipper.follow.inotify import Inotify; import ctypes;"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3));"
        "print(Inotify().fd)"
    )
    done = subprocess.run([os.sys.executable, "-c", code], capture_output=True, text=True, check=False)  # type: ignore[attr-defined]
    assert done.stdout == "-1\n"
    assert done.stderr.count("cannot use inotify (Too many open files)") == 1
