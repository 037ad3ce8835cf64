"""When the application was started or reloaded: uWSGI writes that into its log."""

from collections.abc import Iterator, Sequence

from logshipper.model import DEPLOYS, Chunk
from logshipper.parse.parser import Parser
from logshipper.points import AnyPoints, rows_in
from logshipper.report.logs import LogFile, blocks_of

# Words of the messages that `uwsgi.messages` knows. A client may send them too, so the parser decides.
_WORDS = (b"*** Starting uWSGI ", b"killing workers...", b"chain reload starting", b" has been touched... ")
_BEFORE, _AFTER = 2**16, 2**14
_MOST = 200  # messages of one file that are looked at, the last ones


def deploys(files: Sequence[LogFile], parser: Parser) -> list[int]:
    """Return the times of all starts and reloads."""
    found: set[int] = set()
    for file in files:
        for text, offset in list(_candidates(file))[-_MOST:]:
            found.update(_times(text, offset, file, parser))
    return sorted(found)


def _candidates(file: LogFile) -> Iterator[tuple[bytes, int]]:
    """Yield the surroundings of each place that may be such a message, and their offset."""
    text, start, done = b"", 0, 0  # `text` is at the offset `start`; up to `done` it was searched
    for offset, block in blocks_of(file):
        text, start = text + block, offset - len(text)
        # What follows a place belongs to its surroundings, so the end waits for the next block.
        limit = start + len(text) - _AFTER
        yield from _places(text, start, done, limit)
        done = max(done, limit)
        text = text[-_BEFORE - _AFTER :]
    yield from _places(text, offset + len(block) - len(text), done, offset + len(block)) if text else ()


def _places(text: bytes, start: int, done: int, limit: int) -> Iterator[tuple[bytes, int]]:
    position = max(0, done - start)
    while 0 <= (place := _next(text, position)) < limit - start:
        first = text.rfind(b"\n", 0, max(0, place - _BEFORE)) + 1
        last = text.rfind(b"\n", 0, place + _AFTER) + 1
        if last > place:
            yield text[first:last], start + first
        position = max(last, place + 1)


def _next(text: bytes, start: int) -> int:
    """Return the index of the first of the words after the start, -1 if there is none."""
    return min((at for word in _WORDS if (at := text.find(word, start)) >= 0), default=-1)


def _times(text: bytes, offset: int, file: LogFile, parser: Parser) -> Iterator[int]:
    memory = parser.memory(file.name)
    batch = parser.parse(Chunk(file.name, file.fingerprint.hash, offset, text, offset + len(text)), memory)
    yield from _of_kind(batch.events)
    yield from _of_kind(parser.finish(memory))


def _of_kind(events: AnyPoints) -> Iterator[int]:
    for shape, values, time in rows_in(events):
        if values[shape.names.index("kind")] in DEPLOYS:
            yield time
