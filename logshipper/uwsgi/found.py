"""Finds uWSGI's configuration: that of a server that runs, or one in the usual places."""

import contextlib
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

# Options that name a configuration, and the ends of the names of such files.
_OPTIONS = {"--ini", "-i", "--yaml", "-y", "--json", "-j", "--xml", "-x"}
_FILE = re.compile(r"\.(?:ini|ya?ml|json|xml)(?::[\w.-]+)?$")
# What a configuration's own section begins with.
SECTION = re.compile(r"^(?:\[uwsgi\]|uwsgi:|\s*<uwsgi>)\s*$", re.MULTILINE)
_PLACES = ("/etc/uwsgi/apps-enabled", "/etc/uwsgi/vassals", "/etc/uwsgi.d", "/etc/uwsgi")


@dataclass(frozen=True, slots=True)
class FoundConfiguration:
    """A configuration, and the process that runs with it; 0 if none does."""

    file: str
    pid: int = 0


def configurations(
    folder: Path, proc: Path = Path("/proc"), places: Sequence[str] = _PLACES
) -> list[FoundConfiguration]:
    """Return the configurations of running servers; without any, those in `folder`; without any, the machine's."""
    running = {one.file: one for one in _running(proc)}
    if running:
        return list(running.values())
    here = [FoundConfiguration(file) for file in _in(folder)]
    return here or [FoundConfiguration(file) for place in places for file in _in(Path(place))]


def _running(proc: Path) -> Iterator[FoundConfiguration]:
    with contextlib.suppress(OSError):
        for pid in sorted((name for name in os.listdir(proc) if name.isdecimal()), key=int):
            with contextlib.suppress(OSError):
                words = (proc / pid / "cmdline").read_text("utf-8", "surrogateescape").split("\0")
                if os.path.basename(words[0]) not in ("uwsgi", "uwsgi-core", "pyuwsgi"):
                    continue
                folder = os.readlink(proc / pid / "cwd")
                for name in _named(words[1:]):
                    yield FoundConfiguration(os.path.normpath(os.path.join(folder, name)), int(pid))


def _named(words: Sequence[str]) -> Iterator[str]:
    """Yield the configurations that a command line names."""
    for before, word in zip(("", *words), words, strict=False):
        option, _, value = word.partition("=")
        if before in _OPTIONS or (_FILE.search(word) and not word.startswith("-")):
            yield word
        elif option in _OPTIONS and value:
            yield value


def _in(folder: Path) -> Iterator[str]:
    """Yield the files of a folder that hold a configuration."""
    with contextlib.suppress(OSError):
        for file in sorted(folder.iterdir()):
            if _FILE.search(file.name) and file.is_file():
                with contextlib.suppress(OSError):
                    if SECTION.search(file.read_text("latin-1")[: 2**16]):
                        yield str(file)
