"""When a chunk cannot be parsed: its lines are parsed one by one, and those that fail alone are rejected.

A line that nobody foresaw, or that takes too long to match, is rejected; it never stops a log. Where a limit is reached
within a chunk, only the order of its lines decides, so they are parsed one by one too.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from logshipper.model import Batch, Chunk, RejectedLine, origins
from logshipper.parse.time_limit import TooSlowError
from logshipper.points import Points, joined


class OrderMattersError(Exception):
    """The lines of a chunk have reached a limit, and not all were parsed in their order."""


def parse_safely(parse: Callable[[Chunk], Batch], chunk: Chunk, undo: Callable[[], None]) -> Batch:
    """Parse a chunk; if that fails, parse it line by line. `undo` reverts what a failed attempt changed."""
    try:
        return parse(chunk)
    except Exception:  # strangers' lines caused it, so there is nothing to fix for the user
        undo()
        return _each_alone(parse, chunk, undo)


def _each_alone(parse: Callable[[Chunk], Batch], chunk: Chunk, undo: Callable[[], None]) -> Batch:
    parts: list[Batch] = []
    rejected: list[RejectedLine] = []
    for alone in _lines(chunk):
        try:
            parts.append(parse(alone))
        except Exception as error:
            undo()
            reason = str(error) if isinstance(error, TooSlowError) else f"cannot be parsed ({type(error).__name__})"
            rejected.append(RejectedLine(chunk.fingerprint, alone.offset, reason, alone.data.removesuffix(b"\n")))
    return _together(chunk, parts, rejected)


def _lines(chunk: Chunk) -> Iterator[Chunk]:
    offset = chunk.offset
    for line in chunk.data.split(b"\n")[:-1]:
        end = offset + len(line) + 1
        yield Chunk(chunk.path, chunk.fingerprint, offset, line + b"\n", end)
        offset = end


def _together(chunk: Chunk, parts: Sequence[Batch], rejected: Sequence[RejectedLine]) -> Batch:
    """Return what the lines became, as one batch; `rejected` are those that have no batch of their own."""
    noise: Counter[str] = Counter()
    for part in parts:
        noise.update(part.noise)
    lines = [line for part in parts for line in part.rejected]
    return Batch(
        chunk,
        sum(part.lines for part in parts) + len(rejected),
        joined([Points(), *(part.points for part in parts)]),
        [offset for part in parts if part.points for offset in origins(part.chunk, part.offsets)],
        joined([Points(), *(part.events for part in parts)]),
        sorted([*lines, *rejected], key=lambda line: line.offset),
        noise,
        *((parts[-1].tag_counts, parts[-1].event_state) if parts else ()),
    )
