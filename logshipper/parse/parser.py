"""From chunks to batches: every line of a chunk becomes a point, is set aside with a reason, or is no request."""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from logshipper.model import Admitted, Aside, Batch, Chunk, Points, starts
from logshipper.parse.compiled_pattern import Plan
from logshipper.parse.encoder import Row, clean_rows
from logshipper.parse.events.log_events import EventRules, LogEvents
from logshipper.parse.json_lines import Record
from logshipper.parse.json_points import JsonInput, Records
from logshipper.parse.matching import NUL, match, unfit_lines
from logshipper.parse.prefix_cache import HeadBudget, HeadRules, Heads
from logshipper.parse.redaction import CellMask, masked
from logshipper.parse.suffix_cache import Cut, LineEnds
from logshipper.parse.tag_limit import TagCap
from logshipper.parse.unique_time import slots

_LINE = itemgetter(0)  # of a row
NO_MATCH = "no pattern matches"
TOO_LONG = "longer than the limit of a line"


@dataclass(frozen=True, slots=True)
class Timing:
    """How one plan's stamps become times: `stamps[text]` in nanoseconds, `precision` the room for the slot."""

    stamps: Mapping[str, int]
    precision: int


@dataclass(frozen=True, slots=True)
class ParseRules:
    """What an input's lines are parsed with: the plans are tried in turn, each with its timing and its masks.

    With `json` lines are objects; the plans are for what is no object, and for texts that objects hold.
    """

    plans: Sequence[Plan]
    timings: Sequence[Timing]
    head: HeadRules
    path_tag: str
    most_tag_values: int
    events: EventRules
    masks: Sequence[Sequence[tuple[int, CellMask]]] = ()
    json: JsonInput | None = None


@dataclass(slots=True)
class FileMemory:
    """What is remembered of one live file between chunks: tag values admitted, beginnings of points, open events."""

    cap: TagCap
    heads: Sequence[Heads]
    events: LogEvents
    records: Records | None = None


@dataclass(slots=True)
class _Work:
    """One chunk on its way."""

    chunk: Chunk
    lines: list[str] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    originals: Sequence[str] = ()  # the lines as they stand in the file, where `lines` are not those
    whole: Points | None = None  # where every line became a point
    points: list[str] = field(default_factory=list)
    origins: list[int] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    asides: list[Aside] = field(default_factory=list)
    noise: Counter[str] = field(default_factory=Counter)

    def count(self) -> int:
        """Return the number of lines that are not empty."""
        if self.whole:
            return len(self.whole)
        if self.originals:
            return len(self.origins) + len(self.asides) + sum(self.noise.values())
        return len(self.lines) - self.lines.count("")

    def set_aside(self, index: int, reason: str) -> None:
        line = (self.originals or self.lines)[index].encode("latin-1")
        self.asides.append(Aside(self.places[index], line, reason))


