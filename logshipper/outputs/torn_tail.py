"""Half a point at the end of a file: what is left of a write that somebody was killed in.

A string may hold newlines, so the end of a line need not be that of a point, and what looks like a point may be text of
one. So the tail of a file is read from early on, from behind a line that ends as a point does, and believed only if it
is line protocol all the way: to its end, or to a point that the end of the file cuts off. Files of others stay as they
are.
"""

import re
from itertools import chain, islice

_PART = rb"(?:[^\\, =\n]|\\.)++"
_NAME = rb"(?:[^\\, \n]|\\.)++"
_TAGS = rb"(?:," + _PART + rb"=" + _PART + rb")*+"
_STRING = rb'"(?:[^"\\]|\\.)*+'
_FIELD = _PART + rb"=(?:" + _STRING + rb'"|[^", \n]++)'
_FIELDS = rb" " + _FIELD + rb"(?:," + _FIELD + rb")*+"
_WHOLE = re.compile(_NAME + _TAGS + _FIELDS + rb"(?: -?\d++)?+\r?\n", re.DOTALL)
# The beginning of a point ends in its name or tags, in a field, or in its time.
_BEGUN = re.compile(
    rb"(?!#)(?:\\|" + _NAME + _TAGS + rb"(?:"
    rb"(?:,(?:" + _PART + rb"=?+)?+)?+\\?"
    rb"| (?:" + _FIELD + rb",)*+(?:" + _PART + rb"(?:=(?:" + _STRING + rb'"?+|[^", \n]*+))?+)?+\\?'
    rb"|" + _FIELDS + rb" -?\d*+\r?))",
    re.DOTALL,
)  # fmt: skip
_ANCHOR = re.compile(rb"[^\s,=] -?\d{1,19}\n")
_MOST_ANCHORS = 64


def torn_at(tail: bytes, *, is_all: bool) -> int | None:
    """Return where the point begins that is cut off by the end of a file, `len(tail)` where none is.

    `is_all` tells that the tail is the whole file. None where that cannot be told from this much of the file: it may be
    no line protocol.
    """
    anchors = (found.end() for found in _ANCHOR.finditer(tail))
    for anchor in islice(chain((0,) if is_all else (), anchors), _MOST_ANCHORS):
        position = anchor
        while found := _WHOLE.match(tail, position):
            position = found.end()
        # What stands behind the anchor must look like more than a word: a text may end as a point does.
        has_shown = position > anchor or b"=" in tail[position:]
        if has_shown and (position == len(tail) or _BEGUN.fullmatch(tail, position)):
            return position
    return None
