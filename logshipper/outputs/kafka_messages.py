"""Points as messages: those of one host and log together, each message no larger than the brokers take."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from logshipper import line_protocol
from logshipper.points import Points

TOO_LARGE = "the point is larger than a message may be"
LONGEST_KEY = 1024


@dataclass(frozen=True, slots=True)
class KeyedMessage:
    """A message: line protocol, and the key that decides its partition, None for any partition."""

    key: bytes | None
    body: bytes


@dataclass(slots=True)
class Packed:
    """The messages of a write, and the points that fit into none: index -> reason."""

    messages: list[KeyedMessage] = field(default_factory=list)
    rejected: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Keys:
    """Makes keys: always `fixed`, if that is given, otherwise the values of these tags.

    Without any of the tags, a point has no key.
    """

    tags: Sequence[str] = ()
    fixed: str = ""

    def of(self, tags: Mapping[str, str]) -> bytes | None:
        """Return the key of a point with these tags."""
        if self.fixed:
            return self.fixed.encode()
        return " ".join(tags[name] for name in self.tags if name in tags).encode("latin-1")[:LONGEST_KEY] or None


def pack(points: Points, keys: Keys, limit: int) -> Packed:
    """Return the points as messages of at most `limit` bytes, in order for each key."""
    packed = Packed()
    same, key = _one_key(points, keys)
    if same:
        _cut(packed, key, points.body, limit)
        return packed
    groups: dict[bytes | None, list[tuple[int, bytes]]] = {}
    for index, one in enumerate(_split(points)):
        head = line_protocol.read_head(one.decode("latin-1"))[1]
        groups.setdefault(keys.of(head), []).append((index, one))
    for key, members in groups.items():
        _gather(packed, key, members, limit)
    return packed


def _one_key(points: Points, keys: Keys) -> tuple[bool, bytes | None]:
    """Return whether all points have one key, and that key. Counting in the bytes is faster than reading each point."""
    if points.ends or not points:
        return False, None
    tags = {} if keys.fixed else line_protocol.read_head(points.body.split(b"\n", 1)[0].decode("latin-1"))[1]
    for name in () if keys.fixed else keys.tags:
        label = f",{line_protocol.key(name)}=".encode("latin-1")
        if name in tags:
            label += line_protocol.tag(tags[name]).encode("latin-1")
            found = points.body.count(label + b",") + points.body.count(label + b" ")
            if found != len(points):
                return False, None
        elif label in points.body:
            return False, None
    return True, keys.of(tags)


def _cut(packed: Packed, key: bytes | None, body: bytes, limit: int) -> None:
    """Cut line protocol without newlines inside of points, after the last point that fits."""
    start = 0
    while start < len(body):
        end = len(body) if len(body) - start <= limit else body.rfind(b"\n", start, start + limit) + 1
        if end > start:
            packed.messages.append(KeyedMessage(key, body[start:end]))
        else:
            end = body.index(b"\n", start) + 1
            packed.rejected[body.count(b"\n", 0, start)] = TOO_LARGE
        start = end


def _split(points: Points) -> list[bytes]:
    bounds = [0, *points.ends] if points.ends else None
    if bounds is None:
        return [line + b"\n" for line in points.body.split(b"\n")[:-1]]
    return [points.body[start:end] for start, end in pairwise(bounds)]


def _gather(packed: Packed, key: bytes | None, members: Sequence[tuple[int, bytes]], limit: int) -> None:
    """Join points of one key until the next one does not fit."""
    parts: list[bytes] = []
    size = 0
    for index, one in members:
        if len(one) > limit:
            packed.rejected[index] = TOO_LARGE
            continue
        if size + len(one) > limit:
            packed.messages.append(KeyedMessage(key, b"".join(parts)))
            parts, size = [], 0
        parts.append(one)
        size += len(one)
    if parts:
        packed.messages.append(KeyedMessage(key, b"".join(parts)))
