"""The state folder belongs to one user and one shipper."""

import os
from pathlib import Path

import pytest

from logshipper.errors import RunError, UserError
from logshipper.state.lock import StateLock, own_folder


def test_a_state_folder_that_is_a_link_or_another_users_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    with pytest.raises(OSError, match="a link"):
        own_folder(tmp_path / "link")
    if os.geteuid() == 0:
        os.chown(tmp_path / "real", 12345, 12345)
        with pytest.raises(OSError, match="another user"):
            own_folder(tmp_path / "real")


def test_a_second_shipper_is_refused(tmp_path: Path) -> None:
    lock = StateLock(tmp_path / "state")
    with pytest.raises(RunError, match="another logshipper"):
        StateLock(tmp_path / "state")
    lock.release()
    StateLock(tmp_path / "state").release()


def test_a_lock_file_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state/lock").symlink_to(tmp_path / "target")
    with pytest.raises(UserError, match="cannot use the state folder"):
        StateLock(tmp_path / "state")
    assert not (tmp_path / "target").exists()
