"""Expand a grok pattern to a regular expression whose only capturing groups are its named values."""

import difflib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from logshipper.errors import Location, UserError
from logshipper.grok.fast_forms import LINE_END, UNKNOWN, fast_form
from logshipper.grok.go_regex import UntranslatableError, translate
from logshipper.grok.library import Patterns
from logshipper.grok.regex_parts import QUANTIFIER, REFERENCE

_NAMED_GROUP = re.compile(r"\(\?P?<(\w+)>")
_UNNAMED_GROUP = re.compile(r"\(\?[a-z-]*:")
# After `(?`: what begins a group that never backtracks into itself: (?>…), (?=…), (?!…), (?<=…), (?<!…).
_ATOMIC = (">", "=", "!", "<")
_DEEPEST = 50


@dataclass(frozen=True, slots=True)
class Capture:
    """A named value of a pattern.

    `body` is the expression inside its group, `name` the grok pattern it came from ("" for a plain named group).
    A match may leave an `optional` value out.
    """

    field: str
    modifier: str
    body: str
    name: str
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Expression:
    """A regular expression; its group i + 1 is the value of `captures[i]`."""

    text: str
    captures: tuple[Capture, ...]


def expand(pattern: str, patterns: Mapping[str, str], where: str | Location = "", *, tight: bool = False) -> Expression:
    """Return the expression for a grok pattern.

    With `tight`, some values get faster expressions (see `fast_forms`). They match nearly every line and give the same
    values; a line that they miss may still match the expression without them.
    Raises UserError for an unknown name, for patterns that refer to themselves, and for an invalid expression.
    """
    text = _resolve(translated(pattern, where), patterns, where)
    expression = _Scanner(text).run()
    if tight:
        tighten = {index for index, capture in enumerate(expression.captures) if not capture.optional}
        expression = _Scanner(text, tighten).run()
    _check(expression.text, pattern, where)
    return expression


def piece_expression(piece: str, patterns: Mapping[str, str]) -> str:
    """Return the expression for a piece of a pattern that is in Python's terms already."""
    return _Scanner(_resolve(piece, patterns, "")).run().text


def translated(pattern: str, where: str | Location = "") -> str:
    """Return a user's pattern in Python's terms. Raises UserError."""
    try:
        return translate(pattern)
    except UntranslatableError as error:
        what = f"the pattern {pattern!r} cannot be used: {error}"
        raise UserError(what, where=where, fix="write it in another way") from error


def definition(name: str, patterns: Mapping[str, str]) -> tuple[str, Location | None]:
    """Return a named pattern, the user's in Python's terms, and where the user defined it. Raises UserError."""
    where = patterns.locations.get(name) if isinstance(patterns, Patterns) else None
    return (translated(patterns[name], where), where) if where else (patterns[name], None)


def _check(expression: str, pattern: str, where: str | Location) -> None:
    try:
        re.compile(expression, re.ASCII)
    except (re.error, RecursionError, OverflowError) as error:
        reason = str(error).partition(" at position")[0]
        raise UserError(f"invalid regular expression in {pattern!r}: {reason}", where=where, fix="fix it") from error


def _resolve(pattern: str, patterns: Mapping[str, str], where: str | Location, depth: int = 0) -> str:
    """Replace each reference; a named one becomes a marked group, which `_Scanner` reads."""
    if depth > _DEEPEST:
        raise UserError("the pattern refers to itself", where=where, fix="fix the custom patterns")

    def replace(found: re.Match[str]) -> str:
        name, field, modifier = found[1], found[2], found[3] or ""
        if name not in patterns:
            near = difflib.get_close_matches(name, patterns, 1)
            fix = f"did you mean {near[0]}?" if near else "define it in custom_patterns"
            raise UserError(f"unknown pattern %{{{name}}}", where=where, fix=fix)
        text, defined_at = definition(name, patterns)
        inner = _resolve(text, patterns, defined_at or where, depth + 1)
        if defined_at:
            _check(_Scanner(inner).run().text, patterns[name], defined_at)
        if not field:
            return f"(?:{inner})"
        return f"{_MARK}{name}{_MARK}{field}{_MARK}{modifier}{_MARK}{inner})"

    return REFERENCE.sub(replace, pattern)


# No pattern contains this character. It marks where a named group opens, and separates name, field and modifier.
_MARK = "\x00"


