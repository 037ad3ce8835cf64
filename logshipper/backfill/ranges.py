"""Old files, and the ranges in which they are shipped.

A range starts with a request line that follows another one, so that nothing longer than a line, such as a traceback,
is cut in two: what a range becomes does not depend on the others. One process reads a compressed file from its start to
its end; several may read the ranges of a plain one at once.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from logshipper.errors import UserError
from logshipper.follow.files import is_compressed, open_file
from logshipper.follow.fingerprint import read_fingerprint
from logshipper.follow.folders import matching
from logshipper.follow.not_text import check_text
from logshipper.follow.rotated import is_beside, locations_of
from logshipper.model import Fingerprint
from logshipper.parse.boundaries import whole_ranges
from logshipper.parse.parser import Parser

RANGE_BYTES = 16 * 2**20


@dataclass(frozen=True, slots=True)
class OldFile:
    """A file to be shipped: the log that it belongs to, the index of that log's input, and the fingerprint.

    `size` is the length of the content, -1 for a compressed file, `size_on_disk` that of the file. `growing`: it is a
    log in the settings, whose last line may not be complete. Nobody follows any other file, so its last line is taken
    as it is.
    """

    name: str
    log: str
    input_index: int
    fingerprint: Fingerprint
    size: int
    size_on_disk: int
    growing: bool


@dataclass(frozen=True, slots=True)
class FileRange:
    """A part of a file: the bytes [start, end) of its content; `end` is -1 for the rest of the file."""

    file: OldFile
    start: int
    end: int


def old_file(name: str, inputs: Sequence[Sequence[str]]) -> OldFile | None:
    """Return the file, ready to ship; None for an empty one. `inputs` are the `files` of each. Raises UserError."""
    path = os.path.abspath(name)
    input_index, log = log_of(path, inputs)
    try:
        content = open_file(path)
        check_text(content.read_at, name)
        fingerprint, size = read_fingerprint(content, final=True), content.state().size
        content.close()
        size_on_disk = os.stat(path).st_size
    except OSError as error:
        fix = "check its name and permissions, and that it is complete"
        raise UserError(f"cannot read the file: {error.strerror}", where=name, fix=fix) from error
    growing = path == log and not is_compressed(path) and _is_configured(path, inputs)
    return OldFile(path, log, input_index, fingerprint, size, size_on_disk, growing) if fingerprint else None


def log_of(path: str, inputs: Sequence[Sequence[str]]) -> tuple[int, str]:
    """Return the index of the input, and the log, that a file belongs to.

    That is the configured log whose rotated copy it may be by its name, or the file itself if it is a configured log.
    Any other file is a log of its own, and read like those of the first input.
    """
    for input_index, patterns in enumerate(inputs):
        for pattern in patterns:
            names = matching(pattern)
            owners = [name for name in names if is_beside(locations_of(name), path)]
            if owners:
                return input_index, max(owners, key=len)
            if path in names:
                return input_index, path
    return 0, path


def _is_configured(path: str, inputs: Sequence[Sequence[str]]) -> bool:
    return any(path in matching(pattern) for patterns in inputs for pattern in patterns)


def ranges(file: OldFile, parser: Parser, done: int) -> Iterator[FileRange]:
    """Yield the ranges of a file from the offset `done` on, where one starts."""
    if file.size < 0:
        yield FileRange(file, done, -1)
        return
    content = open_file(file.name)
    try:
        for start, end in whole_ranges(content.read_at, done, file.size, RANGE_BYTES, parser):
            yield FileRange(file, start, end)
    finally:
        content.close()
