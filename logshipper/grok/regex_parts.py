"""An expression's text taken apart: where a piece of it ends, and which pieces match one after the other."""

import re
from collections.abc import Iterator

REFERENCE = re.compile(r'%\{(\w+)(?::([^:}"]+)(?::((?:[^}"]|"[^"]*")*))?)?\}')
QUANTIFIER = re.compile(r"(?:[*+?]|\{\d*,?\d*\})[?+]?")


def sequence(text: str) -> Iterator[str]:
    """Yield the pieces of an expression, each with its quantifier; together they mean the same as the whole.

    Groups that capture nothing and offer no choice are opened; all others stay in one piece.
    """
    position = 0
    while position < len(text):
        end = end_of_piece(text, position)
        piece, quantifier = text[position:end], quantifier_at(text, position, end)
        position = end + len(quantifier)
        if piece.startswith("(?:") and not quantifier and not has_alternatives(piece[3:-1]):
            yield from sequence(piece[3:-1])
        else:
            yield piece + quantifier


def quantifier_at(text: str, position: int, end: int) -> str:
    """Return the quantifier of the piece from `position` to `end`, "" for none."""
    found = None if text[position:end] in ("^", "$", "|") else QUANTIFIER.match(text, end)
    return found[0] if found else ""


def literal(piece: str) -> str:
    """Return the character that a piece is, "" for anything else."""
    if len(piece) == 2 and piece[0] == "\\" and not piece[1].isalnum():
        return piece[1]
    return piece if len(piece) == 1 and piece not in ".$|^" else ""


def end_of_piece(text: str, position: int) -> int:
    """Return the end of the piece that begins at `position`, without its quantifier."""
    character = text[position]
    if character == "\\":
        return position + (4 if text[position + 1 : position + 2] == "x" else 2)
    if character == "[":
        return _end_of_class(text, position)
    if character == "(":
        return _end_of_group(text, position)
    reference = REFERENCE.match(text, position)
    return reference.end() if reference else position + 1


def _end_of_class(text: str, position: int) -> int:
    end = position + 1
    if text.startswith("^", end):
        end += 1
    if text.startswith("]", end):
        end += 1
    while end < len(text) and text[end] != "]":
        end += 2 if text[end] == "\\" else 1
    return end + 1


def _end_of_group(text: str, position: int) -> int:
    end = position + 1
    while end < len(text) and text[end] != ")":
        end = end_of_piece(text, end)
    return end + 1


def has_alternatives(text: str) -> bool:
    """Tell whether an expression is a choice."""
    position = 0
    while position < len(text):
        if text[position] == "|":
            return True
        position = end_of_piece(text, position)
    return False
