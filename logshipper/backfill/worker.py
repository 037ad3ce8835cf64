"""A process that ships pieces: it reads, parses and delivers, and says what has become of them."""

import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.queues import SimpleQueue
from typing import Any

from logshipper.backfill.ranges import RANGE_BYTES, FileRange, OldFile, is_request
from logshipper.deliver.retry import DeliveryState, deliver
from logshipper.follow.files import OpenFile, open_file
from logshipper.follow.fingerprint import bookmark_at
from logshipper.follow.reader import Reader
from logshipper.malloc import keep_memory
from logshipper.model import AdmittedValues, Bookmark, Chunk, Points, RejectedLine, joined, rejected_lines
from logshipper.outputs.file import FileOutput
from logshipper.outputs.protocol import OpenOutput, Output
from logshipper.parse.parser import TOO_LONG, Parser

CHUNK_BYTES = 2**16
# At most this many bytes of a file are held for one write, whatever they become.
MOST_HELD = 2**22


@dataclass(slots=True)
class RangeReport:
    """What has become of a part of a file, [start, end): all of it is delivered.

    `rejected` are lines to be kept; of one that is too long the bytes are missing. `read` is how far the file on disk
    was read, `tag_values` are those that were admitted, `last` is true for the last part of the range.
    """

    file: OldFile
    start: int
    end: int = 0
    lines: int = 0
    written: int = 0
    noise: Counter[str] = field(default_factory=Counter)
    rejected: list[tuple[RejectedLine, int]] = field(default_factory=list)  # with the end of the line
    read: int = 0
    tag_values: AdmittedValues = field(default_factory=dict)
    last: bool = False


@dataclass(frozen=True, slots=True)
class Work:
    """What a worker needs: parsers by the number of the input, outputs, and points in one write."""

    parsers: Sequence[Parser]
    outputs: Sequence[OpenOutput]
    most: int
    tell: Callable[[str, str], None]


