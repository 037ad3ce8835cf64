"""A grok pattern taken apart: the smallest pieces that match one after the other, each with what it stands for."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from logshipper.grok.expand import expand

_REFERENCE = re.compile(r'%\{(\w+)(?::([^:}"]+)(?::((?:[^}"]|"[^"]*")*))?)?\}')
_QUANTIFIER = re.compile(r"(?:[*+?]|\{\d*,?\d*\})[?+]?")
_GROUP = re.compile(r"\((?:\?(?:P?<[A-Za-z_]\w*>|[:>]))?")
_DEEPEST = 50


@dataclass(frozen=True, slots=True)
class Atom:
    """One piece: the expression of `text`; `field` and `grok` name the value it belongs to ("" for none).

    `literal` is the character that it is, "" for anything else.
    """

    text: str
    grok: str = ""
    field: str = ""
    literal: str = ""


def atoms(pattern: str, patterns: Mapping[str, str]) -> list[Atom]:
    """Return the pieces of a pattern that is known to compile."""
    return list(_atoms(pattern, patterns, "", "", 0))


def _atoms(text: str, patterns: Mapping[str, str], grok: str, field: str, depth: int) -> Iterator[Atom]:
    place = 0
    while place < len(text):
        end = _end_of_piece(text, place)
        piece = text[place:end]
        quantifier = _QUANTIFIER.match(text, end) if piece not in ("^", "$", "|") else None
        whole = piece + (quantifier[0] if quantifier else "")
        place += len(whole)
        reference, group = _REFERENCE.fullmatch(piece), _GROUP.match(piece)
        if whole == "^":
            continue
        if reference and not quantifier and depth < _DEEPEST and not _has_alternatives(patterns[reference[1]]):
            named = (reference[1], reference[2]) if reference[2] else (grok or reference[1], field)
            yield from _atoms(patterns[reference[1]], patterns, *named, depth + 1)
        elif (
            group
            and not quantifier
            and not piece.startswith(("(?=", "(?!", "(?<=", "(?<!"))
            and not _has_alternatives(piece[group.end() : -1])
        ):
            yield from _atoms(piece[group.end() : -1], patterns, grok, field, depth)
        else:
            if reference and reference[2]:
                grok, field = reference[1], reference[2]
            yield Atom(expand(whole, patterns).text, grok, field, _literal(whole))


def _literal(piece: str) -> str:
    if len(piece) == 2 and piece[0] == "\\" and not piece[1].isalnum():
        return piece[1]
    return piece if len(piece) == 1 and piece not in ".$|" else ""


def _end_of_piece(text: str, place: int) -> int:
    """Return the end of the piece that begins at `place`, without its quantifier."""
    character = text[place]
    if character == "\\":
        return place + (4 if text[place + 1 : place + 2] == "x" else 2)
    if character == "[":
        return _end_of_class(text, place)
    if character == "(":
        return _end_of_group(text, place)
    reference = _REFERENCE.match(text, place)
    return reference.end() if reference else place + 1


def _end_of_class(text: str, place: int) -> int:
    end = place + 1
    if text.startswith("^", end):
        end += 1
    if text.startswith("]", end):
        end += 1
    while end < len(text) and text[end] != "]":
        end += 2 if text[end] == "\\" else 1
    return end + 1


def _end_of_group(text: str, place: int) -> int:
    end = place + 1
    while end < len(text) and text[end] != ")":
        end = _end_of_piece(text, end)
    return end + 1


def _has_alternatives(text: str) -> bool:
    place = 0
    while place < len(text):
        if text[place] == "|":
            return True
        place = _end_of_piece(text, place)
    return False
