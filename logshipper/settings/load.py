"""Read a TOML file into `Settings`; an unsupported key is an error that names its line."""

import dataclasses
import difflib
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin

from logshipper.errors import UserError
from logshipper.settings.lines import KeyLines
from logshipper.settings.options import (
    INERT,
    Agent,
    FileOutputSettings,
    Grok,
    InfluxDB1,
    InfluxDB2,
    Input,
    Json,
    Located,
    LogshipperSettings,
    Settings,
    SqliteSettings,
)

T = TypeVar("T")

_VARIABLE = re.compile(r"\$(?:\{(\w+)(?::-([^}]*))?\}|(\w+))")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(h|ms|m|us|µs|ns|s)")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_OUTPUTS = {
    "influxdb": InfluxDB1,
    "influxdb_v2": InfluxDB2,
    "file": FileOutputSettings,
    "sqlite": SqliteSettings,
}
_INPUTS = ("logparser", "tail")
# In these, $ is part of the pattern unless the variable is set.
_PATTERN_KEYS = ("patterns", "custom_patterns", "grok_patterns", "grok_custom_patterns")
_HINTS = {
    ("outputs.influxdb_v2", "password"): "InfluxDB 2.x takes a token instead of a password: token = \"$INFLUX_TOKEN\"",
    ("outputs.influxdb_v2", "username"): "InfluxDB 2.x takes a token instead of a user: token = \"$INFLUX_TOKEN\"",
    ("outputs.influxdb_v2", "database"): "InfluxDB 2.x has a bucket instead of a database: bucket = \"telegraf\"",
    ("outputs.influxdb", "token"): "InfluxDB 1.x takes username and password; for a token use [[outputs.influxdb_v2]]",
    ("outputs.influxdb", "bucket"): "InfluxDB 1.x has a database, not a bucket; for 2.x use [[outputs.influxdb_v2]]",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings, and notes for the start: keys that are accepted but have no effect here."""

    settings: Settings
    notes: tuple[str, ...]


def load(file: Path, environment: Mapping[str, str] = os.environ) -> Loaded:
    """Read a settings file. Raises UserError."""
    try:
        text = file.read_text("utf-8")
    except OSError as error:
        fix = "correct --config, or make the file readable"
        raise UserError(f"cannot read the settings: {error.strerror}", where=str(file), fix=fix) from None
    except UnicodeDecodeError:
        raise UserError("the settings are not UTF-8", where=str(file), fix="save the file as UTF-8") from None
    return _Loader(str(file), text, environment).run()


class _Loader:
    def __init__(self, name: str, text: str, environment: Mapping[str, str]) -> None:
        self.name, self.environment = name, environment
        self.lines = KeyLines(text)
        self.notes: list[str] = []
        try:
            self.table = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise UserError(f"invalid TOML: {error}", where=name, fix="fix that line") from None

    def run(self) -> Loaded:
        known = ("agent", "logshipper", "global_tags", "inputs", "outputs")
        for key in self.table:
            if key not in known:
                self.unknown(key, known, key, 0)
        outputs: dict[str, list[Any]] = {name: [] for name in _OUTPUTS}
        for name, index, table in self.tables("outputs", _OUTPUTS):
            outputs[name].append(self.build(_OUTPUTS[name], table, f"outputs.{name}", index, INERT["outputs"]))
        inputs = [self.input(name, index, table) for name, index, table in self.tables("inputs", _INPUTS)]
        settings = Settings(
            agent=self.build(Agent, self.table.get("agent", {}), "agent", 0, INERT["agent"]),
            logshipper=self.build(LogshipperSettings, self.table.get("logshipper", {}), "logshipper", 0),
            global_tags=self.strings(self.table.get("global_tags", {}), "global_tags"),
            inputs=inputs,
            **outputs,
        )
        if not inputs:
            raise UserError("no input", where=self.name, fix="add [[inputs.logparser]] with the files to follow")
        if not any(outputs.values()):
            raise UserError("no output", where=self.name, fix="add [[outputs.influxdb]] or [[outputs.sqlite]]")
        return Loaded(settings, tuple(self.notes))

    def tables(self, kind: str, known: Iterable[str]) -> Iterable[tuple[str, int, dict[str, Any]]]:
        group = self.table.get(kind, {})
        for name, tables in group.items() if isinstance(group, dict) else ():
            if name not in known:
                self.unknown(f"{kind}.{name}", [f"{kind}.{other}" for other in known], f"{kind}.{name}", 0)
            for index, table in enumerate(tables if isinstance(tables, list) else [tables]):
                yield name, index, table

    def input(self, name: str, index: int, table: dict[str, Any]) -> Input:
        section = f"inputs.{name}"
        table = dict(table)
        json = None
        if name == "tail":
            table["grok"], json = self.tail_format(table, section, index)
        offset = table.pop("initial_read_offset", None)
        if offset is not None:
            table["from_beginning"] = self.read_offset(offset, section, index)
        grok_table = table.pop("grok", {})
        grok_section = f"{section}.grok" if name == "logparser" else section
        grok = self.build(Grok, grok_table, grok_section, index)
        built = self.build(Input, table, section, index, INERT["inputs"])
        if not built.files:
            raise self.error("no files", section, index, "files", 'files = ["/var/log/uwsgi/app.log"]')
        return dataclasses.replace(built, grok=grok, json=json)

    def tail_format(self, table: dict[str, Any], section: str, index: int) -> tuple[dict[str, Any], Json | None]:
        """Move the keys of the data format out of the table; return those of grok, and the JSON settings."""
        data_format = table.pop("data_format", None)
        if data_format not in ("grok", "json"):
            fix = 'data_format = "grok" or "json"'
            raise self.error(f"data_format {data_format!r} is not supported", section, index, "data_format", fix)
        names = {field.name: f"grok_{field.name}" for field in dataclasses.fields(Grok)}
        del names["measurement"]
        grok = {name: table.pop(long) for name, long in names.items() if long in table}
        if data_format == "grok":
            return grok, None
        keys = {field.name: f"json_{field.name}" for field in dataclasses.fields(Json)} | {"tag_keys": "tag_keys"}
        json_table = {name: table.pop(long) for name, long in keys.items() if long in table}
        return grok, self.build(Json, json_table, section, index)

    def read_offset(self, value: Any, section: str, index: int) -> bool:
        # A saved offset always comes first here, so both forms mean the same.
        offsets = {"beginning": True, "saved-or-beginning": True, "end": False, "saved-or-end": False}
        if value not in offsets:
            raise self.error(
                f"unknown initial_read_offset {value!r}",
                section,
                index,
                "initial_read_offset",
                f"use one of {', '.join(offsets)}",
            )
        return offsets[value]

    def build(self, kind: type[T], table: Any, section: str, index: int, inert: Mapping[str, str] | None = None) -> T:
        if not isinstance(table, dict):
            raise self.error(f"{section} is not a table", section, index, "", f"write [{section}]")
        options = {field.name: field for field in dataclasses.fields(kind) if field.metadata}  # type: ignore[arg-type]
        values = {}
        for key, value in table.items():
            if key in (inert or {}):
                self.note(section, index, key, (inert or {})[key])
            elif key not in options:
                self.unknown(key, options, section, index)
            else:
                values[key] = self.value(options[key], value, section, index)
        if issubclass(kind, Located):
            values["locations"] = {key: self.location(section, index, key) for key in ("", *table)}
        return kind(**values)

    def value(self, option: "dataclasses.Field[Any]", value: Any, section: str, index: int) -> Any:
        key, kind = option.name, option.type
        value = self.expand(value, section, index, key)
        if option.metadata["duration"]:
            return self.duration(value, section, index, key)
        if get_origin(kind) is Literal:
            if value not in get_args(kind):
                raise self.error(
                    f"unknown value {key} = {value!r}",
                    section,
                    index,
                    key,
                    f"use one of {', '.join(map(repr, get_args(kind)))}",
                )
            return value
        plain: Any = get_origin(kind) or kind
        good = isinstance(value, plain) and not (plain is int and isinstance(value, bool))
        if good and plain in (list, dict):
            members = value if plain is list else value.values()
            good = all(isinstance(member, str) for member in members)
        if not good:
            raise self.error(f"{key} has the wrong type", section, index, key, f"it takes {_type_name(kind)}")
        return value

    def duration(self, value: Any, section: str, index: int, key: str) -> float:
        if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
            return float(value)
        parts = _DURATION.findall(value) if isinstance(value, str) else []
        if not parts or "".join(number + unit for number, unit in parts) != value:
            raise self.error(f"{key} = {value!r} is not a duration", section, index, key, 'write it as "5s" or "250ms"')
        return sum(float(number) * _SECONDS[unit] for number, unit in parts)

    def expand(self, value: Any, section: str, index: int, key: str) -> Any:
        """Replace environment variables, in strings only, so that a value cannot add settings."""
        if isinstance(value, list):
            return [self.expand(member, section, index, key) for member in value]
        if isinstance(value, dict):
            return {name: self.expand(member, section, index, name) for name, member in value.items()}
        if not isinstance(value, str):
            return value

        def replace(found: re.Match[str]) -> str:
            name = found[1] or found[3]
            if name in self.environment:
                return self.environment[name]
            if found[2] is not None:
                return found[2]
            if key in _PATTERN_KEYS:
                return found[0]
            raise self.error(f"the environment variable {name} is not set", section, index, key, f"export {name}=…")

        return _VARIABLE.sub(replace, value)

    def strings(self, table: Any, section: str) -> dict[str, str]:
        if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
            raise self.error(f"{section} takes strings", section, 0, "", 'write name = "value"')
        return {key: self.expand(value, section, 0, key) for key, value in table.items()}

    def note(self, section: str, index: int, key: str, why: str) -> None:
        line = self.lines.of(section, index, key)
        self.notes.append(f"{self.name}, line {line}: {key} has no effect here" + (f": {why}" if why else ""))

    def unknown(self, key: str, known: Iterable[str], section: str, index: int) -> None:
        fix = _HINTS.get((section, key), "")
        if not fix:
            last = {name.rpartition(".")[2]: name for name in known}
            near = difflib.get_close_matches(key.rpartition(".")[2], list(last), 1, 0.6)
            fix = f"did you mean {last[near[0]]}?" if near else f"use one of {', '.join(last.values())}"
        what = f"{key} is not supported" + ("" if section == key else f" in {section}")
        raise self.error(what, section, index, key if section != key else "", fix)

    def error(self, what: str, section: str, index: int, key: str, fix: str) -> UserError:
        return UserError(what, where=self.location(section, index, key), fix=fix)

    def location(self, section: str, index: int, key: str) -> str:
        line = self.lines.of(section, index, key)
        return f"{self.name}, line {line}" if line else self.name


def _type_name(kind: Any) -> str:
    names = {str: "a string", int: "a whole number", bool: "true or false", list[str]: 'a list: ["…"]'}
    return names.get(kind, "a table of strings")
