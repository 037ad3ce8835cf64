"""What the logs of one input know of each other: which file is open for which of them, so that none is read twice."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from logshipper.follow.files import OpenFile
from logshipper.model import Key


class OpenFiles:
    """Who reads which file, by device and inode."""

    def __init__(self) -> None:
        self._owners: dict[Key, str] = {}

    def take(self, key: Key, path: str) -> None:
        """Note that the log `path` has a file open."""
        self._owners[key] = path

    def release(self, key: Key, path: str) -> None:
        """Note that it has closed it."""
        if self._owners.get(key) == path:
            del self._owners[key]

    def owner(self, key: Key) -> str | None:
        """Return the log for which a file is open."""
        return self._owners.get(key)

    def is_open_elsewhere(self, key: Key, path: str) -> bool:
        """Tell whether a file is open for another log than `path`."""
        return self._owners.get(key, path) != path


def _nobody(path: str, content: OpenFile) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class FollowContext:
    """What a source needs to know of the others, and of the time.

    `foreign(name)` tells whether a file is a live log of its own, `known_elsewhere(path, content)` whether another
    log than `path` has read this content and the file at `path` may be its rotated copy.
    """

    foreign: Callable[[str], bool] = lambda name: False
    known_elsewhere: Callable[[str, OpenFile], bool] = _nobody
    open_files: OpenFiles = field(default_factory=OpenFiles)
    clock: Callable[[], float] = time.monotonic
