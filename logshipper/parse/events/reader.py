"""Makes events of the lines that are not requests: which lines form one, of what kind, and when it happened.

The same log always gives the same events, however it is cut into chunks and however often it is read. So the time
comes from the log: the event's own date if its line has one. A server message without a date happened when the line
before it did. What the application writes (output, tracebacks, write errors) belongs to a request, and uWSGI logs
the request afterwards, so such an event waits for the next line that has a time.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Any

from logshipper.parse.events.tracebacks import Traceback, Tracebacks
from logshipper.uwsgi.line_prefix import carried, logged
from logshipper.uwsgi.messages import SERVER, Message, is_damaged_request, pid_of, prefix_of, recognise
from logshipper.uwsgi.request_like import looks_like_request

APP_OUTPUT, TRACEBACK, WRITE_ERROR, HARAKIRI, STOP = "app_output", "traceback", "write_error", "harakiri", "stop"
_NAMING_REQUESTS = {WRITE_ERROR, HARAKIRI, "out_of_memory"}
# The application writes these kinds, the server the others.
_WAITING = {APP_OUTPUT, TRACEBACK, WRITE_ERROR}
LONGEST_TEXT = 32_768  # bytes of a text that an event keeps
# A traceback is over when this many bytes of log brought no line for it.
_PATIENCE = 65_536
_MOST_WAITING, _MOST_WAITING_BYTES = 1_000, 262_144

_YEAR_NS = 31_556_952_000_000_000
_MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"
_OWN_DATE = re.compile(r"[^\w]{0,2}(\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d)")
_COLOURS = re.compile(r"\x1b\[[\d;]*m")
_BRACKETED = re.compile(r"\[([A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4})\]")


@dataclass(slots=True)
class Event:
    """One event: `offset` is that of its first line, `time` is in nanoseconds, None while unknown."""

    kind: str
    offset: int
    message: str
    time: int | None = None
    text: str = ""
    frame: str = ""
    exception: str = ""
    pid: int | None = None


_NAMES = tuple(one.name for one in fields(Event))
_values = attrgetter(*_NAMES)


def _as_json(event: Event) -> dict[str, Any]:
    """Do what `asdict` does in a tenth of the time: each chunk may leave a thousand events."""
    return dict(zip(_NAMES, _values(event), strict=True))


@dataclass(slots=True)
class EventReader:
    """Reads the lines of one log that are not requests.

    `parse_date(text)` returns nanoseconds for a uWSGI or ISO date. `state()` and `restore` carry a reader over a
    restart: from the same offset in the log it goes on to make the same events.
    """

    parse_date: Callable[[str], int | None]
    last: int | None = None
    prefix: str = ""
    waiting: list[Event] = field(default_factory=list)
    group: Event | None = None
    tracebacks: Tracebacks = field(default_factory=Tracebacks)
    _ready: list[Event] = field(default_factory=list)
    _waiting_bytes: int = 0

    def classify(self, line: str, offset: int, time: int | None = None) -> str | None:
        """Take a line and return its kind, None for what looks like a request or part of one: that makes no event.

        `time` is that of the line where something around it, such as a JSON object, says so.
        """
        line = without_colours(line)
        if (prefix := prefix_of(line)) and not looks_like_request(line):  # a client may send uWSGI's words
            self.prefix = prefix
        line, date = self._without_prefix(line)
        if is_damaged_request(line):
            return None
        inner = logged(line)
        text = inner.text if inner else line
        time = self._prefix_time(date or (inner.date if inner else "")) if time is None else time
        if self.tracebacks.take(text, offset, time):
            self._end_group()
            self._bound_tracebacks()
            return TRACEBACK
        self._end_tracebacks(offset)
        message = recognise(text)
        if not _names_request(message) and looks_like_request(line):
            self._end_group()
            return None
        if message is None:
            self._end_group()
            self._add(Event(APP_OUTPUT, offset, line, self._own_date(line) if time is None else time))
            return APP_OUTPUT
        return self._take_message(message, offset, time)

    def would_be_output(self, line: str) -> bool:
        """Return whether a line is neither a message of uWSGI nor part of a traceback."""
        line, _ = self._without_prefix(without_colours(line))
        return recognise(line) is None and not self.tracebacks.could_take(line)

    def request(self, time: int, offset: int) -> None:
        """Note a request with this time at `offset`."""
        self._end_group()
        self._end_tracebacks(offset)
        self._learn(time)

    def take(self, *, final: bool = False) -> list[Event]:
        """Return the events that are ready; with `final`, at the end of the log, all of them."""
        if final:
            self._end_group()
            for one in [*self.tracebacks.finished(), *self.tracebacks.finished(before=2**63)]:
                self._add(_from_traceback(one))
            self._release(self.last)
        ready, self._ready = self._ready, []
        return ready

    @property
    def is_idle(self) -> bool:
        """Whether no event is open: then a request changes only the time."""
        return not (self.waiting or self.group or self.tracebacks.opened)

    def count_open(self) -> int:
        """Return the number of open events."""
        return len(self.waiting) + bool(self.group) + len(self.tracebacks.opened)

    def state(self) -> dict[str, Any]:
        """Return what a restart needs, as JSON values."""
        return {
            "last": self.last,
            "prefix": self.prefix,
            "waiting": [_as_json(event) for event in self.waiting],
            "group": _as_json(self.group) if self.group else None,
            "tracebacks": self.tracebacks.state(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from a saved state."""
        self.last, self.prefix = state["last"], state["prefix"]
        self.waiting = [Event(**event) for event in state["waiting"]]
        self._waiting_bytes = sum(map(_size, self.waiting))
        self.group = Event(**state["group"]) if state["group"] else None
        self.tracebacks = Tracebacks([Traceback(**{**one, "lines": [*one["lines"]]}) for one in state["tracebacks"]])

    # -- messages ----------------------------------------------------------------------------------

    def _take_message(self, message: Message, offset: int, given: int | None) -> str:
        group, text = self.group, message.text
        if group and group.kind == HARAKIRI and text.startswith("HARAKIRI"):
            group.text = _clipped(f"{group.text}\n{text}")
            if " triggered by " in text:
                self._end_group()
            return HARAKIRI
        if group and group.kind == message.kind == WRITE_ERROR and not text.startswith("SIGPIPE"):
            group.text = _clipped(f"{group.text}\n{text}")
            return WRITE_ERROR
        self._end_group()
        own = self._message_time(message)
        time = given if own is None else own
        if message.kind == SERVER:
            if time is not None:
                self._learn(time)
            return SERVER
        event = Event(message.kind, offset, text, time, text=text, pid=pid_of(text))
        if time is not None:
            self._learn(time)
        elif message.kind == STOP:
            self._release(self.last)  # no request follows
        if message.kind in (HARAKIRI, WRITE_ERROR):
            self.group = event
        else:
            self._add(event)
        return message.kind

    def _message_time(self, message: Message) -> int | None:
        if message.date:
            return self.parse_date(message.date)
        bracketed = _BRACKETED.search(message.text) if message.kind == "start" else None
        return self.parse_date(bracketed[1]) if bracketed else None

    def _without_prefix(self, line: str) -> tuple[str, str]:
        """Return a line without what an encoder or a carrier put before it, and the date of that."""
        date = ""
        if self.prefix and (found := re.match(self.prefix, line)):
            own = _OWN_DATE.match(line[: found.end()])
            date, line = own[1].replace("T", " ") if own else "", line[found.end() :]
        if inner := carried(line):
            return inner.text, inner.date or date
        return line, date

    def _prefix_time(self, date: str) -> int | None:
        """Return the time of a prefix. One without a year is in the year that brings it closest to the line before."""
        if not date or not date[0].isalpha():
            return self.parse_date(date) if date else None
        return self._nearest_year(date)

    def _nearest_year(self, date: str) -> int | None:
        if self.last is None:
            return None  # no line before it has a year: the event waits for one that has
        year = 1970 + self.last // _YEAR_NS
        month = _MONTHS.find(date[:3]) // 3 + 1
        found = [
            self.parse_date(f"{one}-{month:02}-{date[4:6].replace(' ', '0')} {date[7:15]}")
            for one in (year - 1, year, year + 1)
        ]
        last = self.last
        return min((time for time in found if time is not None), key=lambda time: abs(time - last), default=None)

    def _own_date(self, line: str) -> int | None:
        found = _OWN_DATE.match(line)
        return self.parse_date(found[1].replace("T", " ")) if found else None

    # -- ends --------------------------------------------------------------------------------------

    def _end_group(self) -> None:
        if self.group:
            group, self.group = self.group, None
            group.text = "" if group.text == group.message else group.text
            self._add(group)

    def _bound_tracebacks(self) -> None:
        """End the oldest ones in a log of nothing but tracebacks, where no other line does."""
        if self.tracebacks.is_full():
            for one in self.tracebacks.finished(complete=False):
                self._add(_from_traceback(one))

    def _end_tracebacks(self, offset: int) -> None:
        if self.tracebacks.opened:
            for one in self.tracebacks.finished(before=offset - _PATIENCE):
                self._add(_from_traceback(one))

    def _add(self, event: Event) -> None:
        event.message = _clipped(event.message)
        if event.text == event.message:
            event.text = ""
        if event.time is None and event.kind not in _WAITING:
            event.time = self.last
        if event.time is not None:
            self._ready.append(event)
            return
        self.waiting.append(event)
        self._waiting_bytes += _size(event)
        if len(self.waiting) > _MOST_WAITING or self._waiting_bytes > _MOST_WAITING_BYTES:
            self._release(self.last)

    def _learn(self, time: int) -> None:
        self.last = time
        self._release(time)

    def _release(self, time: int | None) -> None:
        for event in self.waiting:
            event.time = time
        self._ready += self.waiting
        self.waiting, self._waiting_bytes = [], 0


def without_colours(line: str) -> str:
    """Return a line without terminal colours; Python's tracebacks have them if FORCE_COLOR is set."""
    return _COLOURS.sub("", line) if "\x1b[" in line else line


def _names_request(message: Message | None) -> bool:
    """Return whether a message of uWSGI says of a request what a request's own line says too."""
    return message is not None and (message.kind in _NAMING_REQUESTS or message.text.startswith("HARAKIRI"))


def _from_traceback(one: Traceback) -> Event:
    name, message = one.exception
    kind = WRITE_ERROR if message == "write error" else TRACEBACK
    exception = (name or "unknown") if kind == TRACEBACK else ""
    return Event(kind, one.offset, message or name, one.time, _clipped(one.text), one.frame, exception)


def _size(event: Event) -> int:
    return len(event.message) + len(event.text)


def _clipped(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 3] + "..."
