"""What of which file has been shipped, kept so that a backfill that was killed does not begin again."""

import json
import os
from pathlib import Path

from logshipper.atomic_write import sync_folder, write_private
from logshipper.backfill.ranges import OldFile
from logshipper.errors import RunError
from logshipper.hashing import digest


class Ledger:
    """The parts of files that were shipped; a file is known by its content's beginning and its live log.

    A part is noted when all its points were acknowledged. A crash loses what was not noted; it is shipped again, as
    the same points.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._parts: dict[Path, list[tuple[int, int]]] = {}

    def parts(self, file: OldFile) -> list[tuple[int, int]]:
        """Return what was shipped of a file, in order and joined."""
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
        """Begin anew with a file."""
        self._note(file).unlink(missing_ok=True)
        self._parts.pop(self._note(file), None)

    def add(self, file: OldFile, start: int, end: int) -> None:
        """Note a part, durably. Raises RunError where it cannot be written."""
        parts: list[tuple[int, int]] = []
        for first, last in sorted([*self.parts(file), (start, end)]):
            if parts and first <= parts[-1][1]:
                parts[-1] = (parts[-1][0], max(last, parts[-1][1]))
            else:
                parts.append((first, last))
        note = self._note(file)
        self._parts[note] = parts
        temporary = note.with_suffix(".tmp")
        try:
            write_private(temporary, json.dumps({"file": file.name, "live": file.live, "parts": parts}).encode())
            os.replace(temporary, note)
            sync_folder(self.folder)
        except OSError as error:
            raise RunError(
                f"cannot note what was shipped: {error.strerror}", where=str(note), fix="free room"
            ) from None

    def _note(self, file: OldFile) -> Path:
        key = f"{file.fingerprint.hash:016x} {file.fingerprint.start} {file.live}"
        return self.folder / f"{digest(os.fsencode(key)):016x}.json"
