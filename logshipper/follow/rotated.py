"""Finding the rotated copies of a live log: beside it, by their names, told apart by their contents."""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from logshipper.follow.content import UNREADABLE, Content, Head, Key, Mark, is_compressed, open_content, read_head

_Stamp = tuple[int, int, int, int]


@lru_cache(maxsize=4096)
def _expression(base: str) -> re.Pattern[str]:
    stem, suffix = os.path.splitext(base)
    # app.log.1, app.log-20261121.gz, app.log.old; and app-20261121.log or app.1.log, where only digits may stand
    # in between: app-error.log is another log.
    inside = f"{re.escape(stem)}[.~_-][0-9][0-9TZ:.,_+-]*{re.escape(suffix)}(\\.[a-z0-9]+)?" if suffix else "(?!)"
    return re.compile(f"{re.escape(base)}[.~_-].+|{inside}")


def is_beside(path: str, name: str) -> bool:
    """Tell whether `name` may be a rotated copy of the log `path`, or another name of the same file."""
    stem = os.path.splitext(os.path.basename(path))[0]
    if not os.path.islink(path) and not os.path.basename(name).startswith(stem):
        return False  # the rule where a folder holds many logs
    for place in (path, os.path.realpath(path)):
        folder, base = os.path.split(place)
        if os.path.dirname(name) == folder and _expression(base).fullmatch(os.path.basename(name)):
            return True
    return False


def names_beside(path: str) -> list[str]:
    """Return the names that copies of a log may have, sorted by the time of their last change, oldest first.

    Taken are NAME.1, NAME-20261121.gz, NAME.1763690000 and, for NAME = app.log, app-20261121.log or app.1.log, in
    the log's folder and, where the log is a symbolic link, in that of its target.
    """
    found: dict[str, int] = {}
    for place in dict.fromkeys((path, os.path.realpath(path))):
        folder, base = os.path.split(place)
        expression = _expression(base)
        try:
            entries = list(os.scandir(folder or "."))
        except OSError:
            continue
        for entry in entries:
            name = os.path.join(folder, entry.name)
            if expression.fullmatch(entry.name) and not name.endswith(UNREADABLE) and name not in (path, place):
                found[name] = _changed(entry)
    return sorted((name for name, changed in found.items() if changed >= 0), key=lambda name: (found[name], name))


def _changed(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat().st_mtime_ns if entry.is_file() else -1
    except OSError:
        return -1


@dataclass(slots=True)
class Copy:
    """A file beside a live log; `head` is None for one that cannot be read or holds no whole line."""

    name: str
    stamp: _Stamp
    head: Head | None

    @property
    def key(self) -> Key:
        """Return device and inode."""
        return self.stamp[:2]

    def open(self) -> Content | None:
        """Open the file; None where it is another one by now, or none."""
        try:
            content = open_content(self.name)
        except OSError:
            return None
        if content.key == self.key:
            return content
        content.close()
        return None


class Siblings:
    """The rotated copies of one live log; a file that does not change is looked into once."""

    def __init__(self, path: str, foreign: Callable[[str], bool]) -> None:
        """`foreign(name)` tells whether a file is a live log of its own."""
        self.path, self.foreign = path, foreign
        self._heads: dict[_Stamp, Head | None] = {}
        self._done: set[_Stamp] = set()

    def copies(self, *, foreign_too: bool = False) -> Iterator[Copy]:
        """Yield the copies, oldest first."""
        heads: dict[_Stamp, Head | None] = {}
        for name in names_beside(self.path):
            if not foreign_too and self.foreign(name):
                continue
            stamp = _stamp(name)
            if stamp is None:
                continue
            heads[stamp] = self._heads[stamp] if stamp in self._heads else _head(name)
            yield Copy(name, stamp, heads[stamp])
        if not foreign_too:
            self._heads = heads
            self._done &= heads.keys()

    def fresh(self) -> Iterator[Copy]:
        """Yield the copies that hold a line and that `done` was not told of."""
        return (copy for copy in self.copies() if copy.head and copy.stamp not in self._done)

    def done(self, copy: Copy) -> None:
        """Pass a copy over from now on, until it changes."""
        self._done.add(copy.stamp)

    def find(self, mark: Mark, passed: Callable[[Key], bool]) -> Content | None:
        """Return the copy that holds the marked content, open; a plain one rather than a compressed one.

        What a file holds decides here, even where its name is that of another live log (`files = ["app.log*"]`).
        `passed(key)` tells which files are none to be looked at.
        """
        best: Content | None = None
        for copy in self.copies(foreign_too=True):
            if not copy.head or copy.head.identity != mark.head.identity or passed(copy.key):
                continue
            content = copy.open()
            if content and holds(content, mark) and (best is None or _rank(content, mark) > _rank(best, mark)):
                best, content = content, best
            if content:
                content.close()
        return best


def _rank(content: Content, mark: Mark) -> tuple[bool, bool]:
    return content.key == mark.key, content.growing


def holds(content: Content, mark: Mark) -> bool:
    """Tell whether a content is the marked one; one that cannot be read is not."""
    try:
        return mark.is_in(content)
    except OSError:
        return False


def _head(name: str) -> Head | None:
    try:
        content = open_content(name)
    except OSError:
        return None
    try:
        return read_head(content, final=not content.growing)
    except OSError:
        return None  # damaged, or a .gz that is being written
    finally:
        content.close()


def _stamp(name: str) -> _Stamp | None:
    try:
        found = os.stat(name)
    except OSError:
        return None
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


__all__ = ["Copy", "Siblings", "holds", "is_beside", "is_compressed", "names_beside"]
