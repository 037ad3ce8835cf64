"""Says which of the files that somebody named are not read, and why: silence would look like a log without requests."""

import glob
import logging
from collections.abc import Collection, Iterable
from fnmatch import fnmatch

from logshipper.follow.obstacles import MISSING, obstacle

log = logging.getLogger(__name__)


class Awaited:
    """The named files and wildcards that nothing was read of so far in this run."""

    def __init__(self, names: Iterable[str], *, once: bool) -> None:
        """`once`: nobody waits for a file that is missing."""
        self.names = list(dict.fromkeys(names))
        self._waits = "" if once else ", waiting for it"
        self._said: dict[str, str] = {}

    def look(self, followed: Collection[str]) -> None:
        """Say what stands in the way of each, once, and when it is there; `followed` are the logs that are."""
        left = []
        for name in self.names:
            what, fix = _matching(name, followed) if glob.has_magic(name) else obstacle(name)
            if what:
                left.append(name)
                if self._said.get(name) != what:
                    log.warning("%s: %s%s; %s", name, what, self._waits if what == MISSING else "", fix)
                self._said[name] = what
            elif name in self._said:
                log.info("%s: it is there now", name)
        self.names = left


def _matching(pattern: str, followed: Collection[str]) -> tuple[str, str]:
    if any(fnmatch(name, pattern) for name in followed):
        return "", ""
    found = glob.glob(pattern, recursive=True)
    what, fix = obstacle(found[0]) if found else ("", "")
    return (f"only matches what is {what}", fix) if what else (MISSING, "check the pattern")
