"""The events of one live log: a reader for each content (the file, and what was rotated away), and their points."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from logshipper import line_protocol as lineprotocol
from logshipper.parse.events.reader import Event, EventReader
from logshipper.parse.redaction import Mask
from logshipper.parse.tag_limit import OTHER, TagCap
from logshipper.parse.unique_time import slots

SECOND = 1_000_000_000
_MOST_CONTENTS = 4
_REMEMBERED = 512  # beginnings of points


@dataclass(frozen=True, slots=True)
class EventRules:
    """How the lines of an input that are no requests are read.

    `parse_date(text)` gives nanoseconds for a date in the log. `written` is false where events are switched off: the
    lines are told apart all the same. `output_is_event` is false for logs that hold nothing but requests, where an
    unknown line is one to be set aside. `mask` goes over every text.
    """

    measurement: str
    tags: Mapping[str, str]
    parse_date: Callable[[str], int | None]
    written: bool = True
    output_is_event: bool = True
    mask: Mask = str


class LogEvents:
    """Makes event points for one live log. `restored` is what `state` gave before a restart."""

    def __init__(
        self, rules: EventRules, path_tags: Mapping[str, str], cap: TagCap, restored: Mapping[str, Any] | None = None
    ) -> None:
        self.rules, self.cap = rules, cap
        self.tags = {**rules.tags, **path_tags}
        self._labels: dict[tuple[str, str], str] = {}
        self.readers: dict[int, EventReader] = {}
        for identity, state in (restored or {}).items():
            self._reader(int(identity)).restore(state)

    def requests(self, identity: int, points: tuple[str, str], offset: int) -> list[str]:
        """Note request lines alone: the first and the last of their points, the last line's offset.

        Return the points of events that end there.
        """
        ended = self._flush_others(identity)
        reader = self._reader(identity)
        if not reader.is_idle:
            reader.request(_time(points[0]), offset)
        reader.last = _time(points[-1])
        return ended + self._points(identity, reader.take())

    def mixed(
        self, identity: int, lines: Iterable[tuple[int, str]], requests: Sequence[tuple[int, str]]
    ) -> tuple[list[str | None], list[str]]:
        """Take the lines of a chunk that are no requests, (offset, text), and its requests, (offset, point), in order.

        Return the kind of each line, None for one to be set aside, and the points of the events.
        """
        ended = self._flush_others(identity)
        reader = self._reader(identity)
        kinds: list[str | None] = []
        place = 0
        classify = reader.classify if self.rules.output_is_event else partial(self._known, reader)
        for offset, line in lines:
            if place < len(requests) and requests[place][0] < offset:
                place = _pass(reader, requests, place, offset)
            kinds.append(classify(line, offset))
        _pass(reader, requests, place, None)
        return kinds, ended + self._points(identity, reader.take())

    def finish(self) -> list[str]:
        """Return the points of all events that wait for something, as the log has ended."""
        return [
            point
            for identity, reader in self.readers.items()
            for point in self._points(identity, reader.take(final=True))
        ]

    def state(self) -> dict[str, Any]:
        """Return what a restart needs, as JSON takes it."""
        return {str(identity): reader.state() for identity, reader in self.readers.items()}

    def _known(self, reader: EventReader, line: str, offset: int) -> str | None:
        """Classify a line in a log of requests alone: what is not known for sure is not taken for output."""
        return reader.classify(line, offset) if not reader.would_be_output(line) else None

    def _reader(self, identity: int) -> EventReader:
        if identity not in self.readers:
            known = next(reversed(self.readers.values()), None)
            self.readers[identity] = EventReader(self.rules.parse_date, prefix=known.prefix if known else "")
            while len(self.readers) > _MOST_CONTENTS:
                del self.readers[next(iter(self.readers))]
        return self.readers[identity]

    def _flush_others(self, identity: int) -> list[str]:
        """Return what still waits in contents that were rotated away: nothing comes after it there."""
        if len(self.readers) < 2 and identity in self.readers:
            return []
        return [
            point
            for other, reader in self.readers.items()
            if other != identity and not reader.is_idle
            for point in self._points(other, reader.take(final=True))
        ]

    def _points(self, identity: int, events: Sequence[Event]) -> list[str]:
        return [self._point(identity, event) for event in events] if self.rules.written else []

    def _point(self, identity: int, event: Event) -> str:
        exception = event.exception
        if exception and not self.cap.admits("exception", exception):
            exception = OTHER
        fields = {"message": event.message, "text": event.text, "frame": event.frame}
        texts = [f'{name}="{lineprotocol.string(self.rules.mask(text))}"' for name, text in fields.items() if text]
        numbers = [] if event.pid is None else [f"pid={event.pid}i"]
        body = ",".join(texts + numbers) or 'message=""'
        happened = time.time_ns() if event.time is None else event.time  # a log without any time in it
        stamp = happened // SECOND * SECOND + slots([event.offset], identity, SECOND)[0]
        return f"{self._known_labels(event.kind, exception)} {body} {stamp}"

    def _known_labels(self, kind: str, exception: str) -> str:
        key = kind, exception
        if key not in self._labels:
            if len(self._labels) >= _REMEMBERED:
                self._labels.clear()
            self._labels[key] = self._make_labels(kind, exception)
        return self._labels[key]

    def _make_labels(self, kind: str, exception: str) -> str:
        """Return the measurement and the tags of an event; `exception` is "" for most."""
        tags = {**self.tags, "kind": kind, **({"exception": exception} if exception else {})}
        labels = [f",{lineprotocol.key(name)}={lineprotocol.tag(tags[name])}" for name in sorted(tags) if tags[name]]
        return lineprotocol.measurement(self.rules.measurement) + "".join(labels)


def _pass(reader: EventReader, requests: Sequence[tuple[int, str]], place: int, offset: int | None) -> int:
    """Tell the reader of the requests before `offset` (of all that are left for None); return the next one's place."""
    first = place
    while place < len(requests) and (offset is None or requests[place][0] < offset):
        place += 1
    if place > first:
        # The first one ends what is open, the last one is the latest to have a time.
        for at in sorted({first, place - 1}):
            reader.request(_time(requests[at][1]), requests[at][0])
    return place


def _time(point: str) -> int:
    return int(point[point.rindex(" ") + 1 :]) // SECOND * SECOND
