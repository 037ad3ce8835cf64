"""The project's files: those tracked by git or, in an unpacked sdist, all of them."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.support.processes import ROOT

MADE_HERE = {".git", ".venv", "var", "build", "dist", "__pycache__", ".hypothesis"}


def tracked(*suffixes: str) -> list[Path]:
    """Return the paths, optionally only those with one of these suffixes."""
    paths = _known_to_git() if (ROOT / ".git").exists() else list(_all_below(ROOT))
    return [path for path in paths if path.is_file() and (not suffixes or path.suffix in suffixes)]


def _known_to_git() -> list[Path]:
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in names.split("\0") if name]


def _all_below(top: Path) -> Iterator[Path]:
    for folder, names, files in os.walk(top):
        names[:] = [name for name in names if name not in MADE_HERE and not name.endswith("_cache")]
        yield from (Path(folder) / name for name in files)
