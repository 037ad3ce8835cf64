"""Finding the rotated copies of a log: files beside it with a fitting name, told apart by their contents."""

import contextlib
import logging
import os
import re
import stat
import time
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from logshipper.follow.files import UNREADABLE, ForeignFile, OpenFile, open_file
from logshipper.follow.fingerprint import is_in, read_fingerprint
from logshipper.model import Bookmark, Fingerprint, Key

log = logging.getLogger(__name__)

LISTING_KEPT = 0.5  # seconds

_Version = tuple[int, int, int, int]
"""Device, inode, size, modification time: as long as these are the same, the file is not read again."""


@lru_cache(maxsize=4096)
def _expression(base: str) -> re.Pattern[str]:
    stem, suffix = os.path.splitext(base)
    # app.log.1, app.log-20261121.gz, app.log.old; and app-20261121.log or app.1.log, with nothing but digits between:
    # app-error.log is another log.
    inside = f"{re.escape(stem)}[.~_-][0-9][0-9TZ:.,_+-]*{re.escape(suffix)}(\\.[a-z0-9]+)?" if suffix else "(?!)"
    return re.compile(f"{re.escape(base)}[.~_-].+|{inside}")


Locations = Sequence[tuple[str, str]]
"""Folder and name of a log and, if it is a symbolic link, of its target."""


def locations_of(path: str) -> Locations:
    """Return the locations of a log."""
    return list(dict.fromkeys(os.path.split(location) for location in (path, os.path.realpath(path))))


def is_beside(locations: Locations, name: str) -> bool:
    """Return whether `name` may be a rotated copy of the log, or another name of the same file."""
    folder, base = os.path.split(name)
    return any(folder == own and any(_matching(live, [base])) for own, live in locations)


def any_beside(locations: Locations, names: Mapping[str, Sequence[str]]) -> bool:
    """Return whether one of the names may be a copy of the log; `names` are sorted, by folder."""
    return any(True for folder, base in locations for _ in _matching(base, names.get(folder, ())))


def names_beside(locations: Locations) -> list[str]:
    """Return the files that may be copies of a log, the one that was changed first in front.

    The names are NAME.1, NAME-20261121.gz, NAME.1763690000 and, for NAME = app.log, app-20261121.log or app.1.log, in
    the log's folder and, if the log is a symbolic link, in its target's. Links are left out: whoever may write in the
    folder could make one point anywhere.
    """
    live = {os.path.join(folder, base) for folder, base in locations}
    found = {
        os.path.join(folder, name) for folder, base in locations for name in _matching(base, _listing(folder))
    } - live
    changed = {name: _changed(name) for name in found if not name.endswith(UNREADABLE)}
    return sorted((name for name in changed if changed[name] >= 0), key=lambda name: (changed[name], name))


def _matching(base: str, names: Sequence[str]) -> Iterator[str]:
    """Yield those of the sorted names that may be copies of the log `base`."""
    stem, expression = os.path.splitext(base)[0], _expression(base)
    for location in range(bisect_left(names, stem), len(names)):
        if not names[location].startswith(stem):
            return
        if expression.fullmatch(names[location]):
            yield names[location]


_listings: dict[str, tuple[int, float, list[str]]] = {}


def _listing(folder: str) -> list[str]:
    """Return the sorted names in a folder. Cached, so that a thousand logs list it once."""
    try:
        changed = os.stat(folder or ".").st_mtime_ns
        known = _listings.get(folder)
        # The modification time is too coarse to be trusted for long.
        if known and known[0] == changed and time.monotonic() - known[1] < LISTING_KEPT:
            return known[2]
        names = sorted(os.listdir(folder or "."))
    except OSError:
        return []
    _listings[folder] = changed, time.monotonic(), names
    return names


def _changed(name: str) -> int:
    try:
        found = os.lstat(name)
    except OSError:
        return -1
    return found.st_mtime_ns if stat.S_ISREG(found.st_mode) else -1


@dataclass(slots=True)
class RotatedCopy:
    """A file beside a log; `fingerprint` is None if it cannot be read or holds no whole line; `owner` is the log's."""

    name: str
    version: _Version
    fingerprint: Fingerprint | None
    owner: int

    @property
    def key(self) -> Key:
        """Return device and inode."""
        return self.version[:2]

    def open(self) -> OpenFile | None:
        """Return the file, open; None if it is gone or has been replaced."""
        with contextlib.suppress(ForeignFile):
            return _open(self.name, self.key, self.owner)
        return None


