"""What the logs of one input know of each other, so that no file is read twice."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from logshipper.follow.files import OpenFile
from logshipper.model import Key


class OpenFiles:
    """Which log has which file open, by device and inode."""

    def __init__(self) -> None:
        self._owners: dict[Key, str] = {}

    def take(self, key: Key, path: str) -> None:
        """Note that the log `path` has opened a file."""
        self._owners[key] = path

    def release(self, key: Key, path: str) -> None:
        """Note that the log `path` has closed it."""
        if self._owners.get(key) == path:
            del self._owners[key]

    def is_open(self, key: Key) -> bool:
        """Return whether any log has the file open."""
        return key in self._owners

    def is_open_elsewhere(self, key: Key, path: str) -> bool:
        """Return whether another log than `path` has the file open."""
        return self._owners.get(key, path) != path


def _nobody(path: str, content: OpenFile) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class FollowContext:
    """What a log needs to know about the other logs, and the time.

    `is_live_log(name)`: whether a file is a log of its own. `is_known_elsewhere(path, content)`: whether a log other
    than `path` has read this content, and the file at `path` may be its rotated copy.
    """

    is_live_log: Callable[[str], bool] = lambda name: False
    is_known_elsewhere: Callable[[str, OpenFile], bool] = _nobody
    open_files: OpenFiles = field(default_factory=OpenFiles)
    clock: Callable[[], float] = time.monotonic
