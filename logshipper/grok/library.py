"""The named patterns: pygrok's library, this project's own over it, the user's over both."""

import functools
import re
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path

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
                mend="write NAME, a space, and the pattern",
            )
        found[definition[1]] = definition[2]
    return found


def own_folder() -> Path:
    """Return the folder of this project's pattern files: in the checkout, or as installed with the package."""
    installed = Path(__file__).resolve().parent.parent / "grok_patterns"
    return installed if installed.is_dir() else installed.parent.parent / "grok_patterns"


@functools.cache
def _stock() -> Mapping[str, str]:
    with warnings.catch_warnings():
        # pygrok 1.0.0 holds an escape that newer Pythons warn about when they compile the module.
        warnings.simplefilter("ignore")
        from pygrok import Grok
    patterns = {name: pattern.regex_str for name, pattern in Grok("").predefined_patterns.items()}
    for file in sorted(own_folder().iterdir()):
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
                mend="mend custom_pattern_files",
            ) from None
        patterns.update(parse_definitions(text, str(file)))
    for where, text in texts:
        patterns.update(parse_definitions(text, where))
    return patterns
