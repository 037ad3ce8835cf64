"""The files that hold a period: logs and their rotated copies, read only where the period may be."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from logshipper.errors import UserError
from logshipper.follow.files import OpenFile, is_compressed, open_file
from logshipper.follow.fingerprint import read_fingerprint
from logshipper.follow.reader import blocks
from logshipper.follow.rotated import RotatedCopies
from logshipper.model import Chunk, Fingerprint
from logshipper.parse.boundaries import next_start, whole_ranges
from logshipper.parse.parser import Parser
from logshipper.points import rows_in
from logshipper.report.periods import SECOND

RANGE_BYTES = 4 * 2**20
_TAIL = 2**18
_LOOK = 2**16
_SEARCH = 2**20
# Lines are written at a request's end, with the time of its start: how much earlier that may be.
_LONGEST_REQUEST = 600 * SECOND


@dataclass(frozen=True, slots=True)
class LogFile:
    """A file with lines of a log: `size` is that of the content, -1 if it is compressed."""

    name: str
    fingerprint: Fingerprint
    size: int


@dataclass(frozen=True, slots=True)
class LogPart:
    """The bytes [start, end) of a file; `end` is -1 for the rest of it."""

    file: LogFile
    start: int
    end: int


def log_file(name: str) -> LogFile | None:
    """Return the file, None for an empty one. Raises UserError."""
    path = os.path.abspath(name)
    try:
        content = open_file(path)
        try:
            fingerprint, size = read_fingerprint(content, final=True), content.state().size
        finally:
            content.close()
    except OSError as error:
        fix = "check its name and permissions, and that it is complete"
        raise UserError(f"cannot read the file: {error.strerror}", where=name, fix=fix) from error
    return LogFile(path, fingerprint, size) if fingerprint else None


def with_copies(files: Sequence[LogFile], start: int) -> list[LogFile]:
    """Return the files and their rotated copies that were written to after `start`, oldest first.

    The same content counts once, whatever its names.
    """
    found: dict[tuple[int, int, int], LogFile] = {}
    given = {file.name for file in files}
    for file in files:
        for copy in RotatedCopies(file.name, given.__contains__).copies():
            if copy.fingerprint and copy.version[3] >= start:
                size = -1 if is_compressed(copy.name) else copy.version[2]
                _add(found, LogFile(copy.name, copy.fingerprint, size))
        _add(found, file)
    return list(found.values())


def _add(found: dict[tuple[int, int, int], LogFile], file: LogFile) -> None:
    # Logs of two servers that were started at once may begin alike, but not in one folder under names of one log.
    key = hash(os.path.dirname(file.name)), file.fingerprint.hash, file.fingerprint.length
    if key not in found or found[key].size < file.size:
        found[key] = file


def last_time(files: Sequence[LogFile], parser: Parser) -> int | None:
    """Return the time of the newest request, None without any. Compressed files count if no other has a request."""
    plain = [file for file in files if file.size >= 0]
    packed = [file for file in files if file.size < 0]
    for some in (plain, packed):
        times = [time for file in some if (time := _last_time_of(file, parser)) is not None]
        if times:
            return max(times)
    return None


def _last_time_of(file: LogFile, parser: Parser) -> int | None:
    content = open_file(file.name)
    try:
        if file.size < 0:
            end = _end_of(content)
            return _latest(end, parser, torn=len(end) == _TAIL)
        tail = _TAIL
        while True:
            start = max(0, file.size - tail)
            time = _latest(content.read_at(start, file.size - start), parser, torn=start > 0)
            if time is not None or start == 0:
                return time
            tail *= 8
    finally:
        content.close()


def _end_of(content: OpenFile) -> bytes:
    """Return the end of a compressed file, which can be read forward only."""
    end = b""
    for block in _unpacked(content):
        end = (end + block)[-_TAIL:]
    return end


def _latest(block: bytes, parser: Parser, *, torn: bool = True) -> int | None:
    """Return the latest time of the requests in a block, None without any; `torn`: its first line is not whole."""
    block += b"" if block.endswith(b"\n") else b"\n"
    start, end = block.find(b"\n") + 1 if torn else 0, len(block)
    points = parser.parse(Chunk("", 1, 0, block[start:end], end - start), parser.memory("")).points
    return max((row[2] for row in rows_in(points)), default=None)


def parts(file: LogFile, parser: Parser, start: int) -> Iterator[LogPart]:
    """Yield the parts of a file that may hold requests after the time `start`."""
    if file.size < 0:
        yield LogPart(file, file.fingerprint.start, -1)
        return
    content = open_file(file.name)
    try:
        first = _first_offset(content, file, parser, start - _LONGEST_REQUEST)
        for offset, end in whole_ranges(content.read_at, first, file.size, RANGE_BYTES, parser):
            yield LogPart(file, offset, end)
    finally:
        content.close()


def _first_offset(content: OpenFile, file: LogFile, parser: Parser, time: int) -> int:
    """Return an offset, at the start of a line, before the first request at `time` or later."""
    low, high = file.fingerprint.start, file.size
    while high - low > RANGE_BYTES:
        middle = (low + high) // 2
        block = content.read_at(middle, _LOOK)
        latest = _latest(block, parser)
        start = next_start(block, parser)
        if latest is None or start < 0:
            break
        if latest >= time:
            high = middle
        else:
            low = middle + start
    return low


def blocks_of(file: LogFile) -> Iterator[tuple[int, bytes]]:
    """Yield the offset and the bytes of each MiB of a file."""
    content = open_file(file.name)
    try:
        offset = 0
        for block in blocks(content, 0, file.size) if file.size >= 0 else _unpacked(content):
            yield offset, block
            offset += len(block)
    finally:
        content.close()


def _unpacked(content: OpenFile) -> Iterator[bytes]:
    offset = 0
    while block := content.read_at(offset, _SEARCH):
        offset += len(block)
        yield block
