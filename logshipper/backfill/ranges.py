"""Old files and the pieces that they are shipped in.

A piece begins with a request line that follows another one, so that nothing that takes more than one line, a traceback
say, is cut in two: what becomes of a piece does not depend on the others. A compressed file is read by one process
from its beginning to its end; the pieces of a plain one may be read by several at a time.
"""

import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from logshipper.errors import UserError
from logshipper.follow.files import open_file
from logshipper.follow.fingerprint import read_fingerprint
from logshipper.follow.rotated import is_beside, locations_of
from logshipper.model import Chunk, Fingerprint
from logshipper.parse.parser import Parser

RANGE_BYTES = 16 * 2**20
_SEARCH = 2**20  # so far a beginning is looked for; where none is found the piece goes on


@dataclass(frozen=True, slots=True)
class OldFile:
    """A file to be shipped: the live log that it belongs to, the number of the input, and what it begins with.

    `size` is that of the content in bytes, -1 for a compressed file, `weight` that on the disk. `growing` tells that
    it is the live log itself, whose last line may not be complete.
    """

    name: str
    live: str
    input_index: int
    fingerprint: Fingerprint
    size: int
    weight: int
    growing: bool


@dataclass(frozen=True, slots=True)
class FileRange:
    """A part of a file, [start, end) in bytes of its content; `end` is -1 for all the rest."""

    file: OldFile
    start: int
    end: int


def old_file(name: str, inputs: Sequence[Sequence[str]]) -> OldFile | None:
    """Return the file, ready to ship; None for an empty one. `inputs` are the `files` of each. Raises UserError."""
    path = os.path.abspath(name)
    input_index, live = live_log(path, inputs)
    try:
        content = open_file(path)
        fingerprint, size = read_fingerprint(content, final=True), content.state()[0]
        content.close()
        weight = os.stat(path).st_size
    except OSError as error:
        fix = "check its name, its rights, and that it is whole"
        raise UserError(f"cannot read the file: {error.strerror}", where=name, fix=fix) from None
    return OldFile(path, live, input_index, fingerprint, size, weight, path == live) if fingerprint else None


def live_log(path: str, inputs: Sequence[Sequence[str]]) -> tuple[int, str]:
    """Return the input and the live log that a file belongs to.

    That is the log of the settings whose rotated copy it may be by its name, or itself where it is such a log. A file
    that belongs to none is a log of its own, read as the first input's.
    """
    for input_index, patterns in enumerate(inputs):
        for pattern in patterns:
            names = sorted(glob.glob(pattern, recursive=True)) if glob.has_magic(pattern) else [pattern]
            owners = [name for name in names if is_beside(locations_of(name), path)]
            if owners:
                return input_index, max(owners, key=len)
            if path in names:
                return input_index, path
    return 0, path


def ranges(file: OldFile, parser: Parser, done: int) -> Iterator[FileRange]:
    """Yield the pieces of a file from the offset `done` on, which is the beginning of one."""
    if file.size < 0:
        yield FileRange(file, done, -1)
        return
    content = open_file(file.name)
    try:
        start = done
        while start < file.size:
            end = start + RANGE_BYTES
            while end < file.size and (begin := _beginning(content.read_at(end, _SEARCH), parser)) < 0:
                end += _SEARCH
            end = min(file.size, end + begin) if end < file.size else file.size
            yield FileRange(file, start, end)
            start = end
    finally:
        content.close()


def _beginning(block: bytes, parser: Parser) -> int:
    """Return where in a block a request line follows another one; -1 where none does."""
    position = block.find(b"\n") + 1
    before = -1  # where the line before begins, if that is a request
    while position and (end := block.find(b"\n", position)) >= 0:
        if not is_request(block[position : end + 1], parser):
            before = -1
        elif before >= 0:
            return position
        else:
            before = position
        position = end + 1
    return -1


def is_request(line: bytes, parser: Parser) -> bool:
    """Tell whether a line becomes a point."""
    return bool(parser.parse(Chunk("", 1, 0, line, len(line)), parser.memory("")).points)
