"""Noticing that something in the logs' folders was created, renamed or copied."""

import os
from collections.abc import Iterable

_Entry = tuple[str, int]


class Folders:
    """Watches folders by the time of their last change; a folder's entries are read only when that has moved."""

    def __init__(self) -> None:
        self._changed: dict[str, int] = {}
        self._settled: set[str] = set()
        self._entries: dict[str, set[_Entry]] = {}

    def news(self, folders: Iterable[str]) -> dict[str, list[str]]:
        """Return the names that are new, or stand for another file than before, sorted, by their folders."""
        found = {folder: self._news_in(folder) for folder in folders}
        return {folder: names for folder, names in found.items() if names}

    def _news_in(self, folder: str) -> list[str]:
        try:
            changed = os.stat(folder or ".").st_mtime_ns
            same = self._changed.get(folder) == changed
            if same and folder in self._settled:
                return []
            with os.scandir(folder or ".") as listing:
                entries = {(entry.name, entry.inode()) for entry in listing}
        except OSError:
            return []
        # The time is not fine enough to tell two changes in a row apart, so the first look is followed by another.
        (self._settled.add if same else self._settled.discard)(folder)
        fresh = entries - self._entries.get(folder, set())
        self._changed[folder], self._entries[folder] = changed, entries
        return sorted(name for name, _ in fresh)
