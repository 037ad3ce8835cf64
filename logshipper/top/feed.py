"""Where the lines come from: the end of the log first, then what is appended to it, whatever rotates."""

from collections.abc import Iterator

from logshipper.errors import UserError
from logshipper.follow.follower import Follower
from logshipper.follow.reader import blocks
from logshipper.model import Batch, Chunk
from logshipper.parse.boundaries import next_start
from logshipper.parse.parser import FileMemory, Parser
from logshipper.points import rows_in
from logshipper.report.logs import log_file
from logshipper.report.periods import SECOND

_CHUNK_BYTES = 2**17
_FIRST_LOOK, _LONGEST_LOOK = 2**19, 2**24
_SEARCH = 2**20


class Feed:
    """Reads one log."""

    def __init__(self, name: str, parser: Parser) -> None:
        """Begin at the end of the log. Raises UserError if it cannot be read."""
        file = log_file(name)
        self.parser = parser
        self.path = file.name if file else name
        if file and file.size < 0:
            raise UserError("nothing is appended to a compressed file", where=name, fix="logshipper report reads it")
        self._follower = Follower([self.path], from_end=True, recall=lambda path: None)
        self._follower.discover()
        self._memory: FileMemory = parser.memory(self.path)

    def recent(self, seconds: int) -> Iterator[Batch]:
        """Yield the lines that were there at the start, as far back as `seconds` before the newest request."""
        readers = [reader for log in self._follower for reader in log.readers if reader is log.live]
        if not readers:
            return
        content, end = readers[0].content, readers[0].offset
        look = _FIRST_LOOK
        while True:
            start = max(0, end - look)
            data = b"".join(blocks(content, start, end))
            if start:
                first = max(0, next_start(data[:_SEARCH], self.parser))
                start, data = start + first, data[first:]
            batch = self._parsed(data, start)
            if start == 0 or look >= _LONGEST_LOOK or _reaches_back(batch, seconds):
                yield batch
                return
            look *= 4

    def _parsed(self, data: bytes, offset: int) -> Batch:
        return self.parser.parse(Chunk(self.path, 1, offset, data, offset + len(data)), self.parser.memory(self.path))

    def appended(self) -> Iterator[Batch]:
        """Yield what was appended since the last call."""
        self._follower.discover()
        for log in self._follower:
            log.poll()
            while found := log.read(_CHUNK_BYTES):
                reader, reading = found
                yield self.parser.parse(reading.chunk, self._memory)
                log.settle(reader, reading.bookmark)

    def close(self) -> None:
        """Close the log."""
        self._follower.close()


def _reaches_back(batch: Batch, seconds: int) -> bool:
    """Return whether the oldest request is older than the window."""
    times = [row[2] for row in rows_in(batch.points)]
    return bool(times) and max(times) - min(times) > seconds * SECOND
