"""The settings, from their declarations: table, name, type, default and help."""

import dataclasses
import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Literal, get_args, get_origin

from logshipper.settings.options import (
    OUTPUTS,
    SECRET_PARAMETERS,
    Agent,
    Grok,
    Input,
    Json,
    KafkaConsumerSettings,
    LogshipperSettings,
)
from logshipper.settings.telegraf import INERT

_TYPES: Mapping[Any, str] = {
    str: "text",
    int: "whole number",
    bool: "true or false",
    list[str]: "list of texts",
    dict[str, str]: "table of texts",
    dict[str, list[str]]: "table of lists",
}


def markdown() -> str:
    """Return a section for each table."""
    return "\n\n".join(_sections())


def without_effect() -> str:
    """Return Telegraf's settings that are read, have no effect, and harm nobody."""
    tables = []
    for table, keys in INERT.items():
        rows = "\n".join(f"| `{key}` | {why or 'only its default'} |" for key, why in keys.items())
        tables.append(f"**{table}**\n\n| setting | why |\n|---|---|\n{rows}")
    return "\n\n".join(tables)


def _sections() -> Iterator[str]:
    yield _section("[agent]", Agent)
    yield (
        '## `[global_tags]`\n\nA tag for every point: `name = "value"`. A tag of the shipper or of the input '
        "with that name wins."
    )
    yield _section("[[inputs.logparser]]", Input, also="Also called `[[inputs.tail]]`, with `data_format`.")
    yield _section("[inputs.logparser.grok]", Grok, also="In `[[inputs.tail]]` each name begins with `grok_`.")
    yield _section('[[inputs.tail]] with data_format = "json"', Json, prefix="json_", bare={"tag_keys"})
    yield _section("[[inputs.kafka_consumer]]", KafkaConsumerSettings)
    for name, kind in OUTPUTS.items():
        yield _section(f"[[outputs.{name}]]", kind)
    yield _section("[logshipper]", LogshipperSettings)


def _section(title: str, kind: type, *, also: str = "", prefix: str = "", bare: Collection[str] = ()) -> str:
    heading = f"## `{title}`" + (f"\n\n{also}" if also else "")
    options = [one for one in dataclasses.fields(kind) if "help" in one.metadata]
    defaults = kind()
    entries = (_entry(one, getattr(defaults, one.name), "" if one.name in bare else prefix) for one in options)
    return "\n\n".join([heading, *entries])


def _entry(option: "dataclasses.Field[Any]", default: Any, prefix: str) -> str:
    facts = f"*{type_of(option)}, default* {_shown(default, duration=option.metadata['duration'])}"
    help_text = option.metadata["help"]
    return f"`{prefix}{option.name}`\n: {help_text[0].upper()}{help_text[1:]} ({facts})."


def type_of(option: "dataclasses.Field[Any]") -> str:
    """Return what a setting takes, in words."""
    if option.metadata["duration"]:
        return "duration"
    if get_origin(option.type) is Literal:
        return "one of " + " ".join(f"`{_toml(choice)}`" for choice in get_args(option.type))
    return _TYPES[option.type]


def _shown(default: Any, *, duration: bool) -> str:
    if duration:
        return f'`"{default:g}s"`' if default >= 1 else f'`"{default * 1000:g}ms"`'
    if default == list(SECRET_PARAMETERS):
        return "the names that usually hold secrets: " + ", ".join(f"`{name}`" for name in default)
    return f"`{_toml(default)}`"


def _toml(value: Any) -> str:
    """Return a value as TOML writes it, which for these types is JSON."""
    return json.dumps(value)
