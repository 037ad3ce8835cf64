"""Which parts of which files were shipped, so that a backfill that was killed does not start over."""

import json
import os
from pathlib import Path

from logshipper.atomic_write import replace_private
from logshipper.backfill.ranges import OldFile
from logshipper.errors import RunError
from logshipper.hashing import digest


class Ledger:
    """The parts of files that were shipped; a file is identified by its fingerprint and its log.

    A part is noted once all its points are acknowledged. A crash loses what was not noted: it is shipped again, as the
    same points.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._parts: dict[Path, list[tuple[int, int]]] = {}

    def parts(self, file: OldFile) -> list[tuple[int, int]]:
        """Return the parts of a file that were shipped, in order; adjacent ones are joined."""
        note = self._note(file)
        if note not in self._parts:
            try:
                self._parts[note] = [(start, end) for start, end in json.loads(note.read_text())["parts"]]
            except FileNotFoundError:
                self._parts[note] = []
            except (OSError, ValueError, KeyError, TypeError):
                self._parts[note] = []  # damaged: shipped again
        return self._parts[note]

    def forget(self, file: OldFile) -> None:
        """Forget what was shipped of a file."""
        self._note(file).unlink(missing_ok=True)
        self._parts.pop(self._note(file), None)

    def add(self, file: OldFile, start: int, end: int) -> None:
        """Write a part to the disk. Raises RunError."""
        parts: list[tuple[int, int]] = []
        for first, last in sorted([*self.parts(file), (start, end)]):
            if parts and first <= parts[-1][1]:
                parts[-1] = (parts[-1][0], max(last, parts[-1][1]))
            else:
                parts.append((first, last))
        note = self._note(file)
        self._parts[note] = parts
        try:
            replace_private(note, json.dumps({"file": file.name, "live": file.log, "parts": parts}).encode())
        except OSError as error:
            fix = "free space on its disk, or check its permissions"
            raise RunError(f"cannot record what was shipped: {error.strerror}", where=str(note), fix=fix) from error

    def _note(self, file: OldFile) -> Path:
        key = f"{file.fingerprint.hash:016x} {file.fingerprint.start} {file.log}"
        return self.folder / f"{digest(os.fsencode(key)):016x}.json"
