"""The parent of a backfill: it hands out ranges, notes what was shipped, and shows how far it is."""

import multiprocessing
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from multiprocessing import connection
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from logshipper.account import Account, OnProgress
from logshipper.backfill.ledger import Ledger
from logshipper.backfill.ranges import FileRange, OldFile, ranges
from logshipper.backfill.worker import BackfillWork, RangeReport, work
from logshipper.errors import RunError, UserError
from logshipper.model import AdmittedValues
from logshipper.parse.tag_limit import MEASUREMENTS, NAMES, Hashes, Limits
from logshipper.state.quarantine import Quarantine

_WHOLE = 2**63
"""In the ledger, the end of a compressed file that was shipped to its end."""
_RUN_AGAIN = "run it again to continue"


class Backfill:
    """Ships files; the account says what became of their lines."""

    def __init__(self, folder: Path, given: BackfillWork, limits: Limits, progress: OnProgress) -> None:
        """`folder` holds the ledger and the quarantine."""
        self.given, self.limits, self.progress = given, limits, progress
        self.ledger, self.quarantine = Ledger(folder), folder / "quarantine"
        self.account = Account()
        self.unfinished: list[str] = []  # live logs whose last line is not complete
        self._admitted: dict[str, dict[str, Hashes]] = {}  # log -> tag -> values
        self._read: dict[str, int] = {}  # how far compressed files were read
        self._shipped = self._whole = 0  # bytes on the disk

    def full_tags(self) -> list[str]:
        """Return the tags that have as many values as are allowed; lines with too many names are rejected instead."""
        tags = (pair for of_log in self._admitted.values() for pair in of_log.items())
        most = self.limits.tag_values
        return sorted({tag for tag, values in tags if tag not in (MEASUREMENTS, NAMES) and len(values) >= most})

    def run(self, files: Sequence[OldFile], jobs: int) -> None:
        """Ship the files with this many processes. Raises RunError if one of them fails."""
        self._whole = sum(file.size_on_disk for file in files)
        self._shipped = sum(shipped_before(self.ledger, file) for file in files)
        self.progress(self._shipped, self._whole, self.account)
        context = multiprocessing.get_context("fork")
        workers: dict[Connection, BaseProcess] = {}
        for _ in range(jobs):
            ours, theirs = context.Pipe()
            process = context.Process(target=work, args=(theirs, os.getpid(), self.given), daemon=True)
            process.start()
            theirs.close()  # so that the end of the process is the end of its pipe
            workers[ours] = process
        try:
            self._ship(self._todo(files), list(workers))
            for ours, worker in workers.items():
                ours.send(None)
                worker.join()
        finally:
            for worker in workers.values():
                worker.terminate()

    def _todo(self, files: Iterable[OldFile]) -> Iterator[FileRange]:
        """Yield the ranges that were not shipped before, compressed files first: they cannot be divided."""
        for file in sorted(files, key=lambda file: (file.size >= 0, -file.size_on_disk)):
            parts = self.ledger.parts(file)
            if file.size < 0:
                start = parts[0][1] if parts and parts[0][0] <= file.fingerprint.start else file.fingerprint.start
                if not any(last == _WHOLE for _, last in parts):
                    yield FileRange(file, start, -1)
                continue
            # Divide what lies between the parts that were shipped.
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

    def _ship(self, todo: Iterator[FileRange], idle: Sequence[Connection]) -> None:
        """Keep each worker busy with one range until all are shipped."""
        try:
            busy = {worker for worker in idle if self._hand_out(todo, worker)}
            while busy:
                ready = connection.wait(busy)
                for worker in [worker for worker in busy if worker in ready]:
                    report = worker.recv()
                    if isinstance(report, UserError):
                        raise report
                    if isinstance(report, BaseException):
                        raise RunError(f"the backfill failed: {report}", fix=_RUN_AGAIN)
                    if report.last and not self._hand_out(todo, worker):  # first, so that it need not wait for us
                        busy.remove(worker)
                    self._take(report)
        except (EOFError, ConnectionError) as error:
            raise RunError("a process of the backfill was killed", fix=_RUN_AGAIN) from error

    def _hand_out(self, todo: Iterator[FileRange], worker: Connection) -> bool:
        """Give the next range to a worker. Return whether there was one."""
        part = next(todo, None)
        if part:
            worker.send((part, self._values(part.file.log)))
        return part is not None

    def _values(self, log: str) -> AdmittedValues:
        return {tag: values.order for tag, values in self._admitted.get(log, {}).items()}

    def _take(self, report: RangeReport) -> None:
        """Note what was shipped."""
        file = report.file
        if report.unfinished:
            self.unfinished.append(file.name)
        if report.rejected:
            Quarantine(self.quarantine, file.log).add(report.rejected)
        self.ledger.add(file, report.start, _WHOLE if report.last and file.size < 0 else report.end)
        self.account.take(report.lines)
        self.account.settle(report.outcome())
        known = self._admitted.setdefault(file.log, {})
        for tag, values in report.tag_values.items():
            all_values = known.setdefault(tag, Hashes())
            for value in values:
                all_values.take(value, self.limits.of(tag))
        before = self._read.get(file.name, 0)
        read = file.size_on_disk if report.last else report.read
        self._shipped += report.end - report.start if file.size >= 0 else read - before
        self.progress(self._shipped, self._whole, self.account)
        self._read[file.name] = read


def shipped_before(ledger: Ledger, file: OldFile) -> int:
    """Return how many bytes on the disk were shipped in earlier runs."""
    parts = ledger.parts(file)
    if file.size >= 0:
        return sum(end - start for start, end in parts)
    return file.size_on_disk if any(end == _WHOLE for _, end in parts) else 0


def rate(account: Account, started: float) -> float:
    """Return the lines a second since `started`, of the monotonic clock."""
    return account.read / max(1e-9, time.monotonic() - started)
