"""uWSGI's log encoders: what each does to a line, expressed as what it does to the line's pattern."""

import re

from logshipper.errors import UserError
from logshipper.uwsgi.strftime import date_format

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_SPECIAL = re.compile(r"[\\.^$*+?{}\[\]|()]")


def encoded(encoder: str, patterns: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Return the data format and the patterns (without anchors) after one encoder.

    `encoder` is the option's value: a name, a space, its argument. Raises UserError for an encoder that does not
    write lines of text.
    """
    name, _, argument = encoder.partition(" ")
    name = name.partition(":")[0]
    if name == "json":
        if not re.search(r"\$\{msg(nl)?\}", argument):
            raise UserError("the json encoder leaves out the line", where=f"log-encoder {encoder}", fix="add ${msg}")
        return "json", patterns
    if name == "nl":
        return "grok", patterns
    if name == "prefix":
        return "grok", tuple(_literal(argument) + pattern for pattern in patterns)
    if name == "suffix":
        # uWSGI writes it after the newline: every line but the first begins with it.
        return "grok", tuple(f"(?:{_literal(argument)})?+{pattern}" for pattern in patterns)
    if name == "format":
        return "grok", tuple(_formatted(argument, pattern) for pattern in patterns)
    raise UserError(f"the encoder {name!r} does not write lines of text", where="log-encoder", fix="remove it")


def _formatted(argument: str, pattern: str) -> str:
    parts = _VARIABLE.split(argument)
    texts = [_literal(part) for part in parts[::2]]
    bodies = [_body(name, pattern) for name in parts[1::2]]
    return texts[0] + "".join(body + text for body, text in zip(bodies, texts[1:], strict=True))


def _body(name: str, pattern: str) -> str:
    if name in ("msg", "msgnl"):
        return pattern
    if name in ("unix", "micros", "millis"):
        return r"\d++"
    return date_format(name.removeprefix("strftime:")).expression if name.startswith("strftime:") else ""


def _literal(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", text)
