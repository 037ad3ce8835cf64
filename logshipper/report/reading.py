"""Counts the requests of log files, in several processes if that pays: each takes the next part until none is left."""

import contextlib
import gc
import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import connection
from multiprocessing.connection import Connection
from typing import Any

from logshipper.account import Account, OnProgress, total, unseen
from logshipper.errors import RunError
from logshipper.follow.files import open_file
from logshipper.follow.fingerprint import bookmark_at
from logshipper.follow.reader import FileChanged, Reader
from logshipper.model import Bookmark
from logshipper.parse.parser import Parser
from logshipper.points import rows_in
from logshipper.report.logs import LogPart
from logshipper.report.periods import Period
from logshipper.report.routes import OTHER, Names
from logshipper.report.tally import Counting, Tally

_CHUNK_BYTES = 3 * 2**15
# Below this a second process costs more than it saves.
_WORTH_A_PROCESS = 4 * 2**20
_LOOK = 0.1  # seconds between two looks at how far the processes are
_UNPACKS_TO = 8  # times the size of a compressed file, about


@dataclass(frozen=True, slots=True)
class ReportCounts:
    """What was counted in each period, and what became of the lines."""

    tallies: Sequence[Tally]
    account: Account


@dataclass(frozen=True, slots=True)
class Job:
    """What each process needs to know."""

    parts: Sequence[LogPart]
    parser: Parser
    periods: Sequence[Period]
    names: Names
    clean_uri: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class _Share:
    """What one process has counted; `known` are the names that it admitted, if it could not admit all."""

    tallies: Sequence[Tally]
    account: Account
    known: set[str] | None


def count(job: Job, progress: OnProgress = unseen) -> ReportCounts:
    """Count all parts. Raises RunError if one of them cannot be read."""
    sizes = [part.end - part.start if part.end >= 0 else _packed_size(part) for part in job.parts]
    processes = min(len(os.sched_getaffinity(0)), len(job.parts), 1 + sum(sizes) // _WORTH_A_PROCESS)

    def begun(parts: int) -> None:
        progress(sum(sizes[:parts]), sum(sizes), Account())

    shares = _in_processes(job, processes, begun) if processes > 1 else [_count_parts(job, iter(job.parts))]
    return _together(shares, len(job.periods))


def _packed_size(part: LogPart) -> int:
    with contextlib.suppress(OSError):
        return os.stat(part.file.name).st_size * _UNPACKS_TO
    return 0


def _together(shares: Sequence[_Share], periods: int) -> ReportCounts:
    """Add up what the processes have counted. A name that one of them did not admit is `(other)` in all."""
    full = [share.known for share in shares if share.known is not None]
    tallies = [Tally() for _ in range(periods)]
    for share in shares:
        for tally, more in zip(tallies, share.tallies, strict=True):
            if full:
                more.keep_names(set.intersection(*full) | {OTHER})
            tally.merge(more)
    return ReportCounts(tallies, total(share.account for share in shares))


def _in_processes(job: Job, processes: int, begun: Callable[[int], None]) -> list[_Share]:
    """Count in processes, and say now and then how many parts they have begun with."""
    context = multiprocessing.get_context("fork")
    taken = context.Value("l", 0)
    pipes, workers = [], []
    for _ in range(processes):
        ours, theirs = context.Pipe(duplex=False)
        worker = context.Process(target=_work, args=(theirs, job, taken), daemon=True)
        worker.start()
        theirs.close()  # so that the end of the process is the end of its pipe
        pipes.append(ours)
        workers.append(worker)
    try:
        while not connection.wait(pipes, _LOOK):
            begun(max(0, taken.value - processes))
        return [_received(pipe) for pipe in pipes]
    finally:
        for worker in workers:
            worker.terminate()
            worker.join()


def _received(pipe: Connection) -> _Share:
    try:
        found = pipe.recv()
    except EOFError:
        raise RunError("one of the report's processes was killed", fix="run the report again") from None
    if isinstance(found, BaseException):
        raise found
    return found  # type: ignore[no-any-return]


def _work(pipe: Connection, job: Job, taken: Any) -> None:
    def following() -> Iterator[LogPart]:
        while True:
            with taken.get_lock():
                index, taken.value = taken.value, taken.value + 1
            if index >= len(job.parts):
                return
            yield job.parts[index]

    try:
        pipe.send(_count_parts(job, following()))
    except Exception as error:  # the parent reports it
        pipe.send(error)


def _count_parts(job: Job, parts: Iterable[LogPart]) -> _Share:
    counting, account = Counting(job.periods, job.names, job.clean_uri), Account()
    # A chunk makes thousands of tuples and no cycle: looking for cycles as often as usual would take a third more time.
    before = gc.get_threshold()
    gc.set_threshold(100_000, 50, 100)
    try:
        for part in parts:
            _count_part(part, job.parser, counting, account)
    finally:
        gc.set_threshold(*before)
    return _Share(counting.tallies, account, job.names.known if job.names.overflowed else None)


def _count_part(part: LogPart, parser: Parser, counting: Counting, account: Account) -> None:
    file = part.file
    try:
        content = open_file(file.name)
        try:
            bookmark = (
                Bookmark(file.fingerprint, part.start)
                if part.start <= file.fingerprint.start
                else bookmark_at(file.fingerprint, part.start, content)
            )
            memory = parser.memory(file.name)
            for chunk in Reader(file.name, content, bookmark).rest(_CHUNK_BYTES, part.end):
                batch = parser.parse(chunk, memory)
                counting.take(rows_in(batch.points))
                counting.take(rows_in(batch.events))
                account.take(batch.lines)
                account.settle(batch.sent().outcome())
            counting.take(rows_in(parser.finish(memory)))
        finally:
            content.close()
    except FileChanged:
        raise RunError("the file was truncated while it was read", where=file.name, fix="run it again") from None
    except OSError as error:
        fix = "check that it is complete, and still there"
        raise RunError(f"cannot read the file: {error.strerror}", where=file.name, fix=fix) from error
