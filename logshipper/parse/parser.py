"""From chunks to batches: every line of a chunk becomes a point, is rejected with a reason, or is not a request."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from operator import itemgetter
from typing import Any

from logshipper.model import AdmittedValues, Batch, Chunk, RejectedLine, starts
from logshipper.parse.cleaning import clean_rows
from logshipper.parse.compiled_pattern import CompiledPattern
from logshipper.parse.encoder import Row
from logshipper.parse.events.log_events import EventRules, LogEvents
from logshipper.parse.form import TEXT, Form
from logshipper.parse.json_lines import BROKEN_JSON, Envelope, JsonRecord, begins_as_json
from logshipper.parse.json_points import JsonInput, JsonPoints
from logshipper.parse.matching import RETURN, match, needs_escape, unfit_lines
from logshipper.parse.prefix_cache import CacheBudget, PrefixCache, PrefixRules
from logshipper.parse.redaction import CellMask, masked
from logshipper.parse.rescue import OrderMattersError, parse_safely
from logshipper.parse.selection import selected
from logshipper.parse.suffix_cache import Cut, SplitFinder
from logshipper.parse.tag_limit import Limits, TagLimit
from logshipper.parse.time_limit import in_time
from logshipper.parse.unique_time import unique_digits
from logshipper.parse.work import Work
from logshipper.points import AnyPoint, AnyPoints

_LINE = itemgetter(0)  # of a row
NO_MATCH = "no pattern matches"
TOO_LONG = "longer than the limit of a line"


@dataclass(frozen=True, slots=True)
class Timing:
    """How a pattern's times are read: `times[text]` in nanoseconds; the unique digits stay below `precision`."""

    times: Mapping[str, int]
    precision: int


@dataclass(frozen=True, slots=True)
class ParseRules:
    """How an input's lines are parsed: the patterns are tried in turn, each with its timing and its masks.

    With `json`, lines are objects, and patterns are for other lines. `takes_point` applies namepass and the like.
    `form` is what lines become.
    """

    patterns: Sequence[CompiledPattern]
    timings: Sequence[Timing]
    prefix: PrefixRules
    path_tag: str
    limits: Limits
    events: EventRules
    masks: Sequence[Sequence[tuple[int, CellMask]]] = ()
    json: JsonInput | None = None
    takes_point: Callable[[AnyPoint], bool] = bool
    form: Form = TEXT


@dataclass(slots=True)
class FileMemory:
    """What is kept of one live file between chunks: admitted tag values, cached prefixes, open events."""

    tag_limit: TagLimit
    prefixes: Sequence[PrefixCache[Any]]
    events: LogEvents
    records: JsonPoints | None = None

    def forget(self) -> None:
        """Empty the caches: they are made of what was admitted."""
        for cache in self.prefixes:
            cache.clear()
        if self.records:
            self.records.forget()


