"""Leaves out the values of a pattern that nobody asks for: a group that is not captured costs no text for each line."""

import re
from collections.abc import Collection

from logshipper.grok.expand import Expression

_PIECE = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\??", re.DOTALL)
_REFERS = re.compile(r"\\[1-9]|\(\?\(|\(\?P=")


def only(expression: Expression, names: Collection[str]) -> Expression:
    """Return the expression with only the captures of these names; it matches the same lines.

    An expression that refers to its groups by number is returned as it is.
    """
    kept = tuple(capture for capture in expression.captures if capture.field in names)
    if len(kept) == len(expression.captures) or _REFERS.search(expression.text):
        return expression
    captures = iter(expression.captures)

    def opening(piece: re.Match[str]) -> str:
        return "(?:" if piece[0] == "(" and next(captures).field not in names else piece[0]

    return Expression(_PIECE.sub(opening, expression.text), kept)
