"""The named patterns: pygrok's library, then this project's, then the user's; later ones win."""

import functools
import importlib.util
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from logshipper import package_data
from logshipper.errors import Location, UserError, raise_all

_DEFINITION = re.compile(r"^([\w.-]+)\s+(\S.*)$")


class Patterns(dict[str, str]):
    """Patterns by name; `locations` says where the user's own are defined."""

    def __init__(self, patterns: Mapping[str, str]) -> None:
        super().__init__(patterns)
        self.locations: dict[str, Location] = {}


def parse_definitions(text: str, where: Location) -> dict[str, tuple[str, Location]]:
    """Return {name: (pattern, location)} of a pattern file: `NAME pattern` on each line; `#` begins a comment.

    `where` is the location of the first line. Raises UserError, for all invalid lines together.
    """
    found: dict[str, tuple[str, Location]] = {}
    errors = []
    for number, raw in enumerate(text.splitlines()):
        line = raw.strip().removeprefix("\ufeff")
        if not line or line.startswith("#"):
            continue
        definition = _DEFINITION.match(line)
        if not definition:
            what, fix = f"not a pattern definition: {line!r}", "write NAME, a space and the pattern"
            errors.append(UserError(what, where=where.below(number), fix=fix))
            continue
        found[definition[1]] = definition[2], where.below(number)
    raise_all(errors)
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
            definitions = parse_definitions(file.read_text("utf-8"), Location(str(file), 1))
            patterns |= {name: pattern for name, (pattern, _) in definitions.items()}
    return patterns


def library(files: Iterable[Path] = (), texts: Iterable[tuple[Location, str]] = ()) -> Patterns:
    """Return all patterns by name.

    `files` are the user's pattern files, `texts` pairs of (location of the first line, definitions); later
    ones win. Raises UserError.
    """
    patterns = Patterns(_stock())
    own: dict[str, tuple[str, Location]] = {}
    for file in files:
        try:
            text = file.read_text("utf-8-sig")
        except OSError as error:
            raise UserError(
                f"cannot read the pattern file: {error.strerror}",
                where=str(file),
                fix="correct custom_pattern_files, or make the file readable",
            ) from error
        except UnicodeDecodeError as error:
            raise UserError("the pattern file is not UTF-8", where=str(file), fix="save the file as UTF-8") from error
        own |= parse_definitions(text, Location(str(file), 1))
    for where, text in texts:
        own |= parse_definitions(text, where)
    for name, (pattern, location) in own.items():
        patterns[name], patterns.locations[name] = pattern, location
    return patterns
