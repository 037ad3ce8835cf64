"""The ends of lines: most logs have few different ones, so what they become is remembered, as a whole.

Behind the response time of a uWSGI line stand protocol, status, headers and core: a handful of texts. Where a log is
found to be like that, its lines are matched up to a cut, and the rest is looked up. What is looked up was matched by
the pattern's own expression when it was first seen; a rest that the expression does not take sends the whole chunk
the long way. So the points are the same with and without.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from logshipper.grok.regex_parts import literal, sequence
from logshipper.parse.compiled_pattern import CompiledPattern
from logshipper.parse.encoder import Column, Encode, Row, clean_rows, suffix_encoder, suffix_renderer
from logshipper.parse.redaction import CellMask, masked

MOST_REMEMBERED = 2**20  # bytes, of each cut
_OVERHEAD = 400  # what Python needs beside the texts of an end
# A chunk of fewer lines tells nothing of a log. A cut is tried where a chunk's lines have a quarter as many ends; it
# pays as long as at most an eighth of the lines bring a new one; else so many chunks go the long way.
SAMPLE = 200
TRIED_AT, PAYS_AT = 4, 8
PATIENCE = 64
# What refers to another group cannot be divided, nor be cut off what looks further back than one character.
_REFERS = re.compile(r"\(\?P=|\\[1-9]|\(\?\(")
_LOOKS_ONE_BACK = re.compile(r"\(\?<[=!](?:\[(?:\\.|[^\]\\])*\]|\\.|[^\\()\[])\)")
_LOOKS_BACK = re.compile(r"\(\?<[=!]")


class SuffixCache(dict[str, Row]):
    """Rest of a line -> what `suffix_encoder` needs of it; ValueError for one that the expression does not take."""

    def __init__(self, expression: re.Pattern[str], render: Callable[[Row], Row]) -> None:
        super().__init__()
        self._expression, self._render = expression, render
        self._size = self.misses = 0

    def __missing__(self, rest: str) -> Row:
        found = self._expression.fullmatch(rest)
        if found is None:
            raise ValueError(f"the pattern does not take {rest!r}")
        self.misses += 1
        self._size += 2 * len(rest) + _OVERHEAD
        if self._size > MOST_REMEMBERED:
            self.clear()
            self._size = 0
        made = self[rest] = self._render(found.groups(""))
        return made


@dataclass(frozen=True, slots=True)
class Cut:
    """A plan divided behind some of its values.

    `whole` finds rows as the plan's does, with the rest of the line for the values behind the cut; `masks`, `unclean`
    and `quotable` are those of the values before it.
    """

    whole: re.Pattern[str]
    encode: Encode
    ends: SuffixCache
    masks: Sequence[tuple[int, CellMask]]
    unclean: tuple[Column, ...]
    quotable: tuple[Column, ...]


def cuts(expression: str) -> Iterator[tuple[int, str, str]]:
    """Yield where an expression can be divided: the number of values before, the expressions before and behind.

    What is behind begins with a character of its own, the last one before a value.
    """
    if _REFERS.search(expression):
        return
    pieces = list(sequence(expression))
    values = [re.compile(piece).groups if len(piece) > 2 else 0 for piece in pieces]
    before = 0
    for index, piece in enumerate(pieces):
        before += values[index]
        if before and literal(piece) and _next_is_a_value(pieces[index + 1 :], values[index + 1 :]):
            behind = "".join(pieces[index:])
            if not _LOOKS_BACK.search(_LOOKS_ONE_BACK.sub("", behind)):
                yield before, "".join(pieces[:index]), behind


def _next_is_a_value(pieces: Sequence[str], values: Sequence[int]) -> bool:
    """Tell whether the first piece of those that holds a value or is a character holds a value."""
    return next((count > 0 for piece, count in zip(pieces, values, strict=True) if count or literal(piece)), False)


def divide(
    compiled: CompiledPattern, masks: Sequence[tuple[int, CellMask]], cut_at: int, front: str, behind: str
) -> Cut | None:
    """Return a plan's cut behind the first `cut_at` values; None where its points cannot be made so."""
    width = len(compiled.columns)
    fields, prefix = compiled.fields, compiled.prefix_columns
    render = suffix_renderer(cut_at, width, fields, prefix)
    mended = [column for column in (*compiled.unclean, *compiled.quotable) if column.index > cut_at]
    hidden = [(cell, mask) for cell, mask in masks if cell > cut_at]

    def make(cells: Row) -> Row:
        rows = [("",) * (1 + width - len(cells)) + cells]
        return render(masked(clean_rows(rows, mended), hidden)[0])

    ends = SuffixCache(re.compile(f"{behind}\n", re.ASCII), make)
    encode = suffix_encoder(cut_at, fields, prefix, compiled.time_columns, ends)
    if encode is None:
        return None
    return Cut(
        whole=re.compile(f"^({front}([^\n]*+\n))", re.ASCII | re.MULTILINE),
        encode=encode,
        ends=ends,
        masks=tuple((cell, mask) for cell, mask in masks if cell <= cut_at),
        unclean=_before(compiled.unclean, cut_at),
        quotable=_before(compiled.quotable, cut_at),
    )


def _before(columns: Sequence[Column], cut_at: int) -> tuple[Column, ...]:
    return tuple(column for column in columns if column.index <= cut_at)


class SplitFinder:
    """Finds the cut of a plan that pays for the lines that come, and gives it up when it no longer does."""

    def __init__(self, compiled: CompiledPattern, masks: Sequence[tuple[int, CellMask]]) -> None:
        self._plan, self._masks = compiled, masks
        self.cut: Cut | None = None
        self._made: dict[int, Cut | None] = {}
        self._waiting = self._lines = 0

    @cached_property
    def _cuts_at(self) -> dict[int, tuple[str, str]]:
        last = len(self._plan.columns) - 1  # behind the cut there are two values at least
        return {cut_at: (front, behind) for cut_at, front, behind in cuts(self._plan.expression) if cut_at < last}

    def learn(self, rows: Sequence[Row]) -> None:
        """Choose the earliest cut behind which the rows of a chunk have few different ends."""
        if self._waiting or len(rows) < SAMPLE:
            self._waiting = max(0, self._waiting - 1)
            return
        for cut_at in self._cuts_at:
            if len({row[cut_at + 1 :] for row in rows}) * TRIED_AT <= len(rows) and self._divided(cut_at):
                self.cut, self._lines = self._divided(cut_at), 0
                return
        self._waiting = PATIENCE

    def _divided(self, cut_at: int) -> Cut | None:
        if cut_at not in self._made:
            self._made[cut_at] = divide(self._plan, self._masks, cut_at, *self._cuts_at[cut_at])
        return self._made[cut_at]

    def judge(self, lines: int) -> None:
        """Note that the cut has taken so many lines."""
        if self.cut is None:
            return
        self._lines += lines
        if self._lines < SAMPLE * PAYS_AT:
            return
        misses, self.cut.ends.misses = self.cut.ends.misses, 0
        if misses * PAYS_AT > self._lines:
            self.give_up()
            self._waiting = PATIENCE
        self._lines = 0

    def give_up(self) -> None:
        """Go the long way again, until a chunk says otherwise."""
        self.cut = None
