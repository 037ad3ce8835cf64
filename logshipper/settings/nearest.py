"""The fix for a key or section that is not supported: the nearest name, or where the key belongs."""

import dataclasses
import difflib
from collections.abc import Iterable

from logshipper.settings.options import OUTPUTS, Agent, Grok, Input, Json, LogshipperSettings
from logshipper.settings.telegraf import INSTEAD, TABLES

_HOMES = {
    "agent": Agent, "inputs.logparser.grok": Grok, "inputs.logparser": Input, "inputs.tail": Input,
    **{f"outputs.{name}": kind for name, kind in OUTPUTS.items()}, "logshipper": LogshipperSettings,
}  # fmt: skip
_CLOSE = 0.75


def fix(key: str, supported: Iterable[str], section: str = "") -> str:
    """Return the fix for a key in a section; for a top-level key or table the section is empty."""
    names = list(supported)
    kind = section.partition(".")[0]
    instead = INSTEAD.get((section, key)) or INSTEAD.get((kind, key)) or (not section and TABLES.get(key))
    if instead:
        return instead
    tail_name = _tail_name(key, section)
    if tail_name:
        return f"in inputs.tail write {tail_name}"
    if section == "inputs.logparser" and key.startswith("grok_"):
        return f"write {key.removeprefix('grok_')} in [inputs.logparser.grok]"
    near = difflib.get_close_matches(key, names, 1, _CLOSE)
    homes = [home for home, kind_of in _HOMES.items() if home != section and key in _names(kind_of)]
    if near and not (homes and near[0] != key):
        return f"did you mean {near[0]}?"
    if homes:
        home = next((home for home in homes if home.partition(".")[0] == kind), homes[0])
        return f"it belongs in {_header(home)}"
    return f"remove it, or use one of {', '.join(names)}"


def plugin_fix(name: str, supported: Iterable[str]) -> str:
    """Return the fix for an unsupported plugin such as `inputs.cpu`."""
    if name in TABLES:
        return TABLES[name]
    last = {one.partition(".")[2]: one for one in supported}
    near = difflib.get_close_matches(name.partition(".")[2], list(last), 1, _CLOSE)
    return f"did you mean {last[near[0]]}?" if near else TABLES[name.partition(".")[0]]


def _tail_name(key: str, section: str) -> str:
    if section != "inputs.tail":
        return ""
    if key != "measurement" and key in _names(Grok):
        return f"grok_{key}"
    return f"json_{key}" if key in _names(Json) else ""


def _header(section: str) -> str:
    return f"[[{section}]]" if section.count(".") == 1 else f"[{section}]"


def _names(kind: type) -> list[str]:
    return [field.name for field in dataclasses.fields(kind) if field.metadata]
