"""The events of one live log and their points; the file and each rotated copy have a reader of their own."""

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

from logshipper.parse.events.reader import Event, EventReader
from logshipper.parse.form import TEXT, Form
from logshipper.parse.redaction import Mask
from logshipper.parse.tag_limit import OTHER, TagLimit
from logshipper.parse.unique_time import unique_digits
from logshipper.points import AnyPoint

log = logging.getLogger(__name__)

SECOND = 1_000_000_000
_MOST_CONTENTS = 4
_MOST_LABELS = 512


@dataclass(frozen=True, slots=True)
class EventRules:
    """How to read the lines of an input that are not requests.

    `parse_date(text)` returns nanoseconds for a date in the log. `written` is false if events are switched off: lines
    are still counted by kind. `output_is_event` is false for logs that contain only requests: there an unknown line is
    rejected. `mask` is applied to every text.
    """

    measurement: str
    tags: Mapping[str, str]
    parse_date: Callable[[str], int | None]
    written: bool = True
    output_is_event: bool = True
    mask: Mask = str


class LogEvents:
    """Makes event points for one live log. `restored` is the `state` from before a restart."""

    def __init__(
        self,
        rules: EventRules,
        path_tags: Mapping[str, str],
        tag_limit: TagLimit,
        restored: Mapping[str, Any] | None = None,
        form: Form = TEXT,
    ) -> None:
        self.rules, self.tag_limit, self.form = rules, tag_limit, form
        self.tags = {**rules.tags, **path_tags}
        self._labels: dict[tuple[str, str], object] = {}
        self.readers: dict[int, EventReader] = {}
        self._state: dict[str, Any] = {}
        try:
            self._state = dict(restored or {})
            self.undo()
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            # Somebody has edited the checkpoint. Its positions are right all the same, so that no line is lost.
            log.error(
                "the open events of a checkpoint cannot be used (%s: %s); they are lost", type(error).__name__, error
            )
            self._state = {}
            self.readers.clear()

    def requests(self, fingerprint: int, times: tuple[int, int], offset: int) -> list[AnyPoint]:
        """Take a chunk of nothing but requests: the first and the last time, and the offset of the last line.

        Return the points of the events that these requests end.
        """
        ended = self._flush_others(fingerprint)
        reader = self._reader(fingerprint)
        if not reader.is_idle:
            reader.request(_whole(times[0]), offset)
        reader.last = _whole(times[1])
        return ended + self._points(fingerprint, reader.take())

    def mixed(
        self,
        fingerprint: int,
        lines: Iterable[tuple[int, str]],
        requests: Sequence[tuple[int, int]],
        times: Mapping[int, int] = MappingProxyType({}),
    ) -> tuple[list[str | None], list[AnyPoint]]:
        """Take a chunk's other lines, (offset, text), and its requests, (offset, time), each in order.

        `times` maps the offset to the time, for lines that an enclosing JSON object dates.
        Return the kind of each line, None if it must be rejected, and the points of the events.
        """
        ended = self._flush_others(fingerprint)
        reader = self._reader(fingerprint)
        kinds: list[str | None] = []
        index = 0
        classify = reader.classify if self.rules.output_is_event else partial(self._known, reader)
        for offset, line in lines:
            if index < len(requests) and requests[index][0] < offset:
                index = _pass(reader, requests, index, offset)
            kinds.append(classify(line, offset, times.get(offset)))
        _pass(reader, requests, index, None)
        return kinds, ended + self._points(fingerprint, reader.take())

    def finish(self) -> list[AnyPoint]:
        """Return the points of all open events, at the end of the log."""
        return [
            point
            for fingerprint, reader in self.readers.items()
            for point in self._points(fingerprint, reader.take(final=True))
        ]

    def count_open(self) -> int:
        """Return how many events wait for a line with a time, or for their last line."""
        return sum(reader.count_open() for reader in self.readers.values()) if self.rules.written else 0

    def state(self) -> dict[str, Any]:
        """Return what a restart needs, as JSON values."""
        self._state = {str(fingerprint): reader.state() for fingerprint, reader in self.readers.items()}
        return self._state

    def undo(self) -> None:
        """Go back to the last `state`."""
        self.readers.clear()
        for fingerprint, state in self._state.items():
            self._reader(int(fingerprint)).restore(state)

    def _known(self, reader: EventReader, line: str, offset: int, time: int | None) -> str | None:
        """Classify a line of a log that contains only requests: there an unknown line is not output."""
        return reader.classify(line, offset, time) if not reader.would_be_output(line) else None

    def _reader(self, fingerprint: int) -> EventReader:
        if fingerprint not in self.readers:
            known = next(reversed(self.readers.values()), None)
            self.readers[fingerprint] = EventReader(self.rules.parse_date, prefix=known.prefix if known else "")
            while len(self.readers) > _MOST_CONTENTS:
                del self.readers[next(iter(self.readers))]
        return self.readers[fingerprint]

    def _flush_others(self, fingerprint: int) -> list[AnyPoint]:
        """Return the open events of rotated copies: nothing more is appended to those."""
        if len(self.readers) < 2 and fingerprint in self.readers:
            return []
        return [
            point
            for other, reader in self.readers.items()
            if other != fingerprint and not reader.is_idle
            for point in self._points(other, reader.take(final=True))
        ]

    def _points(self, fingerprint: int, events: Sequence[Event]) -> list[AnyPoint]:
        return [self._point(fingerprint, event) for event in events] if self.rules.written else []

    def _point(self, fingerprint: int, event: Event) -> AnyPoint:
        exception = event.exception
        if exception and not self.tag_limit.admits("exception", exception):
            exception = OTHER
        texts = {"message": event.message, "text": event.text, "frame": event.frame}
        fields: dict[str, str | int] = {name: self.rules.mask(text) for name, text in texts.items() if text}
        if event.pid is not None:
            fields["pid"] = event.pid
        happened = time.time_ns() if event.time is None else event.time  # no line of this log has a time
        stamp = _whole(happened) + unique_digits([event.offset], fingerprint, SECOND)[0]
        return self.form.event(self._known_labels(event.kind, exception), fields or {"message": ""}, stamp)

    def _known_labels(self, kind: str, exception: str) -> object:
        """Return the measurement and the tags of an event; most have no `exception`."""
        key = kind, exception
        if key not in self._labels:
            if len(self._labels) >= _MOST_LABELS:
                self._labels.clear()
            tags = {**self.tags, "kind": kind, "exception": exception}
            self._labels[key] = self.form.labels(
                self.rules.measurement, {name: tags[name] for name in sorted(tags) if tags[name]}
            )
        return self._labels[key]


def _pass(reader: EventReader, requests: Sequence[tuple[int, int]], index: int, offset: int | None) -> int:
    """Pass the requests before `offset` (None: all of them) to the reader; return the index of the next one."""
    first = index
    while index < len(requests) and (offset is None or requests[index][0] < offset):
        index += 1
    if index > first:
        # The first request ends what is open; the last one has the latest time.
        for at in sorted({first, index - 1}):
            reader.request(_whole(requests[at][1]), requests[at][0])
    return index


def _whole(time: int) -> int:
    """Return the second of a time, in nanoseconds."""
    return int(time) // SECOND * SECOND
