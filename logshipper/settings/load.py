"""Read a TOML file into `Settings`; all errors are reported together, each with its line."""

import dataclasses
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

from logshipper.errors import Location, UserError, raise_all
from logshipper.settings import nearest
from logshipper.settings.lines import KeyLines
from logshipper.settings.lines import Path as KeyPath
from logshipper.settings.options import (
    OUTPUTS,
    Agent,
    Grok,
    Input,
    Json,
    KafkaConsumerSettings,
    Located,
    LogshipperSettings,
    Settings,
)
from logshipper.settings.telegraf import HARMLESS, INERT, PLUGINS
from logshipper.settings.values import InvalidValueError, expand, option_value

T = TypeVar("T")

_INPUTS = ("logparser", "tail")
_CONSUMER = "kafka_consumer"
_SECTIONS = ("agent", "logshipper", "global_tags", "inputs", "outputs")
_RENAMED = {"fieldinclude": "fieldpass", "fieldexclude": "fielddrop"}
# A saved offset always comes first here, so both forms mean the same.
_OFFSETS = {"beginning": True, "saved-or-beginning": True, "end": False, "saved-or-end": False}
_GROK_KEYS = {f"grok_{field.name}": field.name for field in dataclasses.fields(Grok) if field.name != "measurement"}
_JSON_KEYS = {f"json_{field.name}": field.name for field in dataclasses.fields(Json)} | {"tag_keys": "tag_keys"}


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings; notes about keys without effect, logged at the start; errors. A wrong key has its default value."""

    settings: Settings
    notes: tuple[str, ...] = ()
    errors: tuple[UserError, ...] = ()


def load(file: Path, environment: Mapping[str, str] = os.environ) -> Loaded:
    """Read a settings file. Raises UserError, for all that is wrong in it together."""
    loaded = read(file, environment)
    raise_all(loaded.errors)
    return loaded


def read(file: Path, environment: Mapping[str, str] = os.environ) -> Loaded:
    """Read a settings file. Raises UserError only if it is not TOML."""
    try:
        text = file.read_text("utf-8-sig")
    except OSError as error:
        fix = "correct --config, or make the file readable"
        raise UserError(f"cannot read the settings: {error.strerror}", where=str(file), fix=fix) from error
    except UnicodeDecodeError as error:
        raise UserError("the settings are not UTF-8", where=str(file), fix="save the file as UTF-8") from error
    return read_text(str(file), text, environment)


def read_text(name: str, text: str, environment: Mapping[str, str]) -> Loaded:
    """Read the text of a settings file with this name. Raises UserError only if it is not TOML."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        what, line = re.sub(r" \(at .*\)$", "", str(error)), re.search(r"line (\d+)", str(error))
        where = Location(name, int(line[1]) if line else text.count("\n") + 1)
        raise UserError(f"invalid TOML: {what}", where=where, fix="fix that line") from error
    return _Loader(name, table, KeyLines(text), environment).run()