class Parser:
    """Parses the chunks of one input. What it keeps of a file is in `FileMemory`."""

    def __init__(self, rules: ParseRules, budget: CacheBudget | None = None) -> None:
        self.rules = rules
        self.budget = budget or CacheBudget()
        masks = rules.masks or [()] * len(rules.patterns)
        self.cuts = [SplitFinder(compiled, mask) for compiled, mask in zip(rules.patterns, masks, strict=True)]

    def memory(
        self, path: str, admitted: AdmittedValues | None = None, events: Mapping[str, Any] | None = None
    ) -> FileMemory:
        """Return the memory for a live file; `admitted` tag values and open `events` come from its checkpoint."""
        tag_limit = TagLimit(self.rules.limits, admitted)
        given, form = self.rules.prefix, self.rules.form
        tags = {self.rules.path_tag: os.fsencode(path).decode("latin-1")} if self.rules.path_tag and path else {}
        prefixes = [
            form.prefixes(replace(given, taken=one.field_names), one.prefix_columns, tags, tag_limit, self.budget)
            for one in self.rules.patterns
        ]
        log_events, json = LogEvents(self.rules.events, tags, tag_limit, events, form), self.rules.json
        records = JsonPoints(json, self.rules.prefix, tags, tag_limit, self.budget, form) if json else None
        return FileMemory(tag_limit, prefixes, log_events, records)

    def finish(self, memory: FileMemory) -> AnyPoints:
        """Return the points of all open events, at the end of a log."""
        return self.rules.form.collected(memory.events.finish())

    def parse(self, chunk: Chunk, memory: FileMemory) -> Batch:
        """Return the batch that a chunk becomes. Never raises for any input."""
        if chunk.oversize:
            return Batch.of_long_line(chunk, TOO_LONG)
        return parse_safely(partial(self._parse, memory=memory), chunk, memory.events.undo)

    def _parse(self, chunk: Chunk, memory: FileMemory) -> Batch:
        text = chunk.data.decode("latin-1")
        work, limit = Work(chunk), memory.tag_limit
        before = limit.counts() if limit.takes_measurements else None
        returns = "\r" in text
        plain = chunk.data.isascii() and "\0" not in text and not returns
        if memory.records:
            self._parse_json(text, work, memory.records, memory)
        elif not (plain and self._parse_whole(text, work, memory)):
            work.lines = text.split("\n")
            work.lines.pop()
            work.offsets = starts((len(line) + 1 for line in work.lines), chunk.offset)
            if returns or "\0" in text:
                # A crash leaves NULs before a line; uWSGI's threaded logger writes one when it ends.
                bare = [line.rstrip("\r").strip("\0") for line in work.lines]
                work.originals, work.lines = work.lines, bare
            self._parse_mixed(work, memory, plain)
        if before is not None and not (limit.takes_measurements or work.whole) and text.count("\n") > 1:
            limit.rewind(before)
            memory.forget()
            raise OrderMattersError
        collected = self.rules.form.collected
        return selected(self.rules.takes_point, Batch(
            chunk, work.count(), work.whole or collected(work.points), work.origins, collected(work.events),
            work.rejected, work.noise, limit.counts(), memory.events.state()))  # fmt: skip

    def _parse_json(self, text: str, work: Work, records: JsonPoints, memory: FileMemory) -> None:
        """Parse a chunk of JSON objects; a line that is no object goes to the patterns."""
        given = text.split("\n")[:-1]
        offsets = starts((len(line) + 1 for line in given), work.chunk.offset)
        found, originals = [], []
        for line, offset in zip(given, offsets, strict=True):
            content = records.given.reader.read(line)
            if isinstance(content, JsonRecord):
                found.append((offset, content))
                continue
            envelope = content or Envelope([line.rstrip("\r")])
            time = envelope.read_time(records.given.times)
            for index, part in enumerate(envelope.lines):
                work.lines.append(part)
                work.offsets.append(offset + index)
                originals.append(line)
                if time is not None:
                    work.times[offset + index] = time
        raw = dict(zip(offsets, given, strict=True))
        made = records.encode(found, work.chunk.fingerprint)
        work.origins += made.offsets
        work.points += made.points
        work.moments += made.moments
        work.rejected += [
            RejectedLine(work.chunk.fingerprint, offset, reason, raw[offset].encode("latin-1"))
            for offset, reason in made.rejected
        ]
        work.originals = originals or [""]
        self._parse_mixed(work, memory, plain=False)

    def _parse_whole(self, text: str, work: Work, memory: FileMemory) -> bool:
        """Parse the chunk at once. Return False unless one pattern matches each line and no earlier one matches any."""
        count = text.count("\n")
        for index, compiled in enumerate(self.rules.patterns if count else ()):
            if compiled.takes_nothing and (text.startswith("\n") or "\n\n" in text):
                return False
            split = self.cuts[index]
            if split.cut:
                rows = in_time(split.cut.whole.findall, text, count, compiled.name)
                if len(rows) == count and self._encode_whole(index, split.cut, rows, work, memory):
                    split.judge(count)
                    return True
                split.give_up()
            rows = in_time(compiled.whole.findall, text, count, compiled.name)
            if len(rows) == count and self._encode_whole(index, compiled, rows, work, memory):
                split.learn(rows)
                return True
            if rows or compiled.loose:
                return False
        return False

    def _encode_whole(
        self, index: int, part: CompiledPattern | Cut, rows: Sequence[Row], work: Work, memory: FileMemory
    ) -> bool:
        """Encode the rows of a whole chunk. Return False if one of them cannot be encoded."""
        chunk, timing = work.chunk, self.rules.timings[index]
        offsets = starts(map(len, map(_LINE, rows)), chunk.offset)
        if self.rules.masks:  # before quotes are escaped: a mask that removes one would leave its backslash
            rows = masked(rows, part.masks if isinstance(part, Cut) else self.rules.masks[index])
        unclean = (*part.unclean, *(part.quotable if needs_escape(chunk.data) else ()))
        cleaned = clean_rows(rows, unclean, self.rules.form.texts)
        found = unique_digits(offsets, chunk.fingerprint, timing.precision)
        try:
            points = part.encode(cleaned, found, memory.prefixes[index], timing.times)
        except ValueError:
            return False
        work.whole = self.rules.form.collected(points, plain=True)
        first, last = (timing.times[self.rules.patterns[index].time_text(row)] for row in (cleaned[0], cleaned[-1]))
        work.events = memory.events.requests(chunk.fingerprint, (first, last), offsets[-1])
        return True

    def _encode(self, index: int, rows: Sequence[Row], offsets: Sequence[int], work: Work, memory: FileMemory) -> None:
        compiled, timing = self.rules.patterns[index], self.rules.timings[index]
        encode = compiled.encode_loose if compiled.loose else compiled.encode
        if work.times and not compiled.time_kind and memory.records:
            moments = [work.times.get(at, timing.times[""]) for at in offsets]
            own = unique_digits(offsets, work.chunk.fingerprint, memory.records.given.precision)
            slots = [moment + digit for moment, digit in zip(moments, own, strict=True)]
            work.points += encode(rows, slots, memory.prefixes[index], {"": 0})
        else:
            digits = unique_digits(offsets, work.chunk.fingerprint, timing.precision)
            work.points += encode(rows, digits, memory.prefixes[index], timing.times)
            moments = [timing.times[text] for text in map(compiled.time_text, rows)]
        work.moments += moments
        work.origins += offsets

    def _parse_mixed(self, work: Work, memory: FileMemory, plain: bool) -> None:
        """Parse the chunk line by line: each pattern gets the lines that the ones before it left."""
        unfit = {} if plain else unfit_lines(work.lines)
        left: Sequence[int] = [index for index, line in enumerate(work.lines) if line]
        if memory.tag_limit.is_closing(len(left)):
            # Tag values must be admitted in the order of the lines, and matching pattern by pattern breaks that order.
            left = [line_index for one in left for line_index in self._parse_with_all(work, [one], unfit, memory)]
        else:
            left = self._parse_with_all(work, left, unfit, memory)
        for line_index in left:
            if unfit.get(line_index, RETURN) != RETURN:
                work.reject(line_index, unfit[line_index])
            elif memory.records and begins_as_json(work.lines[line_index]):
                work.reject(line_index, BROKEN_JSON)
        rejected = {line.offset for line in work.rejected}
        self._read_events(work, [index for index in left if work.offsets[index] not in rejected], memory)

    def _read_events(self, work: Work, left: Sequence[int], memory: FileMemory) -> None:
        """Find out what the lines are that no pattern matches."""
        requests = sorted(zip(work.origins, work.moments, strict=True))
        lines = [(work.offsets[line_index], work.lines[line_index]) for line_index in left]
        kinds, work.events = memory.events.mixed(work.chunk.fingerprint, lines, requests, work.times)
        for line_index, kind in zip(left, kinds, strict=True):
            if kind is None:
                work.reject(line_index, NO_MATCH)
            else:
                work.noise[kind] += 1

    def _parse_with_all(
        self, work: Work, left: Sequence[int], unfit: Mapping[int, str], memory: FileMemory
    ) -> Sequence[int]:
        """Encode the lines that any of the patterns matches; return the indexes of the others."""
        for index in range(len(self.rules.patterns)):
            if left:
                left = self._parse_with(index, work, left, unfit, memory)
        return left

    def _parse_with(
        self, index: int, work: Work, left: Sequence[int], unfit: Mapping[int, str], memory: FileMemory
    ) -> Sequence[int]:
        """Encode the lines that pattern `index` matches; return the indexes of the others."""
        compiled = self.rules.patterns[index]
        tight, loose, remaining = match(compiled, [work.lines[line_index] for line_index in left], left)
        for found, columns in (
            (tight, (*compiled.unclean, *compiled.quotable)),
            (loose, (*compiled.convertible, *compiled.strings)),
        ):
            for line_index in unfit.keys() & found.keys():
                if unfit[line_index] != RETURN or compiled.tag_has(found[line_index], "\r"):
                    work.reject(line_index, unfit[line_index])
                    del found[line_index]
            if found:
                hidden = masked(list(found.values()), self.rules.masks[index] if self.rules.masks else ())
                rows = clean_rows(hidden, columns, self.rules.form.texts)
                self._encode_each(index, work, rows, list(found), memory)
        return remaining

    def _encode_each(
        self, index: int, work: Work, rows: Sequence[Row], indexes: Sequence[int], memory: FileMemory
    ) -> None:
        """Encode rows together. If that fails, halve them until the bad row is found and rejected."""
        offsets = [work.offsets[line_index] for line_index in indexes]
        try:
            self._encode(index, rows, offsets, work, memory)
        except ValueError as error:
            if len(rows) == 1:
                work.reject(indexes[0], str(error))
                return
            half = len(rows) // 2
            self._encode_each(index, work, rows[:half], indexes[:half], memory)
            self._encode_each(index, work, rows[half:], indexes[half:], memory)
