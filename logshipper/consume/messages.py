"""From a message to a batch: line protocol is checked, so that one bad line stops no other."""

import re
from collections.abc import Sequence

from logshipper.hashing import digest
from logshipper.kafka.member import Received
from logshipper.model import Batch, Chunk, RejectedLine
from logshipper.points import Points

EMPTY = "an empty message"
INVALID = "not line protocol"

# Possessive, so that each byte is looked at once: messages come from others. Runs of plain bytes come first, for speed.
_NAME = rb"(?![#, \n])[^\\, \n]*+(?:\\[^\n][^\\, \n]*+)*+"
_PART = rb"(?![, =\n])[^\\, =\n]*+(?:\\[^\n][^\\, =\n]*+)*+"
_HEAD = rb"%b(?:,%b=%b)*+ ++" % (_NAME, _PART, _PART)
_BARE = rb"[-+.0-9A-Za-z]++"
_TIME = rb" ++(-?[0-9]{1,19})"
# In whole messages strings have no newlines, so that the points are the lines.
_LINE_STRING = rb'"[^"\\\n]*+(?:\\[^\n][^"\\\n]*+)*+"'
_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'


def _point(string: bytes, time: bytes) -> bytes:
    field = rb"%b=(?:%b|%b)" % (_PART, _BARE, string)
    return rb"%b%b(?:,%b)*+%b *+\n" % (_HEAD, field, field, time)


_WHOLE = re.compile(rb"(?:%b)++" % _point(_LINE_STRING, _TIME))
_ONE = re.compile(_point(_STRING, rb"(?:%b)?+" % _TIME), re.DOTALL)


def batch_of(message: Received) -> Batch:
    """Return what a message becomes. The same message becomes the same points whenever it is read again."""
    data = message.value if message.value.endswith(b"\n") else message.value + b"\n"
    topic, partition = message.key
    chunk = Chunk(f"{topic}/{partition}", fingerprint(message), 0, data, len(data))
    if _WHOLE.fullmatch(data):
        count = data.count(b"\n")
        return Batch(chunk, count, Points(data, count))
    if not message.value:
        return Batch(chunk, 1, rejected=[RejectedLine(chunk.fingerprint, 0, EMPTY)])
    return _line_by_line(chunk, message.timestamp)


def fingerprint(message: Received) -> int:
    """Return what a message is known by in the quarantine."""
    return digest(f"{message.key[0]}/{message.key[1]}/{message.offset}".encode())


def _line_by_line(chunk: Chunk, timestamp: int) -> Batch:
    texts: list[bytes] = []
    offsets: list[int] = []
    rejected: list[RejectedLine] = []
    comments = position = 0
    while position < len(chunk.data):
        found = _ONE.match(chunk.data, position)
        end = found.end() if found else chunk.data.index(b"\n", position) + 1
        text = chunk.data[position:end]
        if found:
            # A point without a time gets the message's, and one of its own: writing it again must not make another.
            texts.append(text if found[1] else b"%b %d\n" % (text.rstrip(b" \n"), timestamp * 10**6 + len(texts)))
            offsets.append(position)
        elif text.startswith(b"#"):
            comments += 1
        elif text.strip():
            rejected.append(RejectedLine(chunk.fingerprint, position, INVALID, text[:-1]))
        position = end
    lines = len(texts) + len(rejected) + comments
    noise = {"comment": comments} if comments else {}
    return Batch(chunk, lines, _joined(texts), offsets, rejected=rejected, noise=noise)


def _joined(texts: Sequence[bytes]) -> Points:
    return Points.of([text[:-1].decode("latin-1") for text in texts])
