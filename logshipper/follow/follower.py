"""All live logs that a list of names and wildcards stands for."""

import fnmatch
import glob
import os
import time
from collections.abc import Callable, Iterator, Sequence

from logshipper.follow.files import Content, PlainContent, is_compressed
from logshipper.follow.fingerprint import read_head
from logshipper.follow.folders import Folders
from logshipper.follow.log import Source
from logshipper.follow.open_files import OpenFiles, Surroundings
from logshipper.follow.rotated import any_beside, is_beside
from logshipper.model import Key, Saved


class Follower:
    """Finds the files of an input, now and later, and follows each of them once, whatever its names."""

    def __init__(
        self, files: Sequence[str], *, from_end: bool, recall: Callable[[str], Saved | None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        """`files` may hold wildcards, `**` too; `recall(path)` returns what a checkpoint knows of a log.

        `from_end` begins behind the last line of a file that is there at the first `discover` and was not known
        before; one that appears later is always read from its beginning.
        """
        self.files, self.from_end, self.recall = files, from_end, recall
        self.sources: dict[str, Source] = {}
        self._by_prefix: dict[str, list[Source]] = {}  # how the names of a log's copies begin -> the logs
        self._open = OpenFiles()
        self._around = Surroundings(self._is_foreign, self._is_known_elsewhere, self._open, clock)
        self._names: dict[str, None] = {}
        self._copies: dict[str, tuple[Key, int, int]] = {}  # names that are rotated copies of other logs, as last seen
        self._folders = Folders()
        self._first = True

    def discover(self, known: Sequence[str] = ()) -> list[Source]:
        """Look for files that are not followed yet and begin with them; return the new sources.

        `known` are the paths of checkpoints: they are taken up first, even where the live file is missing, so that
        a file which another one's wildcard matches too stays with the log that it was rotated from.
        """
        self._names = self._look()
        recalled = [name for name in known if name in self._names or self._is_ours(name)]
        fresh = []
        for name in dict.fromkeys((*recalled, *self._names)):
            if name not in self.sources and (source := self._begin(name)):
                fresh.append(source)
        self._first = False
        self._look_for_copies()
        return fresh

    def _look_for_copies(self) -> None:
        """Tell the logs beside which something has come: a copy may be all that is left of lines never seen."""
        sources = self.sources.values()
        news = self._folders.news({folder for source in sources for folder, _ in source.siblings.places})
        for source in sources:
            source.look_for_copies(bool(news) and any_beside(source.siblings.places, news))

    def _begin(self, name: str) -> Source | None:
        saved = self.recall(name)
        if saved is None and self._is_copy(name):
            return None
        source = Source(name, self._around)
        self.sources[name] = source
        for prefix in source.siblings.prefixes:
            self._by_prefix.setdefault(prefix, []).append(source)
        source.begin(saved, self.from_end and self._first)
        return source

    def _look(self) -> dict[str, None]:
        found = []
        for pattern in self.files:
            matches = sorted(glob.glob(pattern, recursive=True)) if glob.has_magic(pattern) else [pattern]
            found += [name for name in matches if not is_compressed(name) and not os.path.isdir(name)]
        return dict.fromkeys(found)

    def _is_ours(self, name: str) -> bool:
        return any(name == pattern or fnmatch.fnmatch(name, pattern) for pattern in self.files)

    def _is_foreign(self, name: str) -> bool:
        """Tell whether a name is a live log of its own; a rotated copy that a wildcard matches too is none."""
        return name in self.sources or (name in self._names and name not in self._copies)

    def _is_copy(self, name: str) -> bool:
        """Tell whether a file is another name, or a rotated copy, of one that is followed already.

        It stays one as long as its beginning is the same, also when the other log has let go of it.
        """
        try:
            content = PlainContent(name)
        except OSError:
            return False
        try:
            size, before = content.state()[0], self._copies.get(name)
            if before and before[:2] == (content.key, size):
                return True
            head = read_head(content)
            identity = head.identity if head else 0
            is_copy = (
                self._open.owner(content.key) is not None
                or (before is not None and identity != 0 and (before[0], before[2]) == (content.key, identity))
                or self._is_known_elsewhere(name, content)
            )
        except OSError:
            return False
        finally:
            content.close()
        if is_copy:
            self._copies[name] = (content.key, size, identity)
        else:
            self._copies.pop(name, None)
        return is_copy

    def _is_known_elsewhere(self, path: str, content: Content) -> bool:
        others = [source for source in self._logs_beside(path) if source.path != path]
        if not others:
            return False
        try:
            head = read_head(content)
            return head is not None and any(_has_read(source, content, head.identity) for source in others)
        except OSError:
            return False

    def _logs_beside(self, path: str) -> Iterator[Source]:
        """Yield the logs that the file may be a copy of, without asking each of perhaps thousands."""
        for end in range(path.rfind(os.sep) + 1, len(path) + 1):
            for source in self._by_prefix.get(path[:end], ()):
                if is_beside(source.siblings.places, path):
                    yield source

    def __iter__(self) -> Iterator[Source]:
        return iter(self.sources.values())

    def close(self) -> None:
        """Close all files."""
        for source in self:
            source.close()


def _has_read(source: Source, content: Content, identity: int) -> bool:
    return source.history.known(content, identity) is not None or source.reads(content, identity)
