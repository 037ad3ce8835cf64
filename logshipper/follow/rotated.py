"""Finding the rotated copies of a live log: beside it, by their names, told apart by their contents."""

import os
import re
import stat
import time
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from logshipper.follow.files import UNREADABLE, Content, open_content
from logshipper.follow.fingerprint import is_in, read_head
from logshipper.model import Head, Key, Mark

LISTING_KEPT = 0.5  # seconds

_Stamp = tuple[int, int, int, int]


@lru_cache(maxsize=4096)
def _expression(base: str) -> re.Pattern[str]:
    stem, suffix = os.path.splitext(base)
    # app.log.1, app.log-20261121.gz, app.log.old; and app-20261121.log or app.1.log, where only digits may stand
    # in between: app-error.log is another log.
    inside = f"{re.escape(stem)}[.~_-][0-9][0-9TZ:.,_+-]*{re.escape(suffix)}(\\.[a-z0-9]+)?" if suffix else "(?!)"
    return re.compile(f"{re.escape(base)}[.~_-].+|{inside}")


Places = Sequence[tuple[str, str]]
"""Folder and name of a log, and those of what it is a symbolic link to."""


def places_of(path: str) -> Places:
    """Return the places of a log."""
    return list(dict.fromkeys(os.path.split(place) for place in (path, os.path.realpath(path))))


def is_beside(places: Places, name: str) -> bool:
    """Tell whether `name` may be a rotated copy of the log, or another name of the same file."""
    folder, base = os.path.split(name)
    return any(folder == own and any(_matching(live, [base])) for own, live in places)


def any_beside(places: Places, names: Mapping[str, Sequence[str]]) -> bool:
    """Tell whether one of the names may be that of a copy of the log; `names` are sorted, by folder."""
    return any(True for folder, base in places for _ in _matching(base, names.get(folder, ())))


def names_beside(places: Places) -> list[str]:
    """Return the names that copies of a log may have, sorted by the time of their last change, oldest first.

    Taken are NAME.1, NAME-20261121.gz, NAME.1763690000 and, for NAME = app.log, app-20261121.log or app.1.log, in
    the log's folder and, where the log is a symbolic link, in that of its target.
    """
    live = {os.path.join(folder, base) for folder, base in places}
    found = {os.path.join(folder, name) for folder, base in places for name in _matching(base, _listing(folder))} - live
    changed = {name: _changed(name) for name in found if not name.endswith(UNREADABLE)}
    return sorted((name for name in changed if changed[name] >= 0), key=lambda name: (changed[name], name))


def _matching(base: str, names: Sequence[str]) -> Iterator[str]:
    """Yield those of the sorted names that a copy of the log `base` may have."""
    stem, expression = os.path.splitext(base)[0], _expression(base)
    for place in range(bisect_left(names, stem), len(names)):
        if not names[place].startswith(stem):
            return
        if expression.fullmatch(names[place]):
            yield names[place]


_listings: dict[str, tuple[int, float, list[str]]] = {}


def _listing(folder: str) -> list[str]:
    """Return the sorted names in a folder; a thousand logs that stand in it are not to read it a thousand times."""
    try:
        changed = os.stat(folder or ".").st_mtime_ns
        known = _listings.get(folder)
        # The time of the change is not fine enough to be trusted for long.
        if known and known[0] == changed and time.monotonic() - known[1] < LISTING_KEPT:
            return known[2]
        names = sorted(os.listdir(folder or "."))
    except OSError:
        return []
    _listings[folder] = changed, time.monotonic(), names
    return names


def _changed(name: str) -> int:
    try:
        found = os.stat(name)
    except OSError:
        return -1
    return found.st_mtime_ns if stat.S_ISREG(found.st_mode) else -1


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
        return _open(self.name, self.key)


class Siblings:
    """The rotated copies of one live log; a file that does not change is looked into once."""

    def __init__(self, path: str, foreign: Callable[[str], bool]) -> None:
        """`foreign(name)` tells whether a file is a live log of its own."""
        self.path, self.foreign = path, foreign
        self.places = places_of(path)
        self.prefixes = tuple({os.path.join(folder, os.path.splitext(base)[0]) for folder, base in self.places})
        self._heads: dict[_Stamp, Head | None] = {}
        self._done: set[_Stamp] = set()

    def copies(self, *, foreign_too: bool = False) -> Iterator[Copy]:
        """Yield the copies, oldest first."""
        heads: dict[_Stamp, Head | None] = {}
        self.places = places_of(self.path)
        for name in names_beside(self.places):
            if not foreign_too and self.foreign(name):
                continue
            stamp = _stamp(name)
            if stamp is None:
                continue
            if stamp in self._heads:
                heads[stamp] = self._heads[stamp]
            elif content := _open(name, stamp[:2]):
                heads[stamp] = _head(content)
            else:
                continue  # renamed since its name was read: the next look finds it; or not to be read
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
        return is_in(content, mark)
    except OSError:
        return False


def _open(name: str, key: Key) -> Content | None:
    """Return the file open; None where it cannot be read, or its name is that of another one by now."""
    try:
        content = open_content(name)
    except OSError:
        return None
    if content.key == key:
        return content
    content.close()
    return None


def _head(content: Content) -> Head | None:
    """Return the head of a content, and close it."""
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
