"""uWSGI's log encoders: what each does to a line, expressed as what it does to the line's pattern."""

import json
import re
from dataclasses import dataclass, replace

from logshipper.errors import UserError
from logshipper.uwsgi.format_pattern import literal
from logshipper.uwsgi.strftime import date_format

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_MESSAGES = ("msg", "msgnl")
_NUMBERS = {"unix": "unix", "micros": "unix_us", "millis": "unix_ms"}
# What stands for a variable while a template is parsed as JSON: 7 digits that no template has.
_MARK = 7_403_000


@dataclass(frozen=True, slots=True)
class Encoded:
    """The patterns (without anchors) of a line after the encoders so far; the other fields are those of `RequestLog`.

    `ends_line`: a json encoder's template writes the newline itself.
    """

    patterns: tuple[str, ...]
    custom: tuple[str, ...] = ()
    message_key: str = ""
    time_key: str = ""
    time_format: str = ""
    ends_line: bool = False
    notes: tuple[str, ...] = ()


def encoder_name(encoder: str) -> str:
    """Return which encoder an option's value names; `nl:errors` is for the logger of that name."""
    return encoder.partition(" ")[0].partition(":")[0]


def encoded(encoder: str, before: Encoded) -> Encoded:
    """Return what one encoder makes of the lines.

    `encoder` is the option's value: a name, a space, its argument. Raises UserError for an encoder that does not
    write lines of text.
    """
    name, argument = encoder_name(encoder), encoder.partition(" ")[2]
    if name == "json":
        return _json(argument, encoder, before)
    if name == "nl":
        return before
    if name == "prefix":
        return replace(before, patterns=tuple(literal(argument) + pattern for pattern in before.patterns))
    if name == "suffix":
        # uWSGI writes it after the newline: every line but the first begins with it.
        return replace(before, patterns=tuple(f"(?:{literal(argument)})?+{pattern}" for pattern in before.patterns))
    if name == "format":
        return replace(before, patterns=tuple(_formatted(argument, pattern) for pattern in before.patterns))
    raise UserError(f"the encoder {name!r} does not write lines of text", where="log-encoder", fix="remove it")


def _json(template: str, encoder: str, before: Encoded) -> Encoded:
    """Read the template of a json encoder: the keys under which the line and the time stand."""
    where = f"log-encoder {encoder}"
    names = _VARIABLE.findall(template)
    if not set(names) & set(_MESSAGES):
        raise UserError("the json encoder leaves out the line", where=where, fix="add ${msg}")
    indexes = iter(range(len(names)))
    try:
        content = json.loads(_VARIABLE.sub(lambda _: str(_MARK + next(indexes)), template.strip()))
    except ValueError as error:
        raise UserError(f"the template is not JSON: {error}", where=where, fix="fix the template") from error
    if not isinstance(content, dict):
        raise UserError("the template is not a JSON object", where=where, fix='write {"msg":"${msg}"}')
    found = replace(before, ends_line=template.endswith("\n") or "msgnl" in names)
    for key, value in content.items():
        text = str(value) if isinstance(value, str | int) else ""
        marks = [int(mark) - _MARK for mark in re.findall(rf"{_MARK // 1000}\d{{3}}", text)]
        if not marks:
            continue
        name = names[marks[0]]
        if name in _MESSAGES:
            around = text.split(str(_MARK + marks[0]))
            patterns = tuple(f"{literal(around[0])}{one}{literal(around[1])}" for one in found.patterns)
            found = replace(found, message_key=key, patterns=patterns)
        elif text == str(_MARK + marks[0]) and not found.time_key and (form := _time_format(name)):
            found = replace(found, time_key=key, time_format=form)
    if not found.message_key:
        raise UserError("${msg} is not at the top level of the JSON", where=where, fix='write {"msg":"${msg}"}')
    return found


def _time_format(name: str) -> str:
    """Return how `json_time_format` says the time that a variable writes, "" for none."""
    if name in _NUMBERS:
        return _NUMBERS[name]
    return date_format(name.removeprefix("strftime:")).layout if name.startswith("strftime:") else ""


def _formatted(argument: str, pattern: str) -> str:
    parts = _VARIABLE.split(argument)
    texts = [literal(part) for part in parts[::2]]
    bodies = [_body(name, pattern) for name in parts[1::2]]
    return texts[0] + "".join(body + text for body, text in zip(bodies, texts[1:], strict=True))


def _body(name: str, pattern: str) -> str:
    if name in _MESSAGES:
        return pattern
    if name in _NUMBERS:
        return r"\d++"
    return date_format(name.removeprefix("strftime:")).expression if name.startswith("strftime:") else ""
