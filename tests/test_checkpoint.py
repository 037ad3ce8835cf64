"""Checkpoints: written so that no crash loses or forges them, and what a damaged one comes to."""

import json
import os
import stat
import zlib
from array import array
from collections.abc import Callable
from pathlib import Path

import pytest

from logshipper.model import Head, Mark, Saved
from logshipper.parse.tag_limit import value_hash
from logshipper.state.checkpoint import Checkpoint, CheckpointError, CheckpointStore

LOG = "/var/log/uwsgi/app\udcff.log"


def mark(offset: int) -> Mark:
    return Mark(Head(0, 10, 2**64 - 1), offset, 5, 2**63, (65024, 12), "/var/log/uwsgi/app.log")


def at(offset: int) -> Checkpoint:
    return Checkpoint(LOG, Saved([mark(offset)], [mark(1)]), {"uri": array("Q", [2**64 - 1, 0])}, {"open": 1})


@pytest.fixture
def store(tmp_path: Path) -> CheckpointStore:
    return CheckpointStore(tmp_path / "state/uwsgi_log")


def the_file(store: CheckpointStore) -> Path:
    return next(store.folder.glob("*.json"))


def test_what_is_saved_comes_back(store: CheckpointStore) -> None:
    assert store.load(LOG) is None
    store.save(at(7))
    assert store.load(LOG) == at(7)
    assert store.paths() == [LOG]


def test_tag_values_that_are_kept_as_texts_are_understood(store: CheckpointStore) -> None:
    store.save(Checkpoint(LOG, Saved(), {"uri": []}))
    outer = json.loads(the_file(store).read_bytes())
    text = outer["checkpoint"].replace('{"uri": ""}', '{"uri": ["/", "/a"]}')
    the_file(store).write_text(json.dumps({"version": 1, "checkpoint": text, "crc32": zlib.crc32(text.encode())}))
    found = store.load(LOG)
    assert found
    assert found.admitted == {"uri": [value_hash("/"), value_hash("/a")]}


def test_each_log_has_its_own(store: CheckpointStore) -> None:
    store.save(at(7))
    store.save(Checkpoint("/other", Saved()))
    assert store.load(LOG) == at(7)
    assert sorted(store.paths()) == sorted([LOG, "/other"])


def test_nobody_else_reads_it(store: CheckpointStore) -> None:
    store.save(at(7))
    assert stat.S_IMODE(the_file(store).stat().st_mode) == 0o600
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700


def flip(data: bytes) -> bytes:
    return data[:200] + bytes([data[200] ^ 1]) + data[201:]


def newer(data: bytes) -> bytes:
    return json.dumps({**json.loads(data), "version": 3}).encode()


DAMAGES = (lambda data: b"", lambda data: bytes(len(data)), lambda data: data[:99], flip, newer, lambda data: b"[]")


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_one_is_said_and_the_one_before_it_used(
    store: CheckpointStore, damage: Callable[[bytes], bytes], caplog: pytest.LogCaptureFixture
) -> None:
    store.save(at(7))
    store.save(at(8))
    the_file(store).write_bytes(damage(the_file(store).read_bytes()))
    assert store.load(LOG) == at(7)
    assert "cannot be used" in caplog.text
    assert store.paths() == [LOG]


def test_without_any_that_can_be_used_everything_is_read_again(
    store: CheckpointStore, caplog: pytest.LogCaptureFixture
) -> None:
    store.save(at(7))
    the_file(store).write_bytes(b"")
    assert store.load(LOG) == Checkpoint(LOG, Saved())
    assert "from its beginning" in caplog.text


def test_one_of_another_log_under_this_name_is_not_used(store: CheckpointStore) -> None:
    store.save(Checkpoint("/other", Saved([mark(9)])))
    the_file(store).rename(store._file(LOG))
    assert store.load(LOG) == Checkpoint(LOG, Saved())


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_when_the_disk_fails_the_old_one_stands(
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


def test_a_crash_between_the_two_renamings_leaves_the_copy(
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
    assert store.load(LOG) == Checkpoint(LOG, Saved())
    store.save(at(9))
    assert store.load(LOG) == at(9)
    assert target.read_text() == "precious"
