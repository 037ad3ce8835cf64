"""Finding the rotated copies of a live log: beside it, by their names, told apart by their contents."""

import os
import re
import stat
import time
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from logshipper.follow.files import UNREADABLE, OpenFile, open_file
from logshipper.follow.fingerprint import is_in, read_fingerprint
from logshipper.model import Bookmark, Fingerprint, Key

LISTING_KEPT = 0.5  # seconds

_Stamp = tuple[int, int, int, int]


@lru_cache(maxsize=4096)
def _expression(base: str) -> re.Pattern[str]:
    stem, suffix = os.path.splitext(base)
    # app.log.1, app.log-20261121.gz, app.log.old; and app-20261121.log or app.1.log, where only digits may stand
    # in between: app-error.log is another log.
    inside = f"{re.escape(stem)}[.~_-][0-9][0-9TZ:.,_+-]*{re.escape(suffix)}(\\.[a-z0-9]+)?" if suffix else "(?!)"
    return re.compile(f"{re.escape(base)}[.~_-].+|{inside}")


Locations = Sequence[tuple[str, str]]
"""Folder and name of a log, and those of what it is a symbolic link to."""


def locations_of(path: str) -> Locations:
    """Return the places of a log."""
    return list(dict.fromkeys(os.path.split(location) for location in (path, os.path.realpath(path))))


def is_beside(locations: Locations, name: str) -> bool:
    """Tell whether `name` may be a rotated copy of the log, or another name of the same file."""
    folder, base = os.path.split(name)
    return any(folder == own and any(_matching(live, [base])) for own, live in locations)


def any_beside(locations: Locations, names: Mapping[str, Sequence[str]]) -> bool:
    """Tell whether one of the names may be that of a copy of the log; `names` are sorted, by folder."""
    return any(True for folder, base in locations for _ in _matching(base, names.get(folder, ())))


def names_beside(locations: Locations) -> list[str]:
    """Return the names that copies of a log may have, sorted by the time of their last change, oldest first.

    Taken are NAME.1, NAME-20261121.gz, NAME.1763690000 and, for NAME = app.log, app-20261121.log or app.1.log, in
    the log's folder and, where the log is a symbolic link, in that of its target.
    """
    live = {os.path.join(folder, base) for folder, base in locations}
    found = {
        os.path.join(folder, name) for folder, base in locations for name in _matching(base, _listing(folder))
    } - live
    changed = {name: _changed(name) for name in found if not name.endswith(UNREADABLE)}
    return sorted((name for name in changed if changed[name] >= 0), key=lambda name: (changed[name], name))


def _matching(base: str, names: Sequence[str]) -> Iterator[str]:
    """Yield those of the sorted names that a copy of the log `base` may have."""
    stem, expression = os.path.splitext(base)[0], _expression(base)
    for location in range(bisect_left(names, stem), len(names)):
        if not names[location].startswith(stem):
            return
        if expression.fullmatch(names[location]):
            yield names[location]


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
class RotatedCopy:
    """A file beside a live log; `fingerprint` is None for one that cannot be read or holds no whole line."""

    name: str
    stamp: _Stamp
    fingerprint: Fingerprint | None

    @property
    def key(self) -> Key:
        """Return device and inode."""
        return self.stamp[:2]

    def open(self) -> OpenFile | None:
        """Open the file; None where it is another one by now, or none."""
        return _open(self.name, self.key)


class RotatedCopies:
    """The rotated copies of one live log; a file that does not change is looked into once."""

    def __init__(self, path: str, foreign: Callable[[str], bool]) -> None:
        """`foreign(name)` tells whether a file is a live log of its own."""
        self.path, self.foreign = path, foreign
        self.locations = locations_of(path)
        self.prefixes = tuple({os.path.join(folder, os.path.splitext(base)[0]) for folder, base in self.locations})
        self._fingerprints: dict[_Stamp, Fingerprint | None] = {}
        self._done: set[_Stamp] = set()

    def copies(self, *, foreign_too: bool = False) -> Iterator[RotatedCopy]:
        """Yield the copies, oldest first."""
        fingerprints: dict[_Stamp, Fingerprint | None] = {}
        self.locations = locations_of(self.path)
        for name in names_beside(self.locations):
            if not foreign_too and self.foreign(name):
                continue
            stamp = _stamp(name)
            if stamp is None:
                continue
            if stamp in self._fingerprints:
                fingerprints[stamp] = self._fingerprints[stamp]
            elif content := _open(name, stamp[:2]):
                fingerprints[stamp] = _fingerprint(content)
            else:
                continue  # renamed since its name was read: the next look finds it; or not to be read
            yield RotatedCopy(name, stamp, fingerprints[stamp])
        if not foreign_too:
            self._fingerprints = fingerprints
            self._done &= fingerprints.keys()

    def fresh(self) -> Iterator[RotatedCopy]:
        """Yield the copies that hold a line and that `done` was not told of."""
        return (copy for copy in self.copies() if copy.fingerprint and copy.stamp not in self._done)

    def done(self, copy: RotatedCopy) -> None:
        """Pass a copy over from now on, until it changes."""
        self._done.add(copy.stamp)

    def find(self, bookmark: Bookmark, passed: Callable[[Key], bool]) -> OpenFile | None:
        """Return the copy that holds the marked content, open; a plain one rather than a compressed one.

        What a file holds decides here, even where its name is that of another live log (`files = ["app.log*"]`).
        `passed(key)` tells which files are none to be looked at.
        """
        best: OpenFile | None = None
        for copy in self.copies(foreign_too=True):
            if not copy.fingerprint or copy.fingerprint.hash != bookmark.fingerprint.hash or passed(copy.key):
                continue
            content = copy.open()
            if (
                content
                and holds(content, bookmark)
                and (best is None or _rank(content, bookmark) > _rank(best, bookmark))
            ):
                best, content = content, best
            if content:
                content.close()
        return best


def _rank(content: OpenFile, bookmark: Bookmark) -> tuple[bool, bool]:
    return content.key == bookmark.key, content.growing


def holds(content: OpenFile, bookmark: Bookmark) -> bool:
    """Tell whether a content is the marked one; one that cannot be read is not."""
    try:
        return is_in(content, bookmark)
    except OSError:
        return False


def _open(name: str, key: Key) -> OpenFile | None:
    """Return the file open; None where it cannot be read, or its name is that of another one by now."""
    try:
        content = open_file(name)
    except OSError:
        return None
    if content.key == key:
        return content
    content.close()
    return None


def _fingerprint(content: OpenFile) -> Fingerprint | None:
    """Return the head of a content, and close it."""
    try:
        return read_fingerprint(content, final=not content.growing)
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
