"""Reads the options of a uWSGI configuration: ini, yaml, json or xml.

Values are read as uWSGI reads them: `%%` is a percent sign, `%n` and the like come from the file's name, `$(NAME)`
from the environment, `%(name)` from an option above. What is not set there stays as it is, in uWSGI too; log-format has
variables of its own in the form `%(name)`. `ini = FILE:SECTION`, `include` and `inherit` read another file.
"""

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from logshipper.errors import UserError

Options = list[tuple[str, str]]

_INCLUDES = {"ini", "yaml", "yml", "json", "js", "xml", "include", "inherit"}
_MAGIC = re.compile(r"%(.)", re.DOTALL)
_PLACEHOLDER = re.compile(r"%\(([^()]+)\)")
_ENVIRONMENT = re.compile(r"\$\(([^()]+)\)")
_DEEPEST = 10


def read_options(path: Path, section: str = "uwsgi", depth: int = 0) -> Options:
    """Return the options of a file in order; an included file's options replace the include.

    An option without a value has "". Raises UserError for a file that cannot be read.
    """
    if depth > _DEEPEST:
        raise UserError("the files include each other", where=str(path), fix="remove one include")
    try:
        text = path.read_text("utf-8", errors="surrogateescape")
    except OSError as error:
        raise UserError(
            f"cannot read the configuration: {error.strerror}", where=str(path), fix="check its name and permissions"
        ) from error
    reader = _READERS.get(path.suffix.lower(), _ini)
    options: Options = []
    for key, raw in reader(_magic(text, path), section, path):
        value = _substituted(raw, options)
        if key in _INCLUDES:
            options += _included(value, path, section, depth)
        elif key in ("set", "set-placeholder", "set-ph"):
            name, _, content = value.partition("=")
            options.append((name, content))
        else:
            options.append((key, value))
    return options


def values(options: Options, *names: str) -> list[str]:
    """Return all values of an option, under any of its names, in order."""
    return [value for key, value in options if key in names]


def is_set(options: Options, *names: str) -> bool:
    """Return whether a switch is on; "false", "off", "no" and "0" leave it off."""
    given = values(options, *names)
    return bool(given) and given[-1].lower() not in ("false", "off", "0", "no")


def unset_in(value: str) -> str:
    """Return the environment variable `$(NAME)` in a value that is not set here, though it may be for uWSGI; or ""."""
    found = _ENVIRONMENT.search(value)
    return found[0] if found else ""


def _magic(text: str, path: Path) -> str:
    full = path.absolute()
    letters = {
        "%": "%", "(": "%(", "o": str(path), "p": str(full), "s": full.name, "d": f"{full.parent}/",
        "n": full.stem, "e": full.suffix[1:], "c": full.parent.name, "h": os.uname().nodename,
    }  # fmt: skip
    letters |= {letter.upper(): value for letter, value in letters.items() if letter in "opsdnec"}
    return _MAGIC.sub(lambda found: letters.get(found[1], found[0] if found[1] == "\n" else ""), text)


def _substituted(value: str, options: Options) -> str:
    known = dict(options)
    value = _ENVIRONMENT.sub(lambda found: os.environ.get(found[1], found[0]), value)
    return _PLACEHOLDER.sub(lambda found: known.get(found[1], found[0]), value)


def _included(value: str, path: Path, section: str, depth: int) -> Options:
    name, colon, asked = value.rpartition(":")
    file, part = (name, asked) if colon else (value, section)
    return read_options(path.parent / file if file else path, part or section, depth + 1)


def _ini(text: str, section: str, path: Path) -> Iterator[tuple[str, str]]:
    current, found = "", False
    for raw in text.splitlines():
        line = raw.strip(" \t\r")
        if line.startswith("["):
            current = line[1:-1]
        elif line and line[0] not in ";#" and current == section:
            found = True
            key, _, value = line.partition("=")
            yield key.strip(" \t"), value.strip(" \t")
    if not found:
        raise UserError(f"no section [{section}]", where=str(path), fix=f"name the right one: {path}:SECTION")


def _yaml(text: str, section: str, path: Path) -> Iterator[tuple[str, str]]:
    """Read the subset of YAML that uWSGI itself reads: a mapping of plain values and of lists of them."""
    inside, found, key = False, False, ""
    for raw in text.splitlines():
        line = re.sub(r"(^|\s)#(?=(?:[^'\"]|'[^']*'|\"[^\"]*\")*$).*", "", raw).rstrip()
        if not line or line == "---":
            continue
        if not line[0].isspace():
            inside = line.rstrip(":").strip() == section
            continue
        if not inside:
            continue
        found = True
        item = line.strip()
        if item.startswith("- "):
            yield key, _unquoted(item[2:])
            continue
        key, _, value = item.partition(":")
        if value.strip():
            yield key.strip(), _unquoted(value)
    if not found:
        raise UserError(f"no mapping called {section!r}", where=str(path), fix=f"name the right one: {path}:KEY")


def _unquoted(text: str) -> str:
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    if len(text) > 1 and text[0] == text[-1] == "'":
        return text[1:-1].replace("''", "'")
    return text


def _json(text: str, section: str, path: Path) -> Iterator[tuple[str, str]]:
    try:
        content = json.loads(text)[section]
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"not a JSON object with the key {section!r}", where=str(path), fix=f"name the right key: {path}:KEY"
        ) from error
    for key, value in dict(content).items():
        for one in value if isinstance(value, list) else [value]:
            yield key, _plain(one)


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _xml(text: str, section: str, path: Path) -> Iterator[tuple[str, str]]:
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - the administrator's own file
    except ElementTree.ParseError as error:
        raise UserError(f"invalid XML: {error}", where=str(path), fix="fix that line") from error
    for element in [root] if root.tag == section else root.findall(section):
        for option in element:
            yield option.tag, (option.text or "").strip()


_READERS: dict[str, Callable[[str, str, Path], Iterator[tuple[str, str]]]] = {
    ".ini": _ini, ".yaml": _yaml, ".yml": _yaml, ".json": _json, ".js": _json, ".xml": _xml,
}  # fmt: skip