class Parser:
    """Parses the chunks of one input; keeps nothing of a file but what `FileMemory` holds."""

    def __init__(self, rules: ParseRules, budget: HeadBudget | None = None) -> None:
        self.rules = rules
        self.budget = budget or HeadBudget()
        masks = rules.masks or [()] * len(rules.plans)
        self.ends = [LineEnds(plan, mask) for plan, mask in zip(rules.plans, masks, strict=True)]

    def memory(
        self,
        path: str,
        admitted: Admitted | None = None,
        events: Mapping[str, Any] | None = None,
    ) -> FileMemory:
        """Return the memory for a live file; `admitted` tag values and open `events` are those of its checkpoint."""
        cap = TagCap(self.rules.most_tag_values, admitted)
        tags = {self.rules.path_tag: os.fsencode(path).decode("latin-1")} if self.rules.path_tag and path else {}
        heads = [Heads(self.rules.head, plan.head_columns, tags, cap, self.budget) for plan in self.rules.plans]
        log_events = LogEvents(self.rules.events, tags, cap, events)
        json = self.rules.json
        records = Records(json, self.rules.head, tags, cap, self.budget) if json else None
        return FileMemory(cap, heads, log_events, records)

    def parse(self, chunk: Chunk, memory: FileMemory) -> Batch:
        """Return what the lines of a chunk become."""
        text = chunk.data.decode("latin-1")
        work = _Work(chunk)
        plain = chunk.data.isascii() and "\0" not in text
        if memory.records:
            self._parse_json(text, work, memory.records, memory)
        elif not (plain and self._parse_whole(text, work, memory)):
            work.lines = text.split("\n")
            work.lines.pop()
            work.places = starts((len(line) + 1 for line in work.lines), chunk.offset)
            if "\0" in text:
                # A crash leaves NULs before a line, uWSGI's threaded logger one when it is woken to end.
                work.originals, work.lines = work.lines, [line.strip("\0") for line in work.lines]
            self._parse_mixed(work, memory, plain)
        return Batch(
            chunk=chunk, lines=work.count(), points=work.whole or Points.of(work.points), places=work.origins,
            events=Points.of(work.events), asides=work.asides, noise=work.noise,
            tag_counts=memory.cap.counts(), event_state=memory.events.state(),
        )  # fmt: skip

    def _parse_json(self, text: str, work: _Work, records: Records, memory: FileMemory) -> None:
        """Take a chunk whose lines are JSON objects; what is none is a line like any other."""
        given = text.split("\n")[:-1]
        places = starts((len(line) + 1 for line in given), work.chunk.offset)
        found, originals = [], []
        for line, place in zip(given, places, strict=True):
            content = records.given.reader.read(line)
            if isinstance(content, Record):
                found.append((place, content))
                continue
            for index, part in enumerate([line] if content is None else content):
                work.lines.append(part)
                work.places.append(place + index)
                originals.append(line)
        raw = dict(zip(places, given, strict=True))
        for place, point in records.encode(found, work.chunk.identity):
            if "\0" in point:
                reason = point[1:] if point.startswith("\0") else NUL
                work.asides.append(Aside(place, raw[place].encode("latin-1"), reason))
            else:
                work.points.append(point)
                work.origins.append(place)
        work.originals = originals or [""]
        self._parse_mixed(work, memory, plain=False)

    def _parse_whole(self, text: str, work: _Work, memory: FileMemory) -> bool:
        """Take the chunk at once; False where not every line is a clean line of the first pattern that takes any."""
        count = text.count("\n")
        if not count:  # a line that is too long to be taken into memory
            return False
        for index, plan in enumerate(self.rules.plans):
            if plan.takes_nothing and (text.startswith("\n") or "\n\n" in text):
                return False
            ends = self.ends[index]
            if ends.cut:
                rows = ends.cut.whole.findall(text)
                if len(rows) == count and self._encode_whole(index, ends.cut, rows, work, memory):
                    ends.judge(count)
                    return True
                ends.give_up()
            rows = plan.whole.findall(text)
            if len(rows) == count and self._encode_whole(index, plan, rows, work, memory):
                ends.learn(rows)
                return True
            if rows or plan.loose:
                return False
        return False

    def _encode_whole(self, index: int, part: Plan | Cut, rows: Sequence[Row], work: _Work, memory: FileMemory) -> bool:
        """Make the points of a chunk's rows; False where one of them cannot be made."""
        chunk, timing = work.chunk, self.rules.timings[index]
        places = starts(map(len, map(_LINE, rows)), chunk.offset)
        cleaned = clean_rows(rows, (*part.unclean, *(part.quotable if _needs_escape(chunk.data) else ())))
        if self.rules.masks:
            cleaned = masked(cleaned, part.masks if isinstance(part, Cut) else self.rules.masks[index])
        found = slots(places, chunk.identity, timing.precision)
        try:
            points = part.encode(cleaned, found, memory.heads[index], timing.stamps)
        except ValueError:
            return False
        work.whole = Points.of(points, plain=True)
        work.events = memory.events.requests(chunk.identity, (points[0], points[-1]), places[-1])
        return True

    def _encode(
        self, index: int, rows: Sequence[Row], places: Sequence[int], work: _Work, memory: FileMemory
    ) -> list[str]:
        plan, timing = self.rules.plans[index], self.rules.timings[index]
        if self.rules.masks:
            rows = masked(rows, self.rules.masks[index])
        encode = plan.encode_loose if plan.loose else plan.encode
        return encode(rows, slots(places, work.chunk.identity, timing.precision), memory.heads[index], timing.stamps)

    def _parse_mixed(self, work: _Work, memory: FileMemory, plain: bool) -> None:
        """Take the chunk line by line where that is needed: each pattern takes what those before have left."""
        unfit = {} if plain else unfit_lines(work.lines)
        left: Sequence[int] = [index for index, line in enumerate(work.lines) if line]
        if memory.cap.is_closing(len(left)):
            # Patterns take lines out of turn; here the first line must come first, wherever a chunk begins.
            left = [place for one in left for place in self._parse_with_all(work, [one], unfit, memory)]
        else:
            left = self._parse_with_all(work, left, unfit, memory)
        for place in left:
            if place in unfit:
                work.set_aside(place, unfit[place])
        self._read_events(work, [place for place in left if place not in unfit], memory)

    def _read_events(self, work: _Work, left: Sequence[int], memory: FileMemory) -> None:
        """Tell what the lines are that no pattern has taken."""
        requests = sorted(zip(work.origins, work.points, strict=True))
        lines = [(work.places[place], work.lines[place]) for place in left]
        kinds, work.events = memory.events.mixed(work.chunk.identity, lines, requests)
        for place, kind in zip(left, kinds, strict=True):
            if kind is None:
                work.set_aside(place, NO_MATCH)
            else:
                work.noise[kind] += 1

    def _parse_with_all(
        self, work: _Work, left: Sequence[int], unfit: Mapping[int, str], memory: FileMemory
    ) -> Sequence[int]:
        """Encode the lines that any of the patterns matches; return the places of the others."""
        for index in range(len(self.rules.plans)):
            if left:
                left = self._parse_with(index, work, left, unfit, memory)
        return left

    def _parse_with(
        self, index: int, work: _Work, left: Sequence[int], unfit: Mapping[int, str], memory: FileMemory
    ) -> Sequence[int]:
        """Encode the lines that plan `index` matches; return the places of the others."""
        plan = self.rules.plans[index]
        tight, loose, remaining = match(plan, [work.lines[place] for place in left], left)
        for found, columns in ((tight, (*plan.unclean, *plan.quotable)), (loose, (*plan.convertible, *plan.strings))):
            for place in unfit.keys() & found.keys():
                work.set_aside(place, unfit[place])
                del found[place]
            if found:
                rows = clean_rows(list(found.values()), columns)
                self._encode_each(index, work, rows, list(found), memory)
        return remaining

    def _encode_each(
        self, index: int, work: _Work, rows: Sequence[Row], places: Sequence[int], memory: FileMemory
    ) -> None:
        """Encode rows together; where that cannot be, halve them until the one that is to blame can be set aside."""
        offsets = [work.places[place] for place in places]
        try:
            work.points += self._encode(index, rows, offsets, work, memory)
            work.origins += offsets
        except ValueError as error:
            if len(rows) == 1:
                work.set_aside(places[0], str(error))
                return
            half = len(rows) // 2
            self._encode_each(index, work, rows[:half], places[:half], memory)
            self._encode_each(index, work, rows[half:], places[half:], memory)


def _needs_escape(data: bytes) -> bool:
    return b'"' in data or b"\\" in data
