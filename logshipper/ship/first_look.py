"""Says what a log is when its lines are not what somebody expects: no requests, or requests in another format.

Each is said once for a log: a warning for every line would hide everything else.
"""

import logging
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from logshipper.model import Batch
from logshipper.parse.json_lines import BROKEN_JSON
from logshipper.parse.parser import NO_MATCH
from logshipper.parse.tag_limit import TOO_MANY_MEASUREMENTS, TOO_MANY_NAMES
from logshipper.words import counted

log = logging.getLogger(__name__)

# Reason -> what is said of the first lines that are rejected for it.
_UNREADABLE = {
    NO_MATCH: (
        "no pattern matches {lines} that may be requests; rejected lines are kept in {kept}. If uWSGI has a log-format"
        " of your own, give its configuration: --ini YOUR.ini (`logshipper pattern YOUR.ini` prints it). `logshipper"
        " explain {path}` shows where lines differ; `logshipper retry` ships them when the pattern is right"
    ),
    BROKEN_JSON: (
        "{lines} of broken JSON (uWSGI does not escape quotes); rejected lines are kept in {kept}. Run `logshipper"
        " pattern --config YOUR.ini` for settings that read them, then `logshipper retry` with these"
    ),
    TOO_MANY_MEASUREMENTS: (
        "{lines} with more measurements than max_measurements, each of which would be a table; rejected lines are kept"
        " in {kept}. Raise max_measurements, or do not take the measurement's name from the lines; then `logshipper"
        " retry` ships them"
    ),
    TOO_MANY_NAMES: (
        "{lines} with more names of tags and fields than max_names, each of which would be a column; rejected lines are"
        " kept in {kept}. Raise max_names, and `logshipper retry` ships them"
    ),
}
# A log with this many lines and no request is probably not the log that somebody meant.
MANY_LINES = 50


@dataclass(slots=True)
class FirstLook:
    """The first lines of one log in this run; `quarantine` is where its rejected lines are kept."""

    path: str
    quarantine: Path
    lines: int = 0
    has_request: bool = False
    from_start: bool = False
    others: Counter[str] = field(default_factory=Counter)
    _said: set[str] = field(default_factory=set)
    _silence_said: bool = False

    def see(self, batch: Batch) -> None:
        """Take what the next lines of the log became."""
        if not self.lines:
            self.from_start = batch.chunk.offset == 0
        self.lines += batch.lines
        for reason, text in _UNREADABLE.items():
            count = sum(line.reason == reason for line in batch.rejected)
            if count and reason not in self._said:
                self._said.add(reason)
                lines = counted(count, "line")
                log.warning("%s: %s", self.path, text.format(lines=lines, kept=self.quarantine, path=self.path))
        if self.has_request or len(batch.points):
            self.has_request = True
            return
        self.others.update(batch.noise)
        self.others["rejected"] += len(batch.rejected)
        if self.lines >= MANY_LINES:
            self.end()

    def end(self) -> None:
        """Say that no line was a request, at the end of the log or after many lines."""
        if not self.lines or self.has_request or not self.from_start or self._silence_said:
            return
        self._silence_said = True
        found = ", ".join(f"{count} {kind}" for kind, count in sorted(self.others.items()) if count)
        log.warning(
            "%s: 0 requests in the first %s (%s). Run `logshipper explain %s` to see them; if uWSGI writes its"
            " requests elsewhere (req-logger), give that file",
            self.path, "line" if self.lines == 1 else counted(self.lines, "line"), found, self.path,
        )  # fmt: skip

    @property
    def is_all_unknown(self) -> bool:
        """Whether the log was read from its start and has lines of unknown origin but no request."""
        unknown = self.others["app_output"] + self.others["rejected"]
        return self.from_start and not self.has_request and bool(unknown)
