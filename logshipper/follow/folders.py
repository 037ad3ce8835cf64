"""Noticing that something in the logs' folders was created, renamed or copied."""

import os
from collections.abc import Collection, Iterable

_Entry = tuple[str, int]


class Folders:
    """Watches folders by the time of their last change; a folder's entries are read only when that has moved."""

    def __init__(self) -> None:
        self._changed: dict[str, int] = {}
        self._entries: dict[str, set[_Entry]] = {}

    def news(self, paths: Iterable[str]) -> set[str]:
        """Return the names that are new, or stand for another file than before, in the folders of these logs.

        Where a log is a symbolic link, the folder of its target is looked at too.
        """
        places = {os.path.dirname(place) or "." for path in paths for place in (path, os.path.realpath(path))}
        return {name for folder in places for name in self._news_in(folder)}

    def _news_in(self, folder: str) -> Collection[str]:
        try:
            changed = os.stat(folder).st_mtime_ns
            if self._changed.get(folder) == changed:
                return ()
            with os.scandir(folder) as found:
                entries = {(entry.name, entry.inode()) for entry in found}
        except OSError:
            return ()
        fresh = entries - self._entries.get(folder, set())
        self._changed[folder], self._entries[folder] = changed, entries
        return [os.path.join(folder, name) for name, _ in fresh]
