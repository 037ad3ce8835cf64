"""The named patterns: pygrok's library, then this project's, then the user's; later ones win."""

import functools
import importlib.util
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from logshipper import package_data
from logshipper.errors import UserError

_DEFINITION = re.compile(r"^(\w+)\s+(\S.*)$")


def parse_definitions(text: str, where: str) -> dict[str, str]:
    """Return {name: pattern} for a pattern file: `NAME pattern` on each line; `#` begins a comment."""
    found: dict[str, str] = {}
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        definition = _DEFINITION.match(line)
        if not definition:
            raise UserError(
                f"the name {line!r} has no pattern",
                where=f"{where}, line {number}",
                fix="write NAME, a space and the pattern",
            )
        found[definition[1]] = definition[2]
    return found


def _pygrok_folder() -> Path:
    """Return the folder of pygrok's pattern files.

    Locate the package without importing it: the import would load a regex engine that is not used here, and cost
    memory and start-up time.
    """
    found = importlib.util.find_spec("pygrok")
    if found is None or not found.submodule_search_locations:
        raise UserError("the package pygrok is missing", fix="pip install pygrok")
    return Path(found.submodule_search_locations[0]) / "patterns"


def _pygrok_definitions(text: str) -> dict[str, str]:
    """Return {name: pattern}, split at the first space as pygrok does."""
    lines = [line.strip() for line in text.splitlines()]
    parts = [line.partition(" ") for line in lines if line and not line.startswith("#")]
    return {name: pattern.strip() for name, _, pattern in parts}


@functools.cache
def _stock() -> Mapping[str, str]:
    patterns: dict[str, str] = {}
    for file in sorted(_pygrok_folder().iterdir()):
        patterns.update(_pygrok_definitions(file.read_text("utf-8")))
    for file in sorted(package_data.folder("grok_patterns").iterdir()):
        if not file.name.endswith((".md", ".py")):
            patterns.update(parse_definitions(file.read_text("utf-8"), str(file)))
    return patterns


def library(files: Iterable[Path] = (), texts: Iterable[tuple[str, str]] = ()) -> dict[str, str]:
    """Return all patterns by name.

    `files` are the user's pattern files, `texts` pairs of (location, definitions); later ones win.
    """
    patterns = dict(_stock())
    for file in files:
        try:
            text = file.read_text("utf-8")
        except OSError as error:
            raise UserError(
                f"cannot read the pattern file: {error.strerror}",
                where=str(file),
                fix="correct custom_pattern_files, or make the file readable",
            ) from None
        patterns.update(parse_definitions(text, str(file)))
    for where, text in texts:
        patterns.update(parse_definitions(text, where))
    return patterns
