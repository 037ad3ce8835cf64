"""Lines that became no point, kept byte for byte with the reason.

Two files a log, in the folder `quarantine` of the state folder: `NAME.lines` holds the lines as they were, each with
a newline, fit to be read by any tool and to be shipped again when the pattern is fixed; `NAME.reasons` tells of each,
as JSON: path, identity and offset in the log, length, position in `.lines`, reason. A line is written, synced, and
only then noted; what stands behind the last note is removed at the next start, so that no crash doubles a line.
"""

import json
import logging
import os
import stat
from array import array
from bisect import bisect_left
from collections.abc import Sequence
from pathlib import Path

from logshipper.hashing import digest
from logshipper.model import RejectedLine
from logshipper.state.lock import own_folder

log = logging.getLogger(__name__)


class Quarantine:
    """The quarantine of one log; the files are made when the first line comes."""

    def __init__(self, folder: Path, path: str) -> None:
        name = f"{os.path.basename(path)}-{digest(os.fsencode(path)):016x}"[-120:]
        self.path = path
        self.lines, self.reasons = folder / f"{name}.lines", folder / f"{name}.reasons"
        self._known: OffsetSet | None = None

    def add(self, rejected: Sequence[RejectedLine]) -> int:
        """Keep lines durably; one that is already kept is passed over. Return how many were new.

        Raises OSError where they cannot be written: then they must not be counted as done.
        """
        if not rejected:
            return 0
        known = self._open()
        fresh = [item for item in rejected if not known.holds(item.fingerprint, item.offset)]
        if not fresh:
            return 0
        self._known = None  # until all of it is written
        notes = []
        with os.fdopen(_open_own(self.lines), "ab") as opened:
            for item in fresh:
                position = opened.tell()
                for part in item.parts() if item.parts else (item.line,):
                    opened.write(part)
                length = opened.tell() - position
                opened.write(b"\n")
                notes.append(self._note(item, position, length))
            opened.flush()
            os.fsync(opened.fileno())
        with os.fdopen(_open_own(self.reasons), "ab") as opened:
            opened.write("".join(notes).encode())
            opened.flush()
            os.fsync(opened.fileno())
        for item in fresh:
            known.add(item.fingerprint, item.offset)
        self._known = known
        return len(fresh)

    def _note(self, item: RejectedLine, position: int, length: int) -> str:
        note = {
            "path": self.path, "identity": f"{item.fingerprint:016x}", "offset": item.offset,
            "length": length, "position": position, "reason": item.reason,
        }  # fmt: skip
        return json.dumps(note) + "\n"

    def _open(self) -> "OffsetSet":
        """Return the places of the lines that are kept, after removing what a crash left half written."""
        if self._known is not None:
            return self._known
        own_folder(self.lines.parent)
        known = OffsetSet()
        end = whole = 0
        with os.fdopen(_open_own(self.reasons), "r+b") as opened, os.fdopen(_open_own(self.lines), "r+b") as lines:
            for note in opened:
                if not note.endswith(b"\n"):
                    break
                whole += len(note)
                try:
                    read = json.loads(note)
                    known.add(int(read["identity"], 16), read["offset"])
                    end = read["position"] + read["length"] + 1
                except (ValueError, KeyError, TypeError):
                    log.error("%s: a damaged note, at byte %d", self.reasons, whole)
                    end = os.stat(self.lines).st_size
            opened.truncate(whole)
            lines.truncate(min(end, os.fstat(lines.fileno()).st_size))
        self._known = known
        return known


class OffsetSet:
    """A set of places in contents, in eight bytes each: offsets come almost always in ascending order."""

    def __init__(self) -> None:
        self._offsets: dict[int, array[int]] = {}

    def add(self, fingerprint: int, offset: int) -> None:
        """Add a place."""
        offsets = self._offsets.setdefault(fingerprint, array("Q"))
        offsets.insert(bisect_left(offsets, offset), offset)

    def holds(self, fingerprint: int, offset: int) -> bool:
        """Tell whether a place was added."""
        offsets = self._offsets.get(fingerprint, array("Q"))
        place = bisect_left(offsets, offset)
        return place < len(offsets) and offsets[place] == offset


def _open_own(file: Path) -> int:
    """Open a file of the quarantine, made for us alone; OSError for a link or a thing that is no file."""
    handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, 0o600)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(0, "not a regular file", str(file))
    return handle
