"""A grok pattern taken apart: the smallest pieces that match one after the other, each with what it stands for."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from logshipper.grok.expand import expand
from logshipper.grok.regex_parts import REFERENCE, end_of_piece, has_alternatives, literal, quantifier_at

_GROUP = re.compile(r"\((?:\?(?:P?<[A-Za-z_]\w*>|[:>]))?")
_DEEPEST = 50


@dataclass(frozen=True, slots=True)
class Step:
    """One piece: the expression of `text`; `field` and `grok` name the value it belongs to ("" for none).

    `literal` is the character that it is, "" for anything else.
    """

    text: str
    grok: str = ""
    field: str = ""
    literal: str = ""


def steps(pattern: str, patterns: Mapping[str, str]) -> list[Step]:
    """Return the pieces of a pattern that is known to compile."""
    return list(_steps(pattern, patterns, "", "", 0))


def _steps(text: str, patterns: Mapping[str, str], grok: str, field: str, depth: int) -> Iterator[Step]:
    position = 0
    while position < len(text):
        end = end_of_piece(text, position)
        piece, quantifier = text[position:end], quantifier_at(text, position, end)
        whole = piece + quantifier
        position += len(whole)
        reference, group = REFERENCE.fullmatch(piece), _GROUP.match(piece)
        if whole == "^":
            continue
        if reference and not quantifier and depth < _DEEPEST and not has_alternatives(patterns[reference[1]]):
            named = (reference[1], reference[2]) if reference[2] else (grok or reference[1], field)
            yield from _steps(patterns[reference[1]], patterns, *named, depth + 1)
        elif (
            group
            and not quantifier
            and not piece.startswith(("(?=", "(?!", "(?<=", "(?<!"))
            and not has_alternatives(piece[group.end() : -1])
        ):
            yield from _steps(piece[group.end() : -1], patterns, grok, field, depth)
        else:
            if reference and reference[2]:
                grok, field = reference[1], reference[2]
            yield Step(expand(whole, patterns).text, grok, field, literal(whole))
