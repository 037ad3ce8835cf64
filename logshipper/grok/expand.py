"""From a grok pattern to a regular expression with one group for each named value, and nothing else captured."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from logshipper.errors import UserError

_REFERENCE = re.compile(r'%\{(\w+)(?::([^:}"]+)(?::((?:[^}"]|"[^"]*")*))?)?\}')
_NAMED_GROUP = re.compile(r"\(\?P?<([A-Za-z_]\w*)>")
_POSIX = {
    "[:alnum:]": "a-zA-Z0-9", "[:alpha:]": "a-zA-Z", "[:digit:]": "0-9", "[:lower:]": "a-z", "[:upper:]": "A-Z",
    "[:space:]": r"\s", "[:word:]": r"\w", "[:xdigit:]": "0-9a-fA-F", "[:blank:]": r" \t",
    "[:punct:]": r"!-/:-@\[-`{-~",
}  # fmt: skip
_DEEPEST = 50


@dataclass(frozen=True, slots=True)
class Capture:
    """A named value of a pattern.

    `body` is the expression inside its group, `name` the grok name it came from ("" for a plain named group),
    `optional` tells that a match may leave it out.
    """

    field: str
    modifier: str
    body: str
    name: str
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Expression:
    """A regular expression; its group i + 1 holds the value of `captures[i]`."""

    text: str
    captures: tuple[Capture, ...]


# Numbers whose text can stand in line protocol as it is; `expand(tight=True)` puts them for the stock ones.
INTEGER = r"-?\d{1,18}+"
FLOAT = r"-?\d{1,15}+(?:\.\d{1,17}+)?+"
_NUMBERS = ("NUMBER", "INT", "BASE10NUM", "POSINT", "NONNEGINT")


def expand(pattern: str, patterns: Mapping[str, str], where: str = "", *, tight: bool = False) -> Expression:
    """Return the expression for a grok pattern.

    With `tight`, numbers with the modifiers `int` and `float` take only texts that need no conversion: quicker,
    and true for nearly every line; a line that it misses may still match the expression without.
    Raises UserError for a name that is not known, naming the nearest one, for patterns that contain themselves, and
    for a text that is no regular expression.
    """
    text = _resolve(pattern, patterns, where, tight)
    for posix, plain in _POSIX.items():
        text = text.replace(posix, plain)
    expression = _Scanner(text).run()
    try:
        re.compile(expression.text, re.ASCII)
    except re.error as error:
        raise UserError(
            f"the pattern is no regular expression: {error}", where=where, mend="mend the pattern"
        ) from None
    return expression


def _resolve(pattern: str, patterns: Mapping[str, str], where: str, tight: bool, depth: int = 0) -> str:
    """Replace each reference; a named one becomes a group with a marker that `_Scanner` reads."""
    if depth > _DEEPEST:
        raise UserError("the pattern contains itself", where=where, mend="mend the custom patterns")

    def replace(found: re.Match[str]) -> str:
        name, field, modifier = found[1], found[2], found[3] or ""
        if name not in patterns:
            near = difflib.get_close_matches(name, patterns, 1)
            mend = f"did you mean {near[0]}?" if near else "define it in custom_patterns"
            raise UserError(f"the pattern %{{{name}}} is not known", where=where, mend=mend)
        inner = _resolve(patterns[name], patterns, where, tight, depth + 1)
        if tight and name in _NUMBERS and modifier in ("int", "float"):
            inner = INTEGER if modifier == "int" else FLOAT
        if not field:
            return f"(?:{inner})"
        return f"{_MARK}{name}{_MARK}{field}{_MARK}{modifier}{_MARK}{inner})"

    return _REFERENCE.sub(replace, pattern)


# A character that no pattern holds: it stands where a named group opens, around its name, field and modifier.
_MARK = "\x00"


class _Scanner:
    """Reads an expression once: plain groups become non-capturing, named ones are noted, optional ones found."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.out: list[str] = []
        self.captures: list[list[str]] = []
        self.optional: set[int] = set()
        self.open: list[tuple[int, int, int]] = []  # (place in out, first capture inside, own capture or -1)
        self.alternatives: list[bool] = [False]

    def run(self) -> Expression:
        place = 0
        while place < len(self.text):
            place = self.step(place)
        if self.alternatives[0]:
            self.optional.update(range(len(self.captures)))
        captures = tuple(
            Capture(field, modifier, body, name, index in self.optional)
            for index, (name, field, modifier, body) in enumerate(self.captures)
        )
        return Expression("".join(self.out), captures)

    def step(self, place: int) -> int:
        character = self.text[place]
        if character == "\\":
            self.out.append(self.text[place : place + 2])
            return place + 2
        if character == "[":
            return self.character_class(place)
        if character in ("(", _MARK):
            return self.open_group(place)
        if character == ")" and self.open:
            self.close_group(place)
        else:
            if character == "|":
                self.alternatives[-1] = True
            self.out.append(character)
        return place + 1

    def character_class(self, place: int) -> int:
        end = place + 1
        if self.text.startswith("^", end):
            end += 1
        if self.text.startswith("]", end):
            end += 1
        while end < len(self.text) and self.text[end] != "]":
            end += 2 if self.text[end] == "\\" else 1
        self.out.append(self.text[place : end + 1])
        return end + 1

    def open_group(self, place: int) -> int:
        own, first, opening = -1, len(self.captures), "(?:"
        named = _NAMED_GROUP.match(self.text, place)
        if self.text[place] == _MARK:
            _, name, field, modifier, _ = self.text[place:].split(_MARK, 4)
            self.captures.append([name, field, modifier, ""])
            own, opening, after = first, "(", place + len(name) + len(field) + len(modifier) + 4
        elif named:
            self.captures.append(["", named[1], "", ""])
            own, opening, after = first, "(", named.end()
        elif self.text.startswith("(?", place):
            opening, after = "(", place + 1
        else:
            after = place + 1
        self.open.append((len(self.out), first, own))
        self.alternatives.append(False)
        self.out.append(opening)
        return after

    def close_group(self, place: int) -> None:
        start, first, own = self.open.pop()
        if own >= 0:
            self.captures[own][3] = "".join(self.out[start + 1 :])
        self.out.append(")")
        inside = range(first if own < 0 else first + 1, len(self.captures))
        if self.alternatives.pop():
            self.optional.update(inside)
        if re.match(r"[?*]|\{0?,|\{0\}", self.text[place + 1 : place + 4]):
            self.optional.update(range(first, len(self.captures)))
