"""The named patterns: pygrok's library, this project's own over it, the user's over both."""

import functools
import importlib.util
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from logshipper import package_data
from logshipper.errors import UserError

_DEFINITION = re.compile(r"^(\w+)\s+(\S.*)$")


def parse_definitions(text: str, where: str) -> dict[str, str]:
    """Return {name: pattern} of a pattern file's text: `NAME pattern` a line, `#` begins a comment."""
    found: dict[str, str] = {}
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        definition = _DEFINITION.match(line)
        if not definition:
            raise UserError(
                f"no pattern after the name {line!r}",
                where=f"{where}, line {number}",
                fix="write NAME, a space, and the pattern",
            )
        found[definition[1]] = definition[2]
    return found


def _pygrok_folder() -> Path:
    """Return the folder of pygrok's pattern files.

    The package is found, not imported: with it would come an engine for expressions that nothing here uses, which
    takes memory and a part of the start-up's time.
    """
    found = importlib.util.find_spec("pygrok")
    if found is None or not found.submodule_search_locations:
        raise UserError("the package pygrok is missing", fix="pip install pygrok")
    return Path(found.submodule_search_locations[0]) / "patterns"


def _pygrok_definitions(text: str) -> dict[str, str]:
    """Return {name: pattern}, reading the lines as pygrok does: the name goes to the first space."""
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
    """Return every known pattern by name.

    `files` are the user's pattern files, `texts` pairs of (where it stands, definitions); later ones win.
    """
    patterns = dict(_stock())
    for file in files:
        try:
            text = file.read_text("utf-8")
        except OSError as error:
            raise UserError(
                f"cannot read the pattern file: {error.strerror}",
                where=str(file),
                fix="fix custom_pattern_files",
            ) from None
        patterns.update(parse_definitions(text, str(file)))
    for where, text in texts:
        patterns.update(parse_definitions(text, where))
    return patterns
