"""All the logs that a list of names and wildcards stands for."""

import fnmatch
import os
import time
from collections.abc import Callable, Iterator, Sequence

from logshipper.follow.files import OpenFile, PlainFile, is_packed
from logshipper.follow.fingerprint import read_fingerprint
from logshipper.follow.folders import Folders, matching
from logshipper.follow.log import LiveLog
from logshipper.follow.open_files import FollowContext, OpenFiles
from logshipper.follow.rotated import any_beside, is_beside
from logshipper.model import Key, SavedPositions


class Follower:
    """Finds the files of an input, now and later, and follows each once, however many names it has."""

    def __init__(
        self, files: Sequence[str], *, from_end: bool, recall: Callable[[str], SavedPositions | None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        """`files` may hold wildcards, `**` too; `recall(path)` returns the saved positions of a log.

        `from_end`: of a new file that is there at the first `discover`, read only what is appended. A file that
        appears later is always read from its start.
        """
        self.files, self.from_end, self.recall = files, from_end, recall
        self.logs: dict[str, LiveLog] = {}
        self._by_prefix: dict[str, list[LiveLog]] = {}  # what the names of a log's copies start with -> the logs
        self._open = OpenFiles()
        self._context = FollowContext(self._is_live_log, self._is_known_elsewhere, self._open, clock)
        self._names: dict[str, None] = {}
        self._copies: dict[str, tuple[Key, int, int]] = {}  # names that are rotated copies of other logs, as last seen
        self._folders = Folders()
        self._first = True

    def discover(self, known: Sequence[str] = ()) -> list[LiveLog]:
        """Start to follow the files that are not followed yet, and return their logs.

        `known` are the logs that have a checkpoint. They go first, even if the live file is missing, so that a rotated
        copy that a wildcard matches stays with its log.
        """
        self._names = self._look()
        recalled = [name for name in known if name in self._names or self._is_ours(name)]
        fresh = []
        for name in dict.fromkeys((*recalled, *self._names)):
            if name not in self.logs and (live_log := self._begin(name)):
                fresh.append(live_log)
        self._first = False
        self._look_for_copies()
        return fresh

    def _look_for_copies(self) -> None:
        """Let the logs look for copies if a new file is beside them: it may hold lines that were never read."""
        logs = self.logs.values()
        news = self._folders.news({folder for live_log in logs for folder, _ in live_log.rotated_copies.locations})
        for live_log in logs:
            live_log.look_for_copies(bool(news) and any_beside(live_log.rotated_copies.locations, news))

    def _begin(self, name: str) -> LiveLog | None:
        saved = self.recall(name)
        if saved is None and self._is_copy(name):
            return None
        live_log = LiveLog(name, self._context)
        self.logs[name] = live_log
        for prefix in live_log.rotated_copies.prefixes:
            self._by_prefix.setdefault(prefix, []).append(live_log)
        live_log.begin(saved, self.from_end and self._first)
        return live_log

    def _look(self) -> dict[str, None]:
        found = []
        for pattern in self.files:
            found += [name for name in matching(pattern) if not is_packed(name) and not os.path.isdir(name)]
        return dict.fromkeys(found)

    def _is_ours(self, name: str) -> bool:
        return any(name == pattern or fnmatch.fnmatch(name, pattern) for pattern in self.files)

    def _is_live_log(self, name: str) -> bool:
        """Return whether a name is a log of its own; a rotated copy that a wildcard matches is not."""
        return name in self.logs or (name in self._names and name not in self._copies)

    def _is_copy(self, name: str) -> bool:
        """Return whether a file is another name, or a rotated copy, of one that is followed already.

        It stays one as long as its first line is the same, even after the other log has closed it.
        """
        try:
            content = PlainFile(name)
        except OSError:
            return False
        try:
            size, before = content.state().size, self._copies.get(name)
            if before and before[:2] == (content.key, size):
                return True
            fingerprint = read_fingerprint(content)
            first_line_hash = fingerprint.hash if fingerprint else 0
            is_copy = (
                self._open.is_open(content.key)
                or (
                    before is not None
                    and first_line_hash != 0
                    and (before[0], before[2]) == (content.key, first_line_hash)
                )
                or self._is_known_elsewhere(name, content)
            )
        except OSError:
            return False
        finally:
            content.close()
        if is_copy:
            self._copies[name] = (content.key, size, first_line_hash)
        else:
            self._copies.pop(name, None)
        return is_copy

    def _is_known_elsewhere(self, path: str, content: OpenFile) -> bool:
        others = [live_log for live_log in self._logs_beside(path) if live_log.path != path]
        if not others:
            return False
        try:
            fingerprint = read_fingerprint(content)
            return fingerprint is not None and any(_has_read(other, content, fingerprint.hash) for other in others)
        except OSError:
            return False

    def _logs_beside(self, path: str) -> Iterator[LiveLog]:
        """Yield the logs that the file may be a copy of, without asking perhaps thousands of them."""
        for end in range(path.rfind(os.sep) + 1, len(path) + 1):
            for live_log in self._by_prefix.get(path[:end], ()):
                if is_beside(live_log.rotated_copies.locations, path):
                    yield live_log

    def __iter__(self) -> Iterator[LiveLog]:
        return iter(self.logs.values())

    def close(self) -> None:
        """Close all files."""
        for live_log in self:
            live_log.close()


def _has_read(live_log: LiveLog, content: OpenFile, first_line_hash: int) -> bool:
    return live_log.finished.find(content, first_line_hash) is not None or live_log.reads(content, first_line_hash)
