"""Lines that became no point, kept byte for byte with the reason.

Two files a log, in the folder `quarantine` of the state folder: `NAME.lines` holds the lines as they were, each with
a newline, fit to be read by any tool and to be shipped again when the pattern is mended; `NAME.reasons` tells of each,
as JSON: path, identity and offset in the log, length, position in `.lines`, reason. A line is written, synced, and
only then noted; what stands behind the last note is removed at the next start, so that no crash doubles a line.
"""

import json
import logging
import os
import stat
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from logshipper.follow.content import digest

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A line to be kept: its place in the content `identity`, and why.

    `line` is without the newline. For a line too long for the memory it is empty, and `parts()` yields its bytes.
    """

    identity: int
    offset: int
    reason: str
    line: bytes = b""
    parts: Callable[[], Iterable[bytes]] | None = None


class Quarantine:
    """The quarantine of one log; the files are made when the first line comes."""

    def __init__(self, folder: Path, path: str) -> None:
        name = f"{os.path.basename(path)}-{digest(os.fsencode(path)):016x}"[-120:]
        self.path = path
        self.lines, self.reasons = folder / f"{name}.lines", folder / f"{name}.reasons"
        self._known: set[tuple[int, int]] | None = None

    def add(self, rejected: Sequence[Rejected]) -> int:
        """Keep lines durably; one that is already kept is passed over. Return how many were new.

        Raises OSError where they cannot be written: then they must not be counted as done.
        """
        known = self._open()
        fresh = [item for item in rejected if (item.identity, item.offset) not in known]
        if not fresh:
            return 0
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
        known.update((item.identity, item.offset) for item in fresh)
        return len(fresh)

    def _note(self, item: Rejected, position: int, length: int) -> str:
        note = {
            "path": self.path, "identity": f"{item.identity:016x}", "offset": item.offset,
            "length": length, "position": position, "reason": item.reason,
        }  # fmt: skip
        return json.dumps(note) + "\n"

    def _open(self) -> set[tuple[int, int]]:
        """Return the places of the lines that are kept, after removing what a crash left half written."""
        if self._known is not None:
            return self._known
        self.lines.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        known: set[tuple[int, int]] = set()
        end = whole = 0
        with os.fdopen(_open_own(self.reasons), "r+b") as opened:
            for note in opened:
                try:
                    read = json.loads(note)
                    known.add((int(read["identity"], 16), read["offset"]))
                    end = read["position"] + read["length"] + 1
                except (ValueError, KeyError, TypeError):
                    break
                whole += len(note)
            opened.truncate(whole)
        with os.fdopen(_open_own(self.lines), "r+b") as opened:
            opened.truncate(min(end, os.fstat(opened.fileno()).st_size))
        self._known = known
        return known


def _open_own(file: Path) -> int:
    """Open a file of the quarantine, made for us alone; OSError for a link or a thing that is no file."""
    handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, 0o600)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(0, "not a regular file", str(file))
    return handle
