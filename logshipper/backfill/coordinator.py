"""The parent of a backfill: it hands out pieces, notes what was shipped, and shows how far it is."""

import itertools
import multiprocessing
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from multiprocessing import connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from logshipper.account import Account
from logshipper.backfill.ledger import Ledger
from logshipper.backfill.ranges import FileRange, OldFile, ranges
from logshipper.backfill.worker import RangeReport, Work, work
from logshipper.errors import RunError
from logshipper.follow.files import open_file
from logshipper.model import AdmittedValues, RejectedLine
from logshipper.parse.tag_limit import Hashes
from logshipper.state.quarantine import Quarantine

# Told of each report: the bytes on the disk that were shipped with it.
Progress = Callable[[int], None]
_COPY = 2**20


@dataclass(slots=True)
class _State:
    """What is known while pieces are shipped."""

    ledger: Ledger
    quarantine: Path
    limit: int
    account: Account = field(default_factory=Account)
    admitted: dict[str, dict[str, Hashes]] = field(default_factory=dict)  # live log -> tag -> values
    read: dict[str, int] = field(default_factory=dict)  # how far compressed files were read

    def values(self, live: str) -> AdmittedValues:
        return {tag: values.order for tag, values in self.admitted.get(live, {}).items()}


class Backfill:
    """Ships files; the account says what has become of their lines."""

    def __init__(self, folder: Path, given: Work, most_tag_values: int, progress: Progress) -> None:
        """`folder` holds the ledger and the quarantine."""
        self.given, self.progress = given, progress
        self.state = _State(Ledger(folder), folder / "quarantine", most_tag_values)

    @property
    def account(self) -> Account:
        """Return what has become of the lines so far."""
        return self.state.account

    def full_tags(self) -> list[str]:
        """Return the tags that have as many values as are allowed."""
        tags = (item for of_log in self.state.admitted.values() for item in of_log.items())
        return sorted({tag for tag, values in tags if len(values) >= self.state.limit})

    def run(self, files: Sequence[OldFile], jobs: int) -> None:
        """Ship the files with `jobs` processes. Raises RunError if one of them fails."""
        context = multiprocessing.get_context("fork")
        tasks: Any = context.SimpleQueue()
        reports: Any = context.SimpleQueue()
        workers = [
            context.Process(target=work, args=(tasks, reports, self.given, os.getpid()), daemon=True)
            for _ in range(jobs)
        ]
        for worker in workers:
            worker.start()
        try:
            self._ship(self._todo(files), tasks, reports, workers)
            for _ in workers:
                tasks.put(None)
            for worker in workers:
                worker.join()
        finally:
            for worker in workers:
                worker.terminate()

    def _todo(self, files: Iterable[OldFile]) -> Iterator[FileRange]:
        """Yield the pieces that were not shipped before, compressed files first: they cannot be divided."""
        for file in sorted(files, key=lambda file: (file.size >= 0, -file.size_on_disk)):
            parts = self.state.ledger.parts(file)
            if file.size < 0:
                start = parts[0][1] if parts and parts[0][0] <= file.fingerprint.start else file.fingerprint.start
                if not any(last == _WHOLE for _, last in parts):
                    yield FileRange(file, start, -1)
                continue
            # What lies between the parts that were shipped, divided again.
            gaps = zip(
                [file.fingerprint.start, *(end for _, end in parts)],
                [*(start for start, _ in parts), file.size],
                strict=True,
            )
            for start, end in gaps:
                for part in ranges(file, self.given.parsers[file.input_index], start) if start < end else ():
                    if part.start >= end:
                        break
                    yield FileRange(file, part.start, min(part.end, end))

    def _ship(self, todo: Iterator[FileRange], tasks: Any, reports: Any, workers: Sequence[BaseProcess]) -> None:
        out = 0
        for part in itertools.islice(todo, 2 * len(workers)):  # one at work and one waiting for each
            tasks.put((part, self.state.values(part.file.log)))
            out += 1
        sentinels = [worker.sentinel for worker in workers]
        while out:
            if reports._reader not in connection.wait([reports._reader, *sentinels]):
                raise RunError("a process of the backfill was killed", fix="run it again to continue")
            report = reports.get()
            if isinstance(report, BaseException):
                raise RunError(f"the backfill failed: {report}", fix="run it again to continue")
            self._take(report)
            if report.last:
                out -= 1
                for part in itertools.islice(todo, 1):
                    tasks.put((part, self.state.values(part.file.log)))
                    out += 1

    def _take(self, report: RangeReport) -> None:
        state, file = self.state, report.file
        if report.rejected:
            Quarantine(state.quarantine, file.log).add(_with_parts(report))
        end = _WHOLE if report.last and file.size < 0 else report.end
        state.ledger.add(file, report.start, end)
        state.account.read += report.lines
        state.account.settle(report.written, report.noise, (line.reason for line, _ in report.rejected))
        known = state.admitted.setdefault(file.log, {})
        for tag, values in report.tag_values.items():
            all_values = known.setdefault(tag, Hashes())
            for value in values:
                all_values.take(value, state.limit)
        before = state.read.get(file.name, 0)
        read = file.size_on_disk if report.last else report.read
        self.progress(report.end - report.start if file.size >= 0 else read - before)
        state.read[file.name] = read


_WHOLE = 2**63
"""The end of a compressed file that was shipped to its end."""


def _with_parts(report: RangeReport) -> list[RejectedLine]:
    """Return the rejected lines; those that are too long are read from the file when they are kept."""
    return [
        line if line.line else replace(line, parts=_long(report, line.offset, end)) for line, end in report.rejected
    ]


def _long(report: RangeReport, start: int, end: int) -> Callable[[], Iterable[bytes]]:
    return partial(_parts, report.file.name, start, end)


def _parts(name: str, start: int, end: int) -> Iterator[bytes]:
    content = open_file(name)
    try:
        while start < end and (block := content.read_at(start, min(_COPY, end - start))):
            yield block
            start += len(block)
    finally:
        content.close()


def shipped_before(ledger: Ledger, file: OldFile) -> int:
    """Return how many bytes on the disk were shipped in earlier runs."""
    parts = ledger.parts(file)
    if file.size >= 0:
        return sum(end - start for start, end in parts)
    return file.size_on_disk if any(end == _WHOLE for _, end in parts) else 0


def rate(account: Account, started: float) -> float:
    """Return the lines a second since `started`, of the monotonic clock."""
    return account.read / max(1e-9, time.monotonic() - started)
