"""Where a file may be cut, so that nothing longer than a line, such as a traceback, is cut in two."""

from logshipper.model import Chunk
from logshipper.parse.parser import Parser


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
