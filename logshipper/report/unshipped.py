"""How many lines of a log that is followed are not shipped yet."""

from collections.abc import Iterator
from pathlib import Path

from logshipper.follow.files import open_file
from logshipper.follow.reader import blocks
from logshipper.report.logs import LogFile
from logshipper.state.checkpoint import CheckpointStore


def unshipped(file: LogFile, state: Path) -> Iterator[tuple[str, int]]:
    """Yield, for each output with a checkpoint of the log, its name and how many lines it does not have yet.

    The lines of a file that was rotated meanwhile do not count here.
    """
    for folder in sorted(state.glob("*/*")) if file.size >= 0 else ():
        found = CheckpointStore(folder).load(file.name) if folder.is_dir() else None
        if found is None:
            continue
        places = [one.offset for one in found.saved.bookmarks if one.fingerprint.hash == file.fingerprint.hash]
        done = any(one.fingerprint.hash == file.fingerprint.hash for one in found.saved.finished)
        if places or not done:
            yield folder.parent.name.partition("-")[0], _lines_after(file, max(places, default=0))


def _lines_after(file: LogFile, offset: int) -> int:
    content = open_file(file.name)
    try:
        return sum(block.count(b"\n") for block in blocks(content, offset, max(offset, file.size)))
    finally:
        content.close()
