"""A process that ships ranges of old files: it reads, parses and delivers, and reports what became of the lines."""

import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from multiprocessing.connection import Connection
from typing import Any

from logshipper.backfill.ranges import RANGE_BYTES, FileRange, OldFile
from logshipper.deliver.retry import Answered, DeliveryContext, Failed, deliver
from logshipper.follow.files import OpenFile, open_file
from logshipper.follow.fingerprint import bookmark_at
from logshipper.follow.reader import Reader, blocks
from logshipper.malloc import keep_memory
from logshipper.model import AdmittedValues, Bookmark, Chunk, Outcome, RejectedLine, Sent, outcomes
from logshipper.outputs.protocol import OpenOutput, Output
from logshipper.parse.boundaries import is_request
from logshipper.parse.parser import Parser
from logshipper.points import AnyPoints, joined

CHUNK_BYTES = 2**16
# Hold at most this many bytes of a file for one write, even if few of the lines become points.
MOST_HELD = 2**22


@dataclass(slots=True)
class RangeReport:
    """What became of a part of a file, [start, end): all its points are delivered.

    `read` is how far the file on disk was read, `tag_values` are those that were admitted, `last` is true for the last
    part of the range. `unfinished`: a last line without a newline is left, after `end`, because more of it may come.
    Everything in a report can be sent to another process.
    """

    file: OldFile
    start: int
    end: int = 0
    lines: int = 0
    written: int = 0
    noise: Counter[str] = field(default_factory=Counter)
    rejected: list[RejectedLine] = field(default_factory=list)
    read: int = 0
    tag_values: AdmittedValues = field(default_factory=dict)
    last: bool = False
    unfinished: bool = False

    def add(self, outcome: Outcome) -> None:
        """Add what became of a chunk."""
        self.lines += outcome.lines
        self.written += outcome.written
        self.noise.update(outcome.noise)
        self.rejected += outcome.rejected

    def outcome(self) -> Outcome:
        """Return what became of all lines of the part."""
        return Outcome(self.lines, self.written, self.noise, self.rejected)


@dataclass(frozen=True, slots=True)
class FormGroup:
    """The outputs that take points in one form, and the parser of each input that makes these."""

    parsers: Sequence[Parser]
    outputs: Sequence[OpenOutput]


@dataclass(frozen=True, slots=True)
class BackfillWork:
    """What a worker needs: where points go, and how many of them at once."""

    groups: Sequence[FormGroup]
    max_points: int
    report: Callable[[Failed | Answered], None]

    @property
    def parsers(self) -> Sequence[Parser]:
        """Return a parser of each input: those of all groups make the same points."""
        return self.groups[0].parsers