class _Loader:
    """Collects settings, notes and errors."""

    def __init__(self, name: str, table: dict[str, Any], lines: KeyLines, environment: Mapping[str, str]) -> None:
        self.name, self.table, self.lines, self.environment = name, table, lines, environment
        self.notes: list[str] = []
        self.errors: list[UserError] = []

    def run(self) -> Loaded:
        for key in self.table:
            if key not in _SECTIONS:
                self.unknown(key)
        outputs: dict[str, list[Any]] = {name: [] for name in OUTPUTS}
        for path, table in self.plugins("outputs", OUTPUTS):
            name = str(path[1])
            inert = {**INERT["outputs"], **INERT.get(f"outputs.{name}", {})}
            outputs[name].append(self.build(OUTPUTS[name], table, path, inert))
        inputs, consumers = [], []
        for path, table in self.plugins("inputs", (*_INPUTS, _CONSUMER)):
            if path[1] == _CONSUMER:
                consumers.append(self.build(KafkaConsumerSettings, table, path, INERT["inputs.kafka_consumer"]))
            else:
                inputs.append(self.input(path, table))
        settings = Settings(
            agent=self.build(Agent, self.table.get("agent", {}), ("agent",), INERT["agent"]),
            logshipper=self.build(LogshipperSettings, self.table.get("logshipper", {}), ("logshipper",)),
            global_tags=self.tags(self.table.get("global_tags", {}), ("global_tags",)),
            inputs=inputs,
            kafka_consumer=consumers,
            **outputs,
        )
        if not (inputs or consumers) and "inputs" not in self.table:
            self.error("no input", (), "add [[inputs.logparser]] with the files to follow")
        if not any(outputs.values()) and "outputs" not in self.table:
            self.error("no output", (), "add [[outputs.influxdb]] or [[outputs.sqlite]]")
        errors = sorted(self.errors, key=lambda error: error.line)
        return Loaded(settings, tuple(self.notes), tuple(errors))

    def unknown(self, key: str) -> None:
        """Report a key that belongs in no section, or each plugin of a kind that is not supported."""
        names = self.table[key] if key in PLUGINS and isinstance(self.table[key], dict) else ()
        for name in names:
            self.error(f"{key}.{name} is not supported", (key, name), nearest.fix(key, _SECTIONS))
        if not names:
            self.error(f"{key} is not supported", (key,), nearest.fix(key, _SECTIONS))

    def plugins(self, kind: str, supported: Iterable[str]) -> Iterable[tuple[KeyPath, Any]]:
        """Yield path and table of each plugin; report unsupported ones."""
        group = self.table.get(kind, {})
        if not isinstance(group, dict) or (kind in self.table and not group):
            self.error(f"{kind} is not a table", (kind,), f"write [[{kind}.NAME]]")
            return
        for name, tables in group.items():
            if name not in supported:
                fix = nearest.plugin_fix(f"{kind}.{name}", [f"{kind}.{other}" for other in supported])
                self.error(f"{kind}.{name} is not supported", (kind, name), fix)
            elif isinstance(tables, list):
                yield from (((kind, name, index), table) for index, table in enumerate(tables))
            else:
                yield (kind, name), tables

    def input(self, path: KeyPath, table: Any) -> Input:
        if not isinstance(table, dict):
            return self.build(Input, table, path)
        table, json = dict(table), None
        grok_table, grok_path = table.pop("grok", {}), (*path, "grok")
        if path[1] == "tail":
            if grok_table:
                self.error(
                    "grok is not supported in inputs.tail", grok_path, "write its keys as grok_patterns and so on"
                )
            grok_table, json = self.tail_format(table, path)
            grok_path = path
        offset = table.pop("initial_read_offset", None)
        if offset is not None:
            table["from_beginning"] = _OFFSETS.get(offset, False)
            if offset not in _OFFSETS:
                what = f"unknown initial_read_offset {offset!r}"
                self.error(what, (*path, "initial_read_offset"), f"use one of {', '.join(_OFFSETS)}")
        names = _GROK_KEYS if path[1] == "tail" else {}
        grok = self.build(Grok, grok_table, grok_path, names={short: long for long, short in names.items()})
        built = self.build(Input, table, path, INERT["inputs"])
        if not built.files and "files" not in built.locations:
            self.error("no files", path, 'files = ["/var/log/uwsgi/app.log"]')
        elif not built.files and not table["files"]:
            self.error("files is empty", (*path, "files"), 'files = ["/var/log/uwsgi/app.log"]')
        return dataclasses.replace(built, grok=grok, json=json, plugin=cast("Any", path[1]))

    def tail_format(self, table: dict[str, Any], path: KeyPath) -> tuple[dict[str, Any], Json | None]:
        """Move the keys of the data format out of the table; return those of grok, and the JSON settings."""
        data_format = table.pop("data_format", None)
        if data_format is None:
            what = 'data_format is not set, which means "influx" as in Telegraf; that is not supported'
            self.error(what, path, 'add data_format = "grok" or "json"')
        elif data_format not in ("grok", "json"):
            what = f"data_format = {data_format!r} is not supported"
            self.error(what, (*path, "data_format"), 'set data_format = "grok" or "json"')
        grok = {short: table.pop(long) for long, short in _GROK_KEYS.items() if long in table}
        if data_format != "json":
            return grok, None
        keys = {short: table.pop(long) for long, short in _JSON_KEYS.items() if long in table}
        return grok, self.build(Json, keys, path, names={short: long for long, short in _JSON_KEYS.items()})

    def build(
        self,
        kind: type[T],
        table: Any,
        path: KeyPath,
        inert: Mapping[str, str] | None = None,
        names: Mapping[str, str] | None = None,
    ) -> T:
        """Return the settings of a table; `names` are those of options that are named differently in the file."""
        section, names, inert = _section(path), names or {}, inert or {}
        if not isinstance(table, dict):
            self.error(f"{section} is not a table", path, f"write [{section}]")
            table = {}
        options = {field.name: field for field in dataclasses.fields(kind) if field.metadata}  # type: ignore[arg-type]
        values: dict[str, Any] = {}
        locations = {"": self.location(path)}
        for key, value in table.items():
            name, key_path = _RENAMED.get(key, key), (*path, names.get(key, key))
            if name in options:
                locations |= self.locations(name, key_path, value)
                try:
                    values[name] = option_value(options[name], value, self.environment)
                except InvalidValueError as invalid:
                    self.error(invalid.what, key_path, invalid.fix)
            elif key in inert and value in HARMLESS.get((str(path[0]), key), (value,)):
                why = f": {inert[key]}" if inert[key] else ""
                self.notes.append(f"{self.location(key_path)}: {key} has no effect here{why}")
            else:
                shown = f" = {value!r}" if key in inert else ""
                self.error(f"{key}{shown} is not supported in {section}", key_path, nearest.fix(key, options, section))
        if issubclass(kind, Located):
            values["locations"] = locations
        return kind(**values)

    def tags(self, table: Any, path: KeyPath) -> dict[str, str]:
        if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
            self.error(f"{_section(path)} takes strings", path, 'write name = "value"')
            return {}
        found = {}
        for key, value in table.items():
            try:
                found[key] = expand(value, self.environment)
            except InvalidValueError as invalid:
                self.error(invalid.what, (*path, key), invalid.fix)
        return found

    def error(self, what: str, path: KeyPath, fix: str) -> None:
        self.errors.append(UserError(what, where=self.location(path), fix=fix))

    def location(self, path: KeyPath) -> Location:
        return Location(self.name, self.lines.of(path))

    def locations(self, name: str, path: KeyPath, value: Any) -> dict[str, Location]:
        """Return the locations of a key: its own, those of its members, that of its text."""
        found = {name: self.location(path)}
        if isinstance(value, list):
            found |= {f"{name}[{index}]": self.location((*path, index)) for index in range(len(value))}
        elif isinstance(value, str):
            found[f"{name}:"] = Location(self.name, self.lines.content(path))
        return found


def _section(path: KeyPath) -> str:
    return ".".join(part for part in path if isinstance(part, str))
