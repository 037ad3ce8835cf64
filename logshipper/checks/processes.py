"""Which processes have a log open, or hold a lock, from /proc: nothing is asked, so nobody is disturbed.

Without root only the processes of the same user can be seen; what cannot be seen is not reported.
"""

import contextlib
import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

_DELETED = " (deleted)"


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that has a file open; `writes` whether for writing, `deleted` whether the name is gone."""

    pid: int
    name: str
    file: str
    writes: bool = False
    deleted: bool = False

    def __str__(self) -> str:
        return f"{self.name} (pid {self.pid})"


def holders(files: Collection[str], proc: Path = Path("/proc")) -> list[Holder]:
    """Return who has one of these files open, once for each process and file."""
    wanted = {os.path.realpath(file): file for file in files}
    found = {(one.pid, one.file, one.writes): one for pid in _pids(proc) for one in _held(proc / pid, wanted)}
    return list(found.values())


def _pids(proc: Path) -> Iterator[str]:
    own = str(os.getpid())
    with contextlib.suppress(OSError):
        yield from (name for name in os.listdir(proc) if name.isdecimal() and name != own)


def _held(process: Path, wanted: dict[str, str]) -> Iterator[Holder]:
    with contextlib.suppress(OSError):
        for number in os.listdir(process / "fd"):
            with contextlib.suppress(OSError):
                target = os.readlink(process / "fd" / number)
                plain = target.removesuffix(_DELETED)
                if plain in wanted:
                    yield Holder(
                        int(process.name), name_of(process), wanted[plain], _writes(process, number), plain != target
                    )


def _writes(process: Path, number: str) -> bool:
    text = (process / "fdinfo" / number).read_text()
    flags = next((line.split()[1] for line in text.splitlines() if line.startswith("flags:")), "0")
    return bool(int(flags, 8) & os.O_ACCMODE)


def name_of(process: Path) -> str:
    """Return what a process is called: of an interpreter, the program that it runs."""
    with contextlib.suppress(OSError):
        words = [os.path.basename(word) for word in (process / "cmdline").read_text().split("\0")]
        if "logshipper" in words:
            return "logshipper"
        return words[0].rstrip(":") or (process / "comm").read_text().strip()
    return "a process"


def lock_holder(file: Path, proc: Path = Path("/proc")) -> int:
    """Return the process that holds a lock on the file, 0 if nobody does. Trying the lock would keep others from it."""
    try:
        found = os.stat(file)
        locks = [words for line in (proc / "locks").read_text().splitlines() if len(words := line.split()) > 5]
    except OSError:
        return 0
    of_inode = {words[5]: int(words[4]) for words in locks if words[5].endswith(f":{found.st_ino}")}
    major, minor = os.major(found.st_dev), os.minor(found.st_dev)
    if pid := of_inode.get(f"{major:02x}:{minor:02x}:{found.st_ino}"):
        return pid
    # btrfs and overlayfs, as in a container, have another such number in the list than for whoever asks.
    unnamed = [pid for name, pid in of_inode.items() if major == 0 and name.startswith("00:")]
    return next((pid for pid in unnamed if name_of(proc / str(pid)) == "logshipper"), 0)
