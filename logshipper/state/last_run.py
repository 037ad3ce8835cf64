"""Which outputs the last run wrote to, so that one whose address was corrected continues where that one stood.

An output's state folder is named after its address. Without this note an output with another address is a new one, and
with `from_beginning = false` it would start at the end: what was written while the address was wrong would be lost.
"""

import json
import logging
from collections.abc import Sequence
from pathlib import Path

from logshipper.atomic_write import replace_private

log = logging.getLogger(__name__)


def last_outputs(folder: Path) -> list[str]:
    """Return the state names of the outputs of the last run; none if that is not known."""
    try:
        found = json.loads(_file(folder).read_bytes())
    except (OSError, ValueError):
        return []
    return [name for name in found if isinstance(name, str)] if isinstance(found, list) else []


def note_outputs(folder: Path, names: Sequence[str]) -> None:
    """Note the outputs of this run. An error is logged: it matters only to an address that changes before the next."""
    try:
        replace_private(_file(folder), json.dumps(list(names)).encode())
    except OSError as error:
        log.error("%s: %s; the names of the outputs were not noted", _file(folder), error.strerror or error)


def predecessors(before: Sequence[str], now: Sequence[str]) -> dict[str, str]:
    """Return the earlier output that each present one continues or replaces, by their state names.

    It is the same output, or the one of the same kind that is gone: somebody corrected its address.
    """
    gone = [name for name in before if name not in now]
    found = {name: name for name in now if name in before}
    for name in now:
        if name not in found and (old := next((one for one in gone if _kind(one) == _kind(name)), None)):
            gone.remove(old)
            found[name] = old
    return found


def _kind(name: str) -> str:
    return name.partition("-")[0]


def _file(folder: Path) -> Path:
    return folder / "outputs.json"
