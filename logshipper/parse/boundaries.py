"""Where a file may be cut, so that nothing longer than a line, such as a traceback, is cut in two."""

from collections.abc import Callable, Iterator

from logshipper.model import Chunk
from logshipper.parse.parser import Parser

_SEARCH = 2**20  # look this far for the start of the next range; without one the range goes on


def whole_ranges(
    read_at: Callable[[int, int], bytes], start: int, size: int, step: int, parser: Parser
) -> Iterator[tuple[int, int]]:
    """Yield the first and the last offset of the ranges of a file from `start` to `size`, each of `step` bytes or more.

    `read_at(offset, length)` reads the file.
    """
    while start < size:
        end = start + step
        while end < size and (found := next_start(read_at(end, _SEARCH), parser)) < 0:
            end += _SEARCH
        end = min(size, end + found) if end < size else size
        yield start, end
        start = end


def next_start(block: bytes, parser: Parser) -> int:
    """Return the offset in a block of a request line that follows another one; -1 if there is none."""
    start = block.find(b"\n") + 1
    is_after_request = False
    while start and (end := block.find(b"\n", start)) >= 0:
        if not is_request(block[start : end + 1], parser):
            is_after_request = False
        elif is_after_request:
            return start
        else:
            is_after_request = True
        start = end + 1
    return -1


def is_request(line: bytes, parser: Parser) -> bool:
    """Return whether a line becomes a point."""
    return bool(parser.parse(Chunk("", 1, 0, line, len(line)), parser.memory("")).points)
