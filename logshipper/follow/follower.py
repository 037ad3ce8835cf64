"""All live logs that a list of names and wildcards stands for."""

import fnmatch
import glob
import os
from collections.abc import Callable, Iterator, Sequence

from logshipper.follow.content import Key
from logshipper.follow.rotated import is_compressed
from logshipper.follow.source import Saved, Source, Surroundings, keys


class Follower:
    """Finds the files of an input, now and later, and follows each of them once, whatever its names."""

    def __init__(self, files: Sequence[str], *, from_end: bool, recall: Callable[[str], Saved | None]) -> None:
        """`files` may hold wildcards, `**` too; `recall(path)` returns what a checkpoint knows of a log.

        `from_end` begins behind the last line of a file that is there at the first `discover` and was not known
        before; one that appears later is always read from its beginning.
        """
        self.files, self.from_end, self.recall = files, from_end, recall
        self.sources: dict[str, Source] = {}
        self._first = True

    def discover(self, known: Sequence[str] = ()) -> list[Source]:
        """Look for files that are not followed yet and begin with them; return the new sources.

        `known` are the paths of checkpoints: they are taken up first, even where the live file is missing, so that
        a file which another one's wildcard matches too stays with the log that it was rotated from.
        """
        names = self._names()
        recalled = [name for name in known if name in names or self._is_ours(name)]
        fresh = []
        for name in dict.fromkeys((*recalled, *names)):
            if name not in self.sources and (source := self._begin(name)):
                fresh.append(source)
        self._first = False
        return fresh

    def _begin(self, name: str) -> Source | None:
        saved = self.recall(name)
        if saved is None and self._is_taken(_key(name)):
            return None
        source = Source(name, Surroundings(foreign=self._is_foreign, taken=self._taken_by_other(name)))
        self.sources[name] = source
        source.begin(saved, self.from_end and self._first)
        return source

    def _names(self) -> list[str]:
        found = []
        for pattern in self.files:
            matches = sorted(glob.glob(pattern, recursive=True)) if glob.has_magic(pattern) else [pattern]
            found += [name for name in matches if not is_compressed(name) and not os.path.isdir(name)]
        return list(dict.fromkeys(found))

    def _is_ours(self, name: str) -> bool:
        return any(name == pattern or fnmatch.fnmatch(name, pattern) for pattern in self.files)

    def _is_foreign(self, name: str) -> bool:
        return name in self.sources or name in self._names()

    def _is_taken(self, key: Key | None) -> bool:
        return key in keys(self.sources)

    def _taken_by_other(self, name: str) -> Callable[[Key], bool]:
        def taken(key: Key) -> bool:
            return key in keys(source for path, source in self.sources.items() if path != name)

        return taken

    def __iter__(self) -> Iterator[Source]:
        return iter(self.sources.values())

    def close(self) -> None:
        """Close all files."""
        for source in self:
            source.close()


def _key(name: str) -> Key | None:
    try:
        found = os.stat(name)
    except OSError:
        return None
    return (found.st_dev, found.st_ino)
