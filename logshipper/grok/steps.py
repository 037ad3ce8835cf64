"""Split a grok pattern into the smallest pieces that match one after the other."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from logshipper.grok.expand import definition, piece_expression, translated
from logshipper.grok.regex_parts import REFERENCE, end_of_piece, has_alternatives, literal, quantifier_at

_GROUP = re.compile(r"\((?:\?(?:P?<\w+>|[:>])|(?!\?))")
_DEEPEST = 50


@dataclass(frozen=True, slots=True)
class Step:
    """One piece and its expression `text`; `field` and `grok` name the value it belongs to ("" for none).

    `literal` is the one character that it matches, "" for any other piece.
    """

    text: str
    grok: str = ""
    field: str = ""
    literal: str = ""


def steps(pattern: str, patterns: Mapping[str, str]) -> list[Step]:
    """Return the pieces of a pattern, which must compile."""
    return list(_steps(translated(pattern), patterns, "", "", 0))


def _steps(text: str, patterns: Mapping[str, str], grok: str, field: str, depth: int) -> Iterator[Step]:
    index = 0
    while index < len(text):
        end = end_of_piece(text, index)
        piece, quantifier = text[index:end], quantifier_at(text, index, end)
        whole = piece + quantifier
        index += len(whole)
        reference, group = REFERENCE.fullmatch(piece), _GROUP.match(piece)
        if whole == "^":
            continue
        inner = definition(reference[1], patterns)[0] if reference else ""
        if reference and not quantifier and depth < _DEEPEST and not has_alternatives(inner):
            named = (reference[1], reference[2]) if reference[2] else (grok or reference[1], field)
            yield from _steps(inner, patterns, *named, depth + 1)
        elif group and not quantifier and not has_alternatives(piece[group.end() : -1]):
            yield from _steps(piece[group.end() : -1], patterns, grok, field, depth)
        else:
            if reference and reference[2]:
                grok, field = reference[1], reference[2]
            yield Step(piece_expression(whole, patterns), grok, field, literal(whole))
