"""Noticing that something in a log's folder was created, renamed or copied."""

import glob
import os
from collections.abc import Iterable

_NameAndInode = tuple[str, int]


def matching(pattern: str) -> list[str]:
    """Return the names that a wildcard matches now, sorted; a name without wildcards is itself, there or not."""
    return sorted(glob.glob(pattern, recursive=True)) if glob.has_magic(pattern) else [pattern]


class Folders:
    """Watches folders by their modification times, and lists a folder only when its time has changed."""

    def __init__(self) -> None:
        self._changed: dict[str, int] = {}
        self._settled: set[str] = set()
        self._listings: dict[str, set[_NameAndInode]] = {}

    def news(self, folders: Iterable[str]) -> dict[str, list[str]]:
        """Return, by folder and sorted, the names that are new or stand for another file than before."""
        found = {folder: self._news_in(folder) for folder in folders}
        return {folder: names for folder, names in found.items() if names}

    def _news_in(self, folder: str) -> list[str]:
        try:
            changed = os.stat(folder or ".").st_mtime_ns
            same = self._changed.get(folder) == changed
            if same and folder in self._settled:
                return []
            with os.scandir(folder or ".") as files:
                listing = {(file.name, file.inode()) for file in files}
        except OSError:
            return []
        # The time is too coarse to tell two quick changes apart, so look once more after each change.
        (self._settled.add if same else self._settled.discard)(folder)
        fresh = listing - self._listings.get(folder, set())
        self._changed[folder], self._listings[folder] = changed, listing
        return sorted(name for name, _ in fresh)