class RotatedCopies:
    """The rotated copies of one log; a file that does not change is read once."""

    def __init__(self, path: str, is_live_log: Callable[[str], bool]) -> None:
        """`is_live_log(name)` returns whether a file is a log of its own."""
        self.path, self.is_live_log = path, is_live_log
        self.locations = locations_of(path)
        self.prefixes = tuple({os.path.join(folder, os.path.splitext(base)[0]) for folder, base in self.locations})
        self._fingerprints: dict[_Version, Fingerprint | None] = {}
        self._skipped: set[_Version] = set()
        self._owner: int | None = None
        self._foreign: set[str] = set()

    def copies(self, *, live_logs_too: bool = False) -> Iterator[RotatedCopy]:
        """Yield the copies, oldest first."""
        fingerprints: dict[_Version, Fingerprint | None] = {}
        self.locations = locations_of(self.path)
        owner = self._find_owner()
        names = names_beside(self.locations)
        for name in names:
            if not live_logs_too and self.is_live_log(name):
                continue
            version = _version(name)
            if version is None:
                continue
            if version in self._fingerprints:
                fingerprints[version] = self._fingerprints[version]
            elif content := self._open(name, version[:2], owner):
                fingerprints[version] = _fingerprint(content)
            else:
                continue  # it cannot be opened, or was renamed since the folder was listed: the next look finds it
            yield RotatedCopy(name, version, fingerprints[version], owner)
        if not live_logs_too:
            self._foreign &= set(names)
            self._fingerprints = fingerprints
            self._skipped &= fingerprints.keys()

    def _find_owner(self) -> int:
        """Return the user of the live file; while there is none, the last one's, or the folder's."""
        for name in (self.path, *(() if self._owner is not None else (os.path.dirname(self.path) or ".",))):
            with contextlib.suppress(OSError):
                self._owner = os.stat(name).st_uid
                break
        return -1 if self._owner is None else self._owner

    def _open(self, name: str, key: Key, owner: int) -> OpenFile | None:
        try:
            return _open(name, key, owner)
        except ForeignFile as error:
            if name not in self._foreign:
                self._foreign.add(name)
                log.warning("%s: %s is not read: %s; chown it if it is a copy", self.path, name, error.strerror)
            return None

    def unchecked(self) -> Iterator[RotatedCopy]:
        """Yield the copies that hold a line, except skipped ones."""
        return (copy for copy in self.copies() if copy.fingerprint and copy.version not in self._skipped)

    def skip(self, copy: RotatedCopy) -> None:
        """Leave a copy out of `unchecked` until it changes."""
        self._skipped.add(copy.version)

    def find(self, bookmark: Bookmark, is_open: Callable[[Key], bool]) -> OpenFile | None:
        """Return the copy that holds the bookmark, open; a plain one rather than a compressed one.

        Here the content decides, even if the name is that of another log (`files = ["app.log*"]`). Files for which
        `is_open(key)` is true are left out.
        """
        best: OpenFile | None = None
        for copy in self.copies(live_logs_too=True):
            if not copy.fingerprint or copy.fingerprint.hash != bookmark.fingerprint.hash or is_open(copy.key):
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
    """Return whether the bookmark was made in this content; False if the file cannot be read."""
    try:
        return is_in(content, bookmark)
    except OSError:
        return False


def _open(name: str, key: Key, owner: int) -> OpenFile | None:
    """Return the file, open; None if it cannot be read, or another one has its name by now. Raises ForeignFile."""
    try:
        content = open_file(name, owner)
    except ForeignFile:
        raise
    except OSError:
        return None
    if content.key == key:
        return content
    content.close()
    return None


def _fingerprint(content: OpenFile) -> Fingerprint | None:
    """Return the fingerprint of a content, and close it."""
    try:
        return read_fingerprint(content, final=not content.growing)
    except OSError:
        return None  # damaged, or a .gz that is still being written
    finally:
        content.close()


def _version(name: str) -> _Version | None:
    try:
        found = os.lstat(name)
    except OSError:
        return None
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)
