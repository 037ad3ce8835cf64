"""inotify on the logs' folders: the kernel says when a log changes, so the loop need not keep looking.

Folders are watched, not files. A folder reports writes to any file in it and names that come and go, even before a
log exists, and thousands of logs need only a few watches. Nothing depends on inotify: the loop still looks at
everything now and then, and keeps polling where inotify is blind (network file systems, other kernels).

inotify(7) is called through ctypes: it is three functions of the C library, and the packages that wrap them do no more.
"""

import ctypes
import glob
import logging
import os
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path

log = logging.getLogger(__name__)

# From <sys/inotify.h>.
_MODIFY, _ATTRIB, _MOVED_FROM, _MOVED_TO, _CREATE, _DELETE = 0x2, 0x4, 0x40, 0x80, 0x100, 0x200
_DELETE_SELF, _MOVE_SELF, _UNMOUNT, _OVERFLOW, _IGNORED = 0x400, 0x800, 0x2000, 0x4000, 0x8000
_EVENTS = _MODIFY | _ATTRIB | _MOVED_FROM | _MOVED_TO | _CREATE | _DELETE | _DELETE_SELF | _MOVE_SELF
_NAMES = _EVENTS & ~_MODIFY | _UNMOUNT | _OVERFLOW | _IGNORED
_HEADER = struct.Struct("iIII")
# On these another machine or kernel may write, and this kernel reports only its own writes.
_REMOTE = (
    "nfs",
    "cifs",
    "smb",
    "9p",
    "afs",
    "ceph",
    "fuse",
    "gfs",
    "glusterfs",
    "lustre",
    "ocfs",
    "virtiofs",
    "vboxsf",
)


class Inotify:
    """Watches the folders of logs.

    `fd` is readable when something has changed; -1 without inotify. `complete` is true if every folder that matters is
    watched.
    """

    def __init__(self, *, wanted: bool = True) -> None:
        """Watch nothing unless `wanted`."""
        self.fd = -1
        self.complete = False
        self._folders: set[str] = set()
        self._failed = ""
        if wanted:
            self._open()

    def _open(self) -> None:
        try:
            self._libc = ctypes.CDLL(None, use_errno=True)
            self.fd = self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        except (OSError, AttributeError):
            return  # no inotify in this kernel: the loop polls
        if self.fd < 0:
            self._fail(os.strerror(ctypes.get_errno()))

    def _fail(self, reason: str) -> None:
        if reason != self._failed:
            log.warning("cannot use inotify (%s): polling the logs instead; see inotify(7) for its limits", reason)
        self._failed = reason

    def cover(self, patterns: Iterable[str], paths: Iterable[str]) -> None:
        """Watch the folders of the logs `paths`, and those in which a file that matches `patterns` may appear."""
        if self.fd < 0:
            return
        patterns = list(patterns)
        folders = {folder for pattern in patterns for folder in folders_of(pattern)}
        for path in paths:
            folders.add(os.path.dirname(path) or ".")
            if os.path.islink(path):
                folders.add(os.path.dirname(os.path.realpath(path)))
        added = [self._add(folder) for folder in sorted(folders - self._folders)]
        self.complete = all(added) and not any("**" in pattern for pattern in patterns)

    def _add(self, folder: str) -> bool:
        if not os.path.isdir(folder):
            return True  # its parent is watched if wildcards may bring it; otherwise nothing can happen there
        if is_remote(folder):
            return False
        if self._libc.inotify_add_watch(self.fd, os.fsencode(folder), _EVENTS) < 0:
            self._fail(f"{folder}: {os.strerror(ctypes.get_errno())}")
            return False
        self._folders.add(folder)
        return True

    def take(self) -> tuple[bool, bool]:
        """Return whether anything has changed since the last call, and whether names have come or gone."""
        moved = names = False
        while self.fd >= 0:
            try:
                data = os.read(self.fd, 65536)
            except BlockingIOError:
                break
            moved = True
            masks = list(_masks(data))
            names = names or any(mask & _NAMES for mask in masks)
            if any(mask & _IGNORED for mask in masks):
                self._folders.clear()  # a folder is gone; `cover` adds all again, which is harmless for the others
        return moved, names

    def close(self) -> None:
        """Stop watching."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


def _masks(data: bytes) -> Iterator[int]:
    position = 0
    while position < len(data):
        _, mask, _, length = _HEADER.unpack_from(data, position)
        yield mask
        position += _HEADER.size + length


def folders_of(pattern: str) -> set[str]:
    """Return the folders in which a match may appear: the pattern's own, and those above it that have wildcards."""
    folder = os.path.dirname(pattern) or "."
    found = {name for name in glob.glob(folder) if os.path.isdir(name)} if glob.has_magic(folder) else {folder}
    while glob.has_magic(folder):
        folder = os.path.dirname(folder) or "."
        found |= {name for name in glob.glob(folder) if os.path.isdir(name)}
    return found


def is_remote(folder: str, mounts: Path = Path("/proc/self/mountinfo")) -> bool:
    """Return whether a folder is on a file system that others can change unseen (see proc(5) for the format)."""
    try:
        device = os.stat(folder).st_dev
        lines = mounts.read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return True
    wanted = f"{os.major(device)}:{os.minor(device)}"
    kinds = [line.partition(" - ")[2].split(" ")[0] for line in lines if line.split(" ")[2] == wanted]
    return any(kind.startswith(_REMOTE) for kind in kinds)