def work(tasks: "SimpleQueue[Any]", reports: "SimpleQueue[Any]", given: Work, parent: int) -> None:
    """Ship (piece, admitted tag values) after the other until None comes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends us
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    keep_memory()
    outputs = [opened() for opened in given.outputs]
    for file in _files(outputs):
        file.lazy = True
    control = DeliveryState(given.tell)
    try:
        while (task := tasks.get()) is not None:
            part, admitted = task
            shipment = Shipment(part, admitted, given.parsers[part.file.input_index])
            for report in shipment.steps(outputs, given.most, control):
                for file in _files(outputs):
                    file.sync()
                reports.put(report)
            shipment.content.close()
    except Exception as error:  # the parent says it, and ends
        reports.put(error)
    finally:
        for output in outputs:
            output.close()


def _files(outputs: Sequence[Output]) -> list[FileOutput]:
    return [output for output in outputs if isinstance(output, FileOutput)]


def _end_with(parent: int) -> None:
    """End when the parent was killed: nobody would note what is shipped."""
    never = threading.Event()
    while os.getppid() == parent:
        never.wait(1.0)
    os._exit(1)


@dataclass(frozen=True, slots=True)
class _Held:
    """The points of a chunk, not delivered yet: `of_lines` that came from lines, then those of events."""

    chunk: Chunk
    offsets: Sequence[int]
    of_lines: int
    points: Points


class Shipment:
    """A piece on its way. `steps` ships it and yields a report for each part of it."""

    def __init__(self, part: FileRange, admitted: AdmittedValues, parser: Parser) -> None:
        self.part, self.file, self.parser = part, part.file, parser
        self.memory = parser.memory(part.file.log, admitted)
        self.content = open_file(part.file.name)
        self.report = RangeReport(part.file, part.start)
        self.held: list[_Held] = []

    def steps(self, outputs: Sequence[Output], most: int, control: DeliveryState) -> Iterator[RangeReport]:
        """Yield a report for the whole piece or, of a compressed file, for each part of about the size of one."""
        may_cut = False
        for chunk in self._chunks():
            if may_cut and chunk.offset - self.report.start >= RANGE_BYTES and self._begins_with_request(chunk):
                self._deliver(outputs, most, control)
                yield self._told()
                self.report = RangeReport(self.file, chunk.offset)
            self._take(chunk)
            if self._is_full(most):
                self._deliver(outputs, most, control)
            may_cut = self.part.end < 0 and self._ends_with_request(chunk)
        self._deliver(outputs, most, control, self.memory.events.finish())
        self.report.last = True
        self.report.end = max(self.report.start, self.report.end, self.part.end)
        yield self._told()

    def _chunks(self) -> Iterator[Chunk]:
        file, start, end = self.file, self.part.start, self.part.end
        bookmark = (
            Bookmark(file.fingerprint, start)
            if start <= file.fingerprint.start
            else bookmark_at(file.fingerprint, start, self.content)
        )
        reader = Reader(file.log, self.content, bookmark)
        while end < 0 or reader.offset < end:
            limit = CHUNK_BYTES if end < 0 else min(CHUNK_BYTES, end - reader.offset)
            to_the_end = end < 0 or end == file.size
            reading = reader.read(limit, final=to_the_end and not file.growing)
            if reading is None:
                return
            yield reading.chunk

    def _take(self, chunk: Chunk) -> None:
        report = self.report
        report.end, report.read = chunk.end, _place_on_disk(self.content)
        if chunk.oversize:
            report.lines += 1
            report.rejected.append(
                (RejectedLine(chunk.fingerprint, chunk.offset, TOO_LONG), chunk.end if chunk.last else chunk.end - 1)
            )
            return
        batch = self.parser.parse(chunk, self.memory)
        report.lines += batch.lines
        report.written += len(batch.points)
        report.noise.update(batch.noise)
        report.rejected += [(line, line.offset + len(line.line)) for line in batch.rejected]
        if points := batch.written():
            self.held.append(_Held(chunk, batch.offsets, len(batch.points), points))

    def _is_full(self, most: int) -> bool:
        """Return whether another chunk like the last one may be too much for a write, or for the memory."""
        count, size = sum(len(one.points) for one in self.held), sum(len(one.chunk.data) for one in self.held)
        return bool(self.held) and (count + len(self.held[-1].points) > most or size > MOST_HELD)

    def _deliver(self, outputs: Sequence[Output], most: int, control: DeliveryState, more: Sequence[str] = ()) -> None:
        points = joined([*(one.points for one in self.held), Points.of(more)])
        refused: dict[int, str] = {}
        for output in outputs:
            refused = {**deliver(points, most, output, control), **refused}
        first = 0
        for one in self.held:
            # The point of an event stands for no line.
            own = {number - first: reason for number, reason in refused.items() if 0 <= number - first < one.of_lines}
            rejected = rejected_lines(one.chunk, one.offsets, own)
            self.report.rejected += [(line, line.offset + len(line.line)) for line in rejected]
            self.report.written -= len(rejected)
            first += len(one.points)
        self.held = []

    def _told(self) -> RangeReport:
        self.report.tag_values = self.memory.tag_limit.values(self.memory.tag_limit.counts())
        return self.report

    def _begins_with_request(self, chunk: Chunk) -> bool:
        return is_request(chunk.data[: chunk.data.find(b"\n") + 1], self.parser)

    def _ends_with_request(self, chunk: Chunk) -> bool:
        return is_request(chunk.data[chunk.data.rfind(b"\n", 0, -1) + 1 :], self.parser)


def _place_on_disk(content: OpenFile) -> int:
    """Return how far a compressed file was read, in bytes of the file; 0 for a plain one."""
    packed = getattr(content, "file", None)
    raw = getattr(packed, "fileobj", None) or getattr(packed, "_fp", None)
    return int(raw.tell()) if raw else 0