class _Scanner:
    """Reads an expression once: makes plain groups non-capturing, collects named ones, finds the optional ones.

    The captures in `tighten` get their fast form while everything before them can match in one way only (`certain`).
    """

    def __init__(self, text: str, tighten: Collection[int] = ()) -> None:
        self.text, self.tighten, self.certain = text, tighten, True
        self.out: list[str] = []
        self.captures: list[list[str]] = []
        self.optional: set[int] = set()
        # (index in out, first capture inside, own capture or -1, whether all before was certain)
        self.open: list[tuple[int, int, int, bool]] = []
        self.alternatives: list[bool] = [False]

    def run(self) -> Expression:
        index = 0
        while index < len(self.text):
            index = self.step(index)
        if self.alternatives[0]:
            self.optional.update(range(len(self.captures)))
        captures = tuple(
            Capture(field, modifier, body, name, number in self.optional)
            for number, (name, field, modifier, body) in enumerate(self.captures)
        )
        return Expression("".join(self.out), captures)

    def step(self, index: int) -> int:
        character = self.text[index]
        if character == "\\":
            self.out.append(self.text[index : index + 2])
            return index + 2
        if character == "[":
            return self.character_class(index)
        if character in ("(", _MARK):
            return self.open_group(index)
        quantifier = QUANTIFIER.match(self.text, index)
        if quantifier:
            self.certain = self.certain and not _is_flexible(quantifier[0])
            self.out.append(quantifier[0])
            return quantifier.end()
        if character == ")" and self.open:
            self.close_group(index)
        else:
            if character == "|":
                self.alternatives[-1], self.certain = True, False
            self.out.append(character)
        return index + 1

    def character_class(self, index: int) -> int:
        end = index + 1
        if self.text.startswith("^", end):
            end += 1
        if self.text.startswith("]", end):
            end += 1
        while end < len(self.text) and self.text[end] != "]":
            end += 2 if self.text[end] == "\\" else 1
        self.out.append(self.text[index : end + 1])
        return end + 1

    def open_group(self, index: int) -> int:
        own, first, opening = -1, len(self.captures), "(?:"
        named = _NAMED_GROUP.match(self.text, index)
        if self.text[index] == _MARK:
            _, name, field, modifier, _ = self.text[index:].split(_MARK, 4)
            self.captures.append([name, field, modifier, ""])
            own, opening, after = first, "(", index + len(name) + len(field) + len(modifier) + 4
        elif named:
            self.captures.append(["", named[1], "", ""])
            own, opening, after = first, "(", named.end()
        elif unnamed := _UNNAMED_GROUP.match(self.text, index):
            opening, after = unnamed[0], unnamed.end()
        elif self.text.startswith("(?", index):
            opening, after = "(?", index + 2
        else:
            after = index + 1
        self.open.append((len(self.out), first, own, self.certain))
        self.alternatives.append(False)
        self.out.append(opening)
        return after

    def close_group(self, index: int) -> None:
        start, first, own, certain = self.open.pop()
        if own >= 0:
            self.captures[own][3] = "".join(self.out[start + 1 :])
            if certain and own in self.tighten and len(self.captures) == own + 1:
                self.put_fast_form(start, own, index)
        elif certain and (self._is_atomic(start) or _is_possessive(self.text, index + 1)):
            self.certain = True
        self.out.append(")")
        inside = range(first if own < 0 else first + 1, len(self.captures))
        if self.alternatives.pop():
            self.optional.update(inside)
        if re.match(r"[?*]|\{0?,|\{0\}", self.text[index + 1 : index + 4]):
            self.optional.update(range(first, len(self.captures)))

    def _is_atomic(self, start: int) -> bool:
        return self.out[start] == "(?" and self.out[start + 1] in _ATOMIC

    def put_fast_form(self, start: int, own: int, index: int) -> None:
        """Put the fast form of a capture into its group, which is `out[start:]` and ends at `index` in the text."""
        name, _, modifier, body = self.captures[own]
        form = fast_form(name, modifier, body, _surely_after(self.text, index + 1))
        if form and not (self.certain and form == f"(?>{body})"):
            self.out[start + 1 :] = [form]
            self.captures[own][3], self.certain = form, True


def _is_flexible(quantifier: str) -> bool:
    """Return whether a quantifier can give back what it took."""
    return not re.fullmatch(r"\{\d+\}|.+\+", quantifier)


def _is_possessive(text: str, index: int) -> bool:
    quantifier = QUANTIFIER.match(text, index)
    return quantifier is not None and not _is_flexible(quantifier[0])


def _surely_after(text: str, index: int) -> str:
    """Return the character that must follow the group that ends before `index`, or LINE_END, or UNKNOWN."""
    while text.startswith(")", index):
        index += 1
    rest = text[index:]
    if not rest.strip("$)"):
        return LINE_END
    found = re.match(r"\\([^\w])|([^\\^$.|?*+()\[\]{}\x00])", rest)
    if not found or QUANTIFIER.match(rest, found.end()):
        return UNKNOWN
    return found[1] or found[2]
