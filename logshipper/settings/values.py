"""Values of settings: environment variables, durations, and the types of options."""

import dataclasses
import re
from collections.abc import Callable, Mapping
from typing import Any, Literal, get_args, get_origin

from logshipper.durations import nanoseconds

_VARIABLE = re.compile(r"\$(?:\{(\w+)(?::-([^}]*))?\}|(\w+))")
# Telegraf's reference to a secret store, such as @{vault:token}.
_SECRET_REFERENCE = re.compile(r"@\{\w+:\w+\}")
# In these, $ is part of the pattern unless the variable is set.
_PATTERN_KEYS = ("patterns", "custom_patterns")
_TYPES: Mapping[Any, str] = {
    str: "a string", int: "a whole number", bool: "true or false", list[str]: 'a list: ["…"]',
    dict[str, str]: 'a table of strings: { name = "…" }', dict[str, list[str]]: 'a table of lists: { name = ["…"] }',
}  # fmt: skip


class InvalidValueError(Exception):
    """A value that a setting cannot have, with the fix."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(what)
        self.what, self.fix = what, fix


def option_value(option: "dataclasses.Field[Any]", value: Any, environment: Mapping[str, str]) -> Any:
    """Return the value of an option, with variables replaced. Raises InvalidValueError."""
    name, kind = option.name, option.type
    if name not in _PATTERN_KEYS and isinstance(value, str) and _SECRET_REFERENCE.search(value):
        fix = "take it from the environment ($VAR), or for a password or token from password_file or token_file"
        raise InvalidValueError(f"{name} refers to a secret store, which is not supported", fix)
    value = expand(value, environment, name in _PATTERN_KEYS)
    if option.metadata["duration"]:
        return duration(name, value)
    if get_origin(kind) is Literal:
        if value not in get_args(kind) or isinstance(value, bool):
            choices = ", ".join(f'"{choice}"' if isinstance(choice, str) else str(choice) for choice in get_args(kind))
            raise InvalidValueError(f"unknown value {name} = {value!r}", f"use one of {choices}")
        return value
    if not _is_of(value, kind):
        raise InvalidValueError(f"{name} has the wrong type", f"it takes {_TYPES[kind]}")
    return value


def _is_of(value: Any, kind: Any) -> bool:
    plain, members = get_origin(kind) or kind, get_args(kind)
    if not isinstance(value, plain) or (plain is int and isinstance(value, bool)):
        return False
    if plain is list:
        return all(_is_of(member, members[0]) for member in value)
    return plain is not dict or all(_is_of(member, members[1]) for member in value.values())


def duration(name: str, value: Any) -> float:
    """Return a duration in seconds. Raises InvalidValueError."""
    if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
        return float(value)
    found = nanoseconds(value) if isinstance(value, str) else None
    if found is None:
        raise InvalidValueError(f"{name} = {value!r} is not a duration", 'write it as "5s" or "250ms"')
    return found / 1e9


def expand(value: Any, environment: Mapping[str, str], keep_unset: bool = False) -> Any:
    """Replace environment variables, in strings only, so that a value cannot add settings.

    A variable that is not set raises InvalidValueError, or stays as it is with `keep_unset`.
    """
    if isinstance(value, list):
        return [expand(member, environment, keep_unset) for member in value]
    if isinstance(value, dict):
        return {name: expand(member, environment, keep_unset) for name, member in value.items()}
    return _VARIABLE.sub(_replacement(environment, keep_unset), value) if isinstance(value, str) else value


def _replacement(environment: Mapping[str, str], keep_unset: bool) -> Callable[[re.Match[str]], str]:
    def replace(found: re.Match[str]) -> str:
        name = found[1] or found[3]
        if name in environment:
            return environment[name]
        if found[2] is not None:
            return found[2]
        if keep_unset:
            return found[0]
        raise InvalidValueError(f"the environment variable {name} is not set", f"export {name}=…")

    return replace
