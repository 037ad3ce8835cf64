"""Finding the rotated copies of a live log: beside it, by their names, told apart by their contents."""

import os
import re
from collections.abc import Callable, Iterator

from logshipper.follow.content import COMPRESSED, Content, Head, Mark, open_content, read_head

_Stamp = tuple[int, int, int, int]


def names_beside(path: str) -> list[str]:
    """Return the names that copies of a log may have, sorted by the time of their last change, oldest first.

    Taken are NAME.1, NAME-20261121.gz, NAME.1763690000 and, for NAME = app.log, app-20261121.log or app.1.log, in
    the log's folder and, where the log is a symbolic link, in that of its target.
    """
    found: dict[str, int] = {}
    for place in dict.fromkeys((path, os.path.realpath(path))):
        folder, base = os.path.split(place)
        stem, suffix = os.path.splitext(base)
        expression = re.compile(f"{re.escape(base)}[.~_-].+|{re.escape(stem)}[.~_-].+{re.escape(suffix)}(\\..+)?")
        try:
            entries = list(os.scandir(folder or "."))
        except OSError:
            continue
        for entry in entries:
            name = os.path.join(folder, entry.name)
            if expression.fullmatch(entry.name) and name not in (path, place):
                found[name] = _changed(entry)
    return sorted((name for name, changed in found.items() if changed >= 0), key=lambda name: (found[name], name))


def _changed(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat().st_mtime_ns if entry.is_file() else -1
    except OSError:
        return -1


class Siblings:
    """The rotated copies of one live log; heads are read once as long as a file does not change."""

    def __init__(self, path: str, foreign: Callable[[str], bool]) -> None:
        """`foreign(name)` tells whether a file is a live log of its own."""
        self.path, self.foreign = path, foreign
        self._heads: dict[_Stamp, Head | None] = {}

    def contents(self, *, foreign_too: bool = False) -> Iterator[tuple[Content, Head]]:
        """Yield the copies, open, oldest first; the caller closes those that it does not keep."""
        heads: dict[_Stamp, Head | None] = {}
        for name in names_beside(self.path):
            if not foreign_too and self.foreign(name):
                continue
            try:
                content = open_content(name)
            except OSError:
                continue
            stamp = _stamp(name)
            try:
                head = self._heads[stamp] if stamp in self._heads else read_head(content, final=True)
            except OSError:
                head = None  # damaged, or a .gz that is being written
            if head is None:
                content.close()
                continue
            heads[stamp] = head
            yield content, head
        self._heads = heads

    def find(self, mark: Mark) -> Content | None:
        """Return the copy that holds the marked content, open; a plain one rather than a compressed one.

        What a file holds decides here, even where its name is that of another live log (`files = ["app.log*"]`).
        """
        best: Content | None = None
        for content, head in self.contents(foreign_too=True):
            better = best is None or (content.growing and not best.growing)
            if better and head.identity == mark.head.identity and _holds(content, mark):
                if best:
                    best.close()
                best = content
            else:
                content.close()
        return best

    def identities(self) -> set[int]:
        """Return the identities of all copies that are there."""
        found = set()
        for content, head in self.contents():
            found.add(head.identity)
            content.close()
        return found


def _holds(content: Content, mark: Mark) -> bool:
    try:
        return mark.is_in(content)
    except OSError:
        return False


def _stamp(name: str) -> _Stamp:
    try:
        found = os.stat(name)
    except OSError:
        return (0, 0, 0, 0)
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


def is_compressed(name: str) -> bool:
    """Tell by the end of its name whether a file is compressed."""
    return os.path.splitext(name)[1] in COMPRESSED
