"""Takes over a configuration of Telegraf: what is kept, what is written differently, what is left out, and why."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from logshipper.errors import UserError
from logshipper.settings.lines import KeyLines
from logshipper.settings.lines import Path as KeyPath
from logshipper.settings.load import read_text

# Headers that Telegraf has had under another name.
_RENAMED = re.compile(r"^(\s*)\[(tags|global)\](.*)$")
_UNSUPPORTED = re.compile(r" is not supported(?: in [\w.]+)?$")
_NOTE = re.compile(r"line (\d+): (.*)$")


@dataclass(frozen=True, slots=True)
class Remark:
    """What became of a line of the file, and why."""

    line: int
    became: Literal["kept", "translated", "left out", "wrong"]
    text: str
    why: str = ""

    def __str__(self) -> str:
        why = f": {self.why}" if self.why else ""
        return f"line {self.line}: {self.became}: {self.text}{why}"


@dataclass(frozen=True, slots=True)
class Takeover:
    """The settings, and a remark on each statement of the file; a `wrong` one needs a person."""

    text: str
    remarks: tuple[Remark, ...]


def take_over(name: str, text: str, environment: Mapping[str, str]) -> Takeover:
    """Return what becomes of a configuration. Raises UserError if it is not TOML."""
    lines = text.split("\n")
    renamed = [_RENAMED.sub(r"\1[global_tags]\3", line) for line in lines]
    new = "\n".join(renamed)
    loaded = read_text(name, new, environment)
    statements = list(_statements(tomllib.loads(new), KeyLines(new)))
    errors = {error.line: error for error in loaded.errors}
    notes = {int(found[1]): found[2] for note in loaded.notes if (found := _NOTE.search(note))}
    out = _left_out(statements, errors)
    starts = sorted({line for line, _ in statements})
    remarks, dropped = [], set[int]()
    for index, line in enumerate(starts):
        shown = lines[line - 1].strip()
        end = starts[index + 1] if index + 1 < len(starts) else len(lines) + 1
        if line in out or line in notes:
            dropped.update(range(line, _end(renamed, line, end)))
            remarks.append(Remark(line, "left out", shown, out.get(line) or notes[line]))
        elif line in errors:
            remarks.append(Remark(line, "wrong", shown, f"{errors[line].what}; {errors[line].fix}"))
        elif renamed[line - 1] != lines[line - 1]:
            remarks.append(Remark(line, "translated", shown, "it is called [global_tags]"))
        else:
            remarks.append(Remark(line, "kept", shown))
    remarks += [Remark(0, "wrong", error.what, error.fix) for error in loaded.errors if not error.line]
    kept = [line for number, line in enumerate(renamed, 1) if number not in dropped]
    return Takeover("\n".join(kept), tuple(remarks))


def _statements(table: Any, lines: KeyLines, path: KeyPath = ()) -> Iterator[tuple[int, KeyPath]]:
    """Yield the line and path of each header and key."""
    members = table.items() if isinstance(table, dict) else enumerate(table) if _is_tables(table) else ()
    for key, value in members:
        own = (*path, key)
        yield lines.of(own), own
        if isinstance(value, dict) or _is_tables(value):
            yield from _statements(value, lines, own)


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(member, dict) for member in value)


def _left_out(statements: list[tuple[int, KeyPath]], errors: Mapping[int, UserError]) -> dict[int, str]:
    """Return the lines that cannot be taken over, and why: those named in errors, and all below a header among them."""
    roots: dict[KeyPath, str] = {}
    for line, path in statements:
        error = errors.get(line)
        if error and _UNSUPPORTED.search(error.what):
            name = error.what.split(" ")[0]
            if path[-1] == name or path == tuple(name.split(".")):
                roots[path] = error.fix
    return {line: why for line, path in statements for root, why in roots.items() if path[: len(root)] == root}


def _end(lines: list[str], start: int, end: int) -> int:
    """Return the line after a statement: comments and empty lines before the next one belong to that."""
    while end - 1 > start and (not lines[end - 2].strip() or lines[end - 2].lstrip().startswith("#")):
        end -= 1
    return end


def read_telegraf(file: Path, environment: Mapping[str, str]) -> Takeover:
    """Take over a file. Raises UserError if it cannot be read."""
    try:
        text = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        what = getattr(error, "strerror", None) or "not UTF-8"
        raise UserError(f"cannot read it: {what}", where=str(file), fix="correct --from") from error
    return take_over(str(file), text, environment)