def work(parent: Connection, parent_id: int, given: BackfillWork) -> None:
    """Ship each (range, admitted tag values) that the parent sends, and send back reports, until None comes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends its workers
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with, args=(parent_id,), daemon=True).start()
    keep_memory()
    outputs = [[opened() for opened in group.outputs] for group in given.groups]
    context = DeliveryContext(given.report)
    try:
        while (task := parent.recv()) is not None:
            part, admitted = task
            shipment = Shipment(part, admitted, [group.parsers[part.file.input_index] for group in given.groups])
            for report in shipment.steps(outputs, given.max_points, context):
                for output in chain.from_iterable(outputs):
                    output.sync()
                parent.send(report)
            shipment.content.close()
    except Exception as error:  # the parent reports it, and ends
        parent.send(error)
    finally:
        for output in chain.from_iterable(outputs):
            output.close()


def _end_with(parent_id: int) -> None:
    """End when the parent is gone: nobody would note what is shipped."""
    never = threading.Event()
    while os.getppid() == parent_id:
        never.wait(1.0)
    os._exit(1)


class Shipment:
    """A range on its way. `steps` ships it and yields a report for each part of it.

    Each of `parsers` makes the same points, in the form that some of the outputs take.
    """

    def __init__(self, part: FileRange, admitted: AdmittedValues, parsers: Sequence[Parser]) -> None:
        self.part, self.file, self.parsers = part, part.file, parsers
        self.memories = [parser.memory(part.file.log, admitted) for parser in parsers]
        self.content = open_file(part.file.name)
        self.report = RangeReport(part.file, part.start)
        self.held: list[tuple[Sent, Sequence[AnyPoints]]] = []

    def steps(
        self, outputs: Sequence[Sequence[Output[Any]]], max_points: int, context: DeliveryContext
    ) -> Iterator[RangeReport]:
        """Yield a report for the whole range or, of a compressed file, for each part of about the size of one."""
        may_cut = False
        for chunk in self._chunks():
            if may_cut and chunk.offset - self.report.start >= RANGE_BYTES and self._begins_with_request(chunk):
                self._deliver(outputs, max_points, context)
                yield self._finished_report()
                self.report = RangeReport(self.file, chunk.offset)
            self._take(chunk)
            if self._is_full(max_points):
                self._deliver(outputs, max_points, context)
            may_cut = self.part.end < 0 and self._ends_with_request(chunk)
        last = [parser.finish(memory) for parser, memory in zip(self.parsers, self.memories, strict=True)]
        self._deliver(outputs, max_points, context, last)
        self.report.last = True
        self.report.unfinished = self._leaves_a_line()
        if not self.report.unfinished:
            self.report.end = max(self.report.start, self.report.end, self.part.end)
        yield self._finished_report()

    def _chunks(self) -> Iterator[Chunk]:
        file, start, end = self.file, self.part.start, self.part.end
        bookmark = (
            Bookmark(file.fingerprint, start)
            if start <= file.fingerprint.start
            else bookmark_at(file.fingerprint, start, self.content)
        )
        reaches_end = end < 0 or end == file.size
        reader = Reader(file.log, self.content, bookmark)
        return reader.rest(CHUNK_BYTES, end, final=reaches_end and not file.growing)

    def _leaves_a_line(self) -> bool:
        """Return whether the live log ends with a line that is not complete; NULs are a hole, not a line."""
        if not self.file.growing or self.part.end != self.file.size:
            return False
        self.report.end = max(self.report.start, self.report.end)
        return any(block.strip(b"\0") for block in blocks(self.content, self.report.end, self.part.end))

    def _take(self, chunk: Chunk) -> None:
        self.report.end, self.report.read = chunk.end, _position_on_disk(self.content)
        batch, *others = (
            parser.parse(chunk, memory) for parser, memory in zip(self.parsers, self.memories, strict=True)
        )
        if chunk.oversize:
            # The quarantine is the parent's, which has to open the file itself.
            parts = partial(_parts, self.file.name, chunk.offset, chunk.end if chunk.last else chunk.end - 1)
            batch = replace(batch, rejected=[replace(line, parts=parts) for line in batch.rejected])
        if points := batch.written():
            self.held.append((batch.sent(), [points, *(other.written() for other in others)]))
        else:
            self.report.add(batch.sent().outcome())

    def _is_full(self, max_points: int) -> bool:
        """Return whether another chunk like the last one may be too much for a write, or for the memory."""
        counts, size = [len(points[0]) for _, points in self.held], sum(len(sent.chunk.data) for sent, _ in self.held)
        return bool(counts) and (sum(counts) + counts[-1] > max_points or size > MOST_HELD)

    def _deliver(
        self,
        outputs: Sequence[Sequence[Output[Any]]],
        max_points: int,
        context: DeliveryContext,
        more: Sequence[AnyPoints] = (),
    ) -> None:
        rejected: dict[int, str] = {}
        for index, takers in enumerate(outputs):
            points = joined([*(forms[index] for _, forms in self.held), *more[index : index + 1]])
            for output in takers:
                rejected = {**deliver(points, max_points, output, context, sync=False).rejected, **rejected}
        for outcome in outcomes((sent for sent, _ in self.held), rejected):
            self.report.add(outcome)
        self.held = []

    def _finished_report(self) -> RangeReport:
        self.report.rejected.sort(key=lambda line: line.offset)  # chunks without points did not wait for the others
        tag_limit = self.memories[0].tag_limit
        self.report.tag_values = tag_limit.values(tag_limit.counts())
        return self.report

    def _begins_with_request(self, chunk: Chunk) -> bool:
        return is_request(chunk.data[: chunk.data.find(b"\n") + 1], self.parsers[0])

    def _ends_with_request(self, chunk: Chunk) -> bool:
        return is_request(chunk.data[chunk.data.rfind(b"\n", 0, -1) + 1 :], self.parsers[0])


def _parts(name: str, start: int, end: int) -> Iterator[bytes]:
    content = open_file(name)
    try:
        yield from blocks(content, start, end)
    finally:
        content.close()


def _position_on_disk(content: OpenFile) -> int:
    """Return how far a compressed file was read, in bytes of the file; 0 for a plain one."""
    packed = getattr(content, "file", None)
    raw = getattr(packed, "fileobj", None) or getattr(packed, "_fp", None)
    return int(raw.tell()) if raw else 0
