"""Split a regular expression into the pieces that match one after the other."""

import re
from collections.abc import Iterator

REFERENCE = re.compile(r'%\{([\w.-]+)(?::([^:}"]+)(?::((?:[^}"]|"[^"]*")*))?)?\}')
QUANTIFIER = re.compile(r"(?:[*+?]|\{(?:\d+,?\d*|,\d+)\})[?+]?")


def sequence(text: str) -> Iterator[str]:
    """Yield the pieces of an expression, each with its quantifier; joined, they mean the same as the whole.

    Non-capturing groups without alternatives are opened; all other groups stay in one piece.
    """
    index = 0
    while index < len(text):
        end = end_of_piece(text, index)
        piece, quantifier = text[index:end], quantifier_at(text, index, end)
        index = end + len(quantifier)
        if piece.startswith("(?:") and not quantifier and not has_alternatives(piece[3:-1]):
            yield from sequence(piece[3:-1])
        else:
            yield piece + quantifier


def quantifier_at(text: str, index: int, end: int) -> str:
    """Return the quantifier after the piece `text[index:end]`, "" for none."""
    found = None if text[index:end] in ("^", "$", "|") else QUANTIFIER.match(text, end)
    return found[0] if found else ""


def literal(piece: str) -> str:
    """Return the one character that a piece matches, "" for any other piece."""
    if len(piece) == 2 and piece[0] == "\\" and not piece[1].isalnum():
        return piece[1]
    return piece if len(piece) == 1 and piece not in ".$|^" else ""


def end_of_piece(text: str, index: int) -> int:
    """Return the end of the piece at `index`, without its quantifier."""
    character = text[index]
    if character == "\\":
        return index + (4 if text[index + 1 : index + 2] == "x" else 2)
    if character == "[":
        return _end_of_class(text, index)
    if character == "(":
        return _end_of_group(text, index)
    reference = REFERENCE.match(text, index)
    return reference.end() if reference else index + 1


def _end_of_class(text: str, index: int) -> int:
    end = index + 1
    if text.startswith("^", end):
        end += 1
    if text.startswith("]", end):
        end += 1
    while end < len(text) and text[end] != "]":
        end += 2 if text[end] == "\\" else 1
    return end + 1


def _end_of_group(text: str, index: int) -> int:
    end = index + 1
    while end < len(text) and text[end] != ")":
        end = end_of_piece(text, end)
    return end + 1


def has_alternatives(text: str) -> bool:
    """Return whether an expression has alternatives at its top level."""
    index = 0
    while index < len(text):
        if text[index] == "|":
            return True
        index = end_of_piece(text, index)
    return False
