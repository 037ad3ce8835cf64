"""Checkpoints: no crash loses or forges them, and a damaged one is replaced by the one before it."""

import json
import os
import stat
import zlib
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from logshipper.model import Bookmark, Fingerprint, SavedPositions
from logshipper.state.checkpoint import Checkpoint, CheckpointError, CheckpointStore

LOG = "/var/log/uwsgi/app\udcff.log"


def bookmark(offset: int) -> Bookmark:
    return Bookmark(Fingerprint(0, 10, 2**64 - 1), offset, 5, 2**63, (65024, 12), "/var/log/uwsgi/app.log")


def at(offset: int) -> Checkpoint:
    return Checkpoint(
        LOG, SavedPositions([bookmark(offset)], [bookmark(1)]), {"uri": array("Q", [2**64 - 1, 0])}, {"open": 1}
    )


@pytest.fixture
def store(tmp_path: Path) -> CheckpointStore:
    return CheckpointStore(tmp_path / "state/uwsgi_log")


def the_file(store: CheckpointStore) -> Path:
    return next(store.folder.glob("*.json"))


def test_a_saved_checkpoint_can_be_loaded(store: CheckpointStore) -> None:
    assert store.load(LOG) is None
    store.save(at(7))
    assert store.load(LOG) == at(7)
    assert store.paths() == [LOG]


def test_the_file_uses_the_same_names_as_earlier_versions(store: CheckpointStore) -> None:
    store.save(at(7))
    body = json.loads(json.loads(the_file(store).read_bytes())["checkpoint"])
    assert body["contents"] == [
        {
            "head": {"start": 0, "length": 10, "identity": 2**64 - 1},
            "offset": 7,
            "guard_length": 5,
            "guard": 2**63,
            "key": [65024, 12],
            "name": "/var/log/uwsgi/app.log",
        }
    ]
    assert set(body) == {"path", "contents", "finished", "tag_values", "events"}


def test_each_log_has_a_checkpoint_of_its_own(store: CheckpointStore) -> None:
    store.save(at(7))
    store.save(Checkpoint("/other", SavedPositions()))
    assert store.load(LOG) == at(7)
    assert sorted(store.paths()) == sorted([LOG, "/other"])


def test_only_the_owner_can_read_a_checkpoint(store: CheckpointStore) -> None:
    store.save(at(7))
    assert stat.S_IMODE(the_file(store).stat().st_mode) == 0o600
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700


def flip(data: bytes) -> bytes:
    return data[:200] + bytes([data[200] ^ 1]) + data[201:]


def newer(data: bytes) -> bytes:
    return json.dumps({**json.loads(data), "version": 3}).encode()


DAMAGES = (lambda data: b"", lambda data: bytes(len(data)), lambda data: data[:99], flip, newer, lambda data: b"[]")


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_checkpoint_is_reported_and_the_previous_one_used(
    store: CheckpointStore, damage: Callable[[bytes], bytes], caplog: pytest.LogCaptureFixture
) -> None:
    store.save(at(7))
    store.save(at(8))
    the_file(store).write_bytes(damage(the_file(store).read_bytes()))
    assert store.load(LOG) == at(7)
    assert "cannot use the checkpoint" in caplog.text
    assert store.paths() == [LOG]


def test_without_a_usable_checkpoint_everything_is_read_again(
    store: CheckpointStore, caplog: pytest.LogCaptureFixture
) -> None:
    store.save(at(7))
    the_file(store).write_bytes(b"")
    assert store.load(LOG) == Checkpoint(LOG, SavedPositions())
    assert "from its start" in caplog.text


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("offset", -5), ("offset", 2**63), ("offset", "7"), ("offset", 1.5), ("offset", None), ("guard_length", -1),
        ("guard_length", 10**12), ("head", {"start": 0, "length": 10**12, "identity": 1}),
        ("guard", 2**64), ("key", [1]), ("key", ["a", "b"]), ("head", {"start": 0}), ("head", []),
    ],
)  # fmt: skip
def test_a_position_that_somebody_has_edited_is_not_used(store: CheckpointStore, part: str, value: object) -> None:
    store.save(at(7))
    edit(store, lambda body: body["contents"][0].update({part: value}))
    assert store.load(LOG) == Checkpoint(LOG, SavedPositions())


