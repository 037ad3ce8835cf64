"""The quarantine: rejected lines, kept byte for byte with the reason.

Each log has two files in the folder `quarantine` of the state folder. `NAME.lines` holds the lines as they were, one
per line, so any tool can read them and `retry` ships them when the pattern is fixed. `NAME.reasons` has a JSON
object for each: path, identity (the fingerprint) and offset in the log, length, position in `.lines`, reason. A line
is written and synced before it is noted, and lines at the end without a note are removed at the next start, so a crash
never duplicates a line. A line that was shipped after all loses its note.
"""

import contextlib
import json
import logging
import os
import stat
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from logshipper.atomic_write import replace_private, sync_folder
from logshipper.hashing import digest
from logshipper.model import RejectedLine
from logshipper.printable import printable
from logshipper.state.lock import own_folder

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class KeptLine:
    """A line in quarantine: which content it is from and where, and where its bytes are."""

    fingerprint: int
    offset: int
    reason: str
    position: int
    length: int


class Quarantine:
    """The quarantine of one log; its files are created when the first line comes."""

    def __init__(self, folder: Path, path: str) -> None:
        name = f"{os.path.basename(path)}-{digest(os.fsencode(path)):016x}"[-120:]
        self.path = path
        self.lines, self.reasons = folder / f"{name}.lines", folder / f"{name}.reasons"
        self._ends: dict[int, int] | None = None  # content -> the highest offset of a line that is kept
        self._kept: OffsetSet | None = None

    def add(self, rejected: Sequence[RejectedLine]) -> int:
        """Write the lines that are not kept yet to the disk. Return how many those were.

        Raises OSError if they cannot be written: then they must not be counted as settled.
        """
        if not rejected:
            return 0
        ends = self._open()
        fresh = self._fresh(rejected, ends)
        if not fresh:
            return 0
        kept, self._ends, self._kept = self._kept, None, None  # read them again if writing fails halfway
        notes = []
        with os.fdopen(_open_own(self.lines), "ab") as opened:
            for line in fresh:
                position = opened.tell()
                for part in line.parts() if line.parts else (line.line,):
                    opened.write(part)
                length = opened.tell() - position
                opened.write(b"\n")
                notes.append(self._note(line, position, length))
            opened.flush()
            os.fsync(opened.fileno())
        with os.fdopen(_open_own(self.reasons), "ab") as opened:
            opened.write("".join(notes).encode())
            opened.flush()
            os.fsync(opened.fileno())
        for line in fresh:
            _raise(ends, line)
            if kept:
                kept.add(line.fingerprint, line.offset)
        self._ends, self._kept = ends, kept
        return len(fresh)

    def _fresh(self, rejected: Sequence[RejectedLine], ends: Mapping[int, int]) -> Sequence[RejectedLine]:
        """Return the lines that are not kept yet.

        Almost always they come after all that are. All offsets are in memory only while lines are read again: a
        stranger may write lines that are rejected as long as there is a disk.
        """
        if all(line.offset > ends.get(line.fingerprint, -1) for line in rejected):
            self._kept = None
            return rejected
        if self._kept is None:
            self._kept = OffsetSet()
            for _, line in self._notes():
                self._kept.add(line.fingerprint, line.offset)
        kept = self._kept
        return [line for line in rejected if not kept.holds(line.fingerprint, line.offset)]

    def kept(self) -> Iterator[KeptLine]:
        """Return the lines that are kept, in the order in which they came. Raises OSError."""
        self._open()
        return (line for _, line in self._notes())

    def read(self, lines: Iterable[KeptLine]) -> Iterator[bytes]:
        """Yield the bytes of these lines, without their newlines. Raises OSError."""
        with os.fdopen(_open_own(self.lines), "rb") as opened:
            for line in lines:
                opened.seek(line.position)
                yield opened.read(line.length)

    def forget(self, shipped: Iterable[KeptLine]) -> None:
        """Drop the notes of lines that were shipped after all; without a note left, drop the files too."""
        gone = {(line.fingerprint, line.offset) for line in shipped}
        if not gone:
            return
        left = [note for note, line in self._notes() if (line.fingerprint, line.offset) not in gone]
        self._ends = self._kept = None
        if left:  # positions stay what they are, so a crash leaves the old notes or the new ones
            replace_private(self.reasons, b"".join(left))
            return
        self.reasons.unlink()
        self.lines.unlink()
        sync_folder(self.lines.parent)

    def _notes(self) -> Iterator[tuple[bytes, KeptLine]]:
        with os.fdopen(_open_own(self.reasons), "rb") as opened:
            for note in opened:
                if line := _line(note):  # `_open` has reported the others
                    yield note, line

    def _note(self, line: RejectedLine, position: int, length: int) -> str:
        note = {
            "path": self.path, "identity": f"{line.fingerprint:016x}", "offset": line.offset,
            "length": length, "position": position, "reason": printable(line.reason),
        }  # fmt: skip
        return json.dumps(note) + "\n"

    def _open(self) -> dict[int, int]:
        """Return up to which offset of each content lines are kept, after removing what a crash left half written."""
        if self._ends is not None:
            return self._ends
        own_folder(self.lines.parent)
        ends: dict[int, int] = {}
        end = whole = 0
        with os.fdopen(_open_own(self.reasons), "r+b") as opened, os.fdopen(_open_own(self.lines), "r+b") as lines:
            for note in opened:
                if not note.endswith(b"\n"):
                    break
                whole += len(note)
                if line := _line(note):
                    _raise(ends, line)
                    end = line.position + line.length + 1
                else:
                    log.error("%s: skipping a damaged note that ends at byte %d", self.reasons, whole)
                    end = os.stat(self.lines).st_size
            opened.truncate(whole)
            lines.truncate(min(end, os.fstat(lines.fileno()).st_size))
        self._ends = ends
        return ends


def _raise(ends: dict[int, int], line: RejectedLine | KeptLine) -> None:
    ends[line.fingerprint] = max(line.offset, ends.get(line.fingerprint, -1))


def _line(note: bytes) -> KeptLine | None:
    """Return the line that a note is about, None for a damaged note."""
    try:
        read = json.loads(note)
        position, length = int(read["position"]), int(read["length"])
        return KeptLine(int(read["identity"], 16), int(read["offset"]), str(read["reason"]), position, length)
    except (ValueError, KeyError, TypeError):
        return None


def quarantines(folder: Path) -> Iterator[Quarantine]:
    """Yield the quarantine of each log that has lines in a folder."""
    for file in sorted(folder.glob("*.reasons")):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError), file.open("rb") as opened:
            found = Quarantine(folder, json.loads(opened.readline())["path"])
            if found.reasons == file:
                yield found


class OffsetSet:
    """A set of offsets in contents, in eight bytes each. They almost always come in ascending order."""

    def __init__(self) -> None:
        self._offsets: dict[int, array[int]] = {}

    def add(self, fingerprint: int, offset: int) -> None:
        """Add an offset."""
        offsets = self._offsets.setdefault(fingerprint, array("Q"))
        offsets.insert(bisect_left(offsets, offset), offset)

    def holds(self, fingerprint: int, offset: int) -> bool:
        """Return whether the offset was added."""
        offsets = self._offsets.get(fingerprint, array("Q"))
        index = bisect_left(offsets, offset)
        return index < len(offsets) and offsets[index] == offset


def _open_own(file: Path) -> int:
    """Open a private file of the quarantine. Raises OSError for a link, or anything else that is not a file."""
    handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, 0o600)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(0, "not a regular file", str(file))
    return handle
