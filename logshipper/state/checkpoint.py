"""Checkpoints: how far each log was shipped, kept so that no crash loses or falsifies it.

Each log has one file in the state folder, `<hash of the path>.json`, and the version before it as `….json.old`. The
store writes a temporary file, syncs and renames it, and syncs the folder. So a crash leaves the old version or the new
one, and a checksum exposes a damaged one. If a checkpoint is lost, lines are shipped twice, which leaves one point of
each; none is skipped.
"""

import base64
import json
import logging
import os
import stat
import struct
import zlib
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from logshipper.atomic_write import replace_private
from logshipper.hashing import digest
from logshipper.model import AdmittedValues, Bookmark, Fingerprint, SavedPositions
from logshipper.state.lock import own_folder

log = logging.getLogger(__name__)

_LONGEST = 2**16  # bytes of a content by which it is known: far fewer are read

VERSION = 2
_UNUSABLE = (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, struct.error)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What is kept of one log: its saved positions, the tag values it has admitted, and its open events."""

    path: str
    saved: SavedPositions
    admitted: AdmittedValues = field(default_factory=dict)
    events: Mapping[str, Any] = field(default_factory=dict)


class CheckpointError(Exception):
    """The checkpoint could not be written; the one before it still counts."""


class CheckpointStore:
    """The checkpoints of one output, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def save(self, checkpoint: Checkpoint) -> None:
        """Write a checkpoint to the disk. Raises CheckpointError."""
        file = self._file(checkpoint.path)
        try:
            own_folder(self.folder)
            replace_private(file, _encode(checkpoint), old=file.with_suffix(".json.old"))
        except OSError as error:
            raise CheckpointError(f"{file}: {error.strerror or error}") from error

    def load(self, path: str) -> Checkpoint | None:
        """Return the checkpoint of a log, or the version before it if it is damaged; None if there is none.

        If neither can be used, return an empty one: all lines are read again, which repeats some and loses none.
        """
        file, damaged = self._file(path), False
        for candidate in (file, file.with_suffix(".json.old")):
            try:
                found = _decode(_read(candidate))
                if found.path != path:
                    raise ValueError(f"it belongs to {found.path}")
                return found
            except FileNotFoundError:
                continue
            except _UNUSABLE as error:
                damaged = True
                log.error("cannot use the checkpoint %s (%s); trying the version before it", candidate, error)
        if damaged:
            log.error("%s: no usable checkpoint; reading the log again from its start", path)
            return Checkpoint(path, SavedPositions())
        return None

    def paths(self) -> list[str]:
        """Return the logs that have a checkpoint."""
        found: dict[str, None] = {}
        for file in sorted(self.folder.glob("*.json*")) if self.folder.is_dir() else []:
            try:
                found[_decode(_read(file)).path] = None
            except _UNUSABLE:
                continue  # `load` reports it, and uses the version before it
        return list(found)

    def take_over(self, other: "CheckpointStore") -> list[str]:
        """Copy the checkpoints of logs that have none here; return the logs. Errors are logged."""
        own, taken = set(self.paths()), []
        for path in other.paths():
            if path not in own and (found := other.load(path)):
                try:
                    self.save(found)
                    taken.append(path)
                except CheckpointError as error:
                    log.error("%s; %s starts at its end", error, path)
        return taken

    def _file(self, path: str) -> Path:
        return self.folder / f"{digest(os.fsencode(path)):016x}.json"


def _encode(checkpoint: Checkpoint) -> bytes:
    body = {
        "path": os.fsencode(checkpoint.path).decode("latin-1"),
        "contents": [_kept(bookmark) for bookmark in checkpoint.saved.bookmarks],
        "finished": [_kept(bookmark) for bookmark in checkpoint.saved.finished],
        "tag_values": {tag: _packed(hashes) for tag, hashes in checkpoint.admitted.items()},
        "events": checkpoint.events,
    }
    text = json.dumps(body)
    return json.dumps({"version": VERSION, "crc32": zlib.crc32(text.encode()), "checkpoint": text}).encode()


def _decode(data: bytes) -> Checkpoint:
    outer = json.loads(data)
    if outer["version"] != VERSION:
        raise ValueError(f"version {outer['version']}, this program writes {VERSION}")
    if zlib.crc32(outer["checkpoint"].encode()) != outer["crc32"]:
        raise ValueError("wrong checksum")
    body: dict[str, Any] = json.loads(outer["checkpoint"])
    path = os.fsdecode(body["path"].encode("latin-1"))
    saved = SavedPositions(
        [_bookmark(bookmark) for bookmark in body["contents"]], [_bookmark(bookmark) for bookmark in body["finished"]]
    )
    admitted = {tag: _unpacked(text) for tag, text in body["tag_values"].items()}
    return Checkpoint(path, saved, admitted, body["events"])


def _packed(hashes: Sequence[int]) -> str:
    """Return 64-bit numbers as text. JSON numbers would take too long for 10,000 tag values at every save."""
    return base64.b64encode(struct.pack(f">{len(hashes)}Q", *hashes)).decode()


def _unpacked(text: str) -> Sequence[int]:
    data = base64.b64decode(text)
    return array("Q", struct.unpack(f">{len(data) // 8}Q", data))


def _kept(bookmark: Bookmark) -> dict[str, Any]:
    """Return a bookmark as the file has it. These key names are the file format; keep them when the code renames."""
    first = bookmark.fingerprint
    return {
        "head": {"start": first.start, "length": first.length, "identity": first.hash},
        "offset": bookmark.offset,
        "guard_length": bookmark.tail_length,
        "guard": bookmark.tail_hash,
        "key": bookmark.key,
        "name": bookmark.name,
    }


def _bookmark(kept: Mapping[str, Any]) -> Bookmark:
    first = kept["head"]
    device, inode = map(_number, kept["key"])
    return Bookmark(
        fingerprint=Fingerprint(
            _offset(first["start"]), _offset(first["length"], _LONGEST), _number(first["identity"])
        ),
        offset=_offset(kept["offset"]),
        tail_length=_offset(kept["guard_length"], _LONGEST),
        tail_hash=_number(kept["guard"]),
        key=(device, inode),
        name=str(kept["name"]),
    )


def _number(value: object) -> int:
    """Return a number that was read. Raises ValueError for anything else that somebody wrote there."""
    if not isinstance(value, int) or not 0 <= value < 2**64:
        raise ValueError(f"{str(value)[:40]} does not belong there")
    return value


def _offset(value: object, most: int = 2**63 - 1) -> int:
    if (number := _number(value)) > most:
        raise ValueError("an offset or a length that no file has")
    return number


def _read(file: Path) -> bytes:
    handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as opened:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(0, "not a regular file", str(file))
        return opened.read()