@pytest.mark.parametrize("text", ['{"uri": "AAAA"}', '{"uri": 5}', "[1]", "[" * 100_000])
def test_tag_values_that_somebody_has_edited_are_not_used(store: CheckpointStore, text: str) -> None:
    store.save(at(7))
    edit(store, lambda body: body.update(tag_values="HERE"), text)
    assert store.load(LOG) == Checkpoint(LOG, SavedPositions())


def edit(store: CheckpointStore, change: Callable[[dict[str, Any]], None], text: str = "") -> None:
    """Change the checkpoint's content, with the right checksum; `text` takes the place of "HERE"."""
    outer = json.loads(the_file(store).read_bytes())
    body = json.loads(outer["checkpoint"])
    change(body)
    outer["checkpoint"] = json.dumps(body).replace('"HERE"', text)
    outer["crc32"] = zlib.crc32(outer["checkpoint"].encode())
    the_file(store).write_text(json.dumps(outer))


def test_a_pipe_in_its_place_is_not_waited_for(store: CheckpointStore) -> None:
    store.save(at(7))
    name = the_file(store)
    name.unlink()
    os.mkfifo(name)
    assert store.load(LOG) == Checkpoint(LOG, SavedPositions())


def test_a_checkpoint_of_another_log_is_not_used(store: CheckpointStore) -> None:
    store.save(Checkpoint("/other", SavedPositions([bookmark(9)])))
    the_file(store).rename(store._file(LOG))
    assert store.load(LOG) == Checkpoint(LOG, SavedPositions())


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_failed_save_leaves_the_old_checkpoint_usable(
    store: CheckpointStore, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.save(at(7))
    with monkeypatch.context() as patch:
        patch.setattr(os, call, _fail)
        with pytest.raises(CheckpointError, match="Input/output error"):
            store.save(at(8))
    assert store.load(LOG) == at(7)
    store.save(at(9))
    assert store.load(LOG) == at(9)


def _fail(*arguments: object, **options: object) -> None:
    raise OSError(5, os.strerror(5))


def test_after_a_crash_between_the_two_renames_the_old_checkpoint_is_used(
    store: CheckpointStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.save(at(7))
    the_file(store).rename(the_file(store).with_suffix(".json.old"))
    assert store.load(LOG) == at(7)
    assert store.paths() == [LOG]


def test_planted_links_are_not_followed(store: CheckpointStore, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("precious")
    store.save(at(7))
    file = the_file(store)
    file.with_suffix(".tmp").symlink_to(target)
    with pytest.raises(CheckpointError):
        store.save(at(8))
    file.with_suffix(".tmp").unlink()
    file.unlink()
    file.symlink_to(target)
    assert store.load(LOG) == Checkpoint(LOG, SavedPositions())
    store.save(at(9))
    assert store.load(LOG) == at(9)
    assert target.read_text() == "precious"


def test_another_outputs_checkpoints_are_taken_over_for_logs_that_have_none(tmp_path: Path) -> None:
    store, other = CheckpointStore(tmp_path / "new"), CheckpointStore(tmp_path / "old")
    other.save(at(7))
    assert store.take_over(other) == [LOG]
    assert store.load(LOG) == at(7)
    other.save(at(9))
    assert store.take_over(other) == []
    assert store.load(LOG) == at(7)


def test_a_checkpoint_that_cannot_be_taken_over_is_an_error_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    other = CheckpointStore(tmp_path / "old")
    other.save(at(7))
    (tmp_path / "new").write_text("a file in the folder's place")
    assert CheckpointStore(tmp_path / "new").take_over(other) == []
    (message,) = caplog.messages
    assert message.startswith(f"{tmp_path}/new/")
    assert message.endswith(f": File exists; {LOG} starts at its end")
