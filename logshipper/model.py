"""What goes from stage to stage: follow gives chunks, parse makes batches of them, outputs take the bytes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Chunk:
    """A block of whole lines of one file.

    `path` is the live log's name, whichever rotated copy the bytes were read from. `identity` is the hash of the
    content's first line (see `follow.identity`), `offset` the place of `data[0]` in that content, in bytes.
    `data` ends with a newline. `last` is true where that newline had to be added: the file ended without one.
    `oversize` tells that `data` is empty and that [offset, end) is one line too long to be taken into memory.
    """

    path: str
    identity: int
    offset: int
    data: bytes
    end: int
    last: bool = False
    oversize: bool = False


@dataclass(frozen=True, slots=True)
class Aside:
    """A line that becomes no point: its place in the content, and why. The bytes are without the newline."""

    offset: int
    line: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class Batch:
    """What a chunk has become.

    `points` are lines of line protocol as text in which each character is one byte (latin-1), so that the bytes of the
    log pass unchanged; `origins[i]` is the offset of the line that `points[i]` came from. `lines` counts the lines
    read, without empty ones; `noise` those of them that are no request, by kind, and `events` are the points made of
    these. `tag_counts` tells how many values of each tag were admitted when the chunk was done, `event_state` what is
    known of events that were not over then.
    """

    path: str
    identity: int
    offset: int
    end: int
    lines: int
    points: Sequence[str]
    origins: Sequence[int]
    events: Sequence[str] = ()
    asides: Sequence[Aside] = ()
    noise: Mapping[str, int] = field(default_factory=dict)
    tag_counts: Mapping[str, int] = field(default_factory=dict)
    event_state: Mapping[str, Any] = field(default_factory=dict)


def encode_points(points: Sequence[str]) -> bytes:
    """Return points as line protocol, each with its newline; nothing for none."""
    return "\n".join([*points, ""]).encode("latin-1")
