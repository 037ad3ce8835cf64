"""A cache for the suffixes of lines: most logs have only a few, and each becomes the same text every time.

A uWSGI line ends with protocol, status, headers and core: a handful of suffixes. If a log turns out to be like that,
its lines are matched up to a cut and the suffix is looked up. The pattern's own expression matched each suffix when it
first appeared; if it does not match one, the whole chunk is parsed without the cache. So the points are the same with
and without it.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from logshipper.grok.regex_parts import literal, sequence
from logshipper.parse.cleaning import clean_rows
from logshipper.parse.compiled_pattern import CompiledPattern
from logshipper.parse.encoder import Column, Encode, Row, Suffix
from logshipper.parse.redaction import CellMask, masked

MOST_REMEMBERED = 2**20  # bytes, for each cut
_OVERHEAD = 400  # what Python needs besides the texts of a suffix
# Chunks of fewer lines than SAMPLE are ignored. A cut is tried if a chunk has at most a quarter as many suffixes as
# lines, and kept while at most an eighth of the lines bring a new suffix; otherwise PATIENCE chunks go without.
SAMPLE = 200
TRIED_AT, PAYS_AT = 4, 8
PATIENCE = 64
# An expression that refers to another group cannot be cut, nor one that looks back further than one character.
_REFERS = re.compile(r"\(\?P=|\\[1-9]|\(\?\(")
_LOOKS_ONE_BACK = re.compile(r"\(\?<[=!](?:\[(?:\\.|[^\]\\])*\]|\\.|[^\\()\[])\)")
_LOOKS_BACK = re.compile(r"\(\?<[=!]")


class SuffixCache(dict[str, Suffix]):
    """Suffix of a line -> what `suffix_encoder` needs; ValueError if the expression does not match it."""

    def __init__(self, expression: re.Pattern[str], render: Callable[[Row], Suffix]) -> None:
        super().__init__()
        self._expression, self._render = expression, render
        self._size = self.misses = 0

    def __missing__(self, suffix: str) -> Suffix:
        found = self._expression.fullmatch(suffix)
        if found is None:
            raise ValueError(f"the pattern does not match {suffix!r}")
        self.misses += 1
        self._size += 2 * len(suffix) + _OVERHEAD
        if self._size > MOST_REMEMBERED:
            self.clear()
            self._size = 0
        made = self[suffix] = self._render(found.groups(""))
        return made


@dataclass(frozen=True, slots=True)
class Cut:
    """A pattern cut after some of its values.

    `whole` finds rows as the pattern's own does, with the suffix in place of the values after the cut; `masks`,
    `unclean` and `quotable` concern the values before it.
    """

    whole: re.Pattern[str]
    encode: Encode
    suffixes: SuffixCache
    masks: Sequence[tuple[int, CellMask]]
    unclean: tuple[Column, ...]
    quotable: tuple[Column, ...]


def cuts(expression: str) -> Iterator[tuple[int, str, str]]:
    """Yield each possible cut of an expression: the number of values before it, the expressions before and after it.

    The expression after the cut begins with a literal character, the last one before a value.
    """
    if _REFERS.search(expression):
        return
    pieces = list(sequence(expression))
    values = [re.compile(piece).groups if len(piece) > 2 else 0 for piece in pieces]
    before = 0
    for index, piece in enumerate(pieces):
        before += values[index]
        if before and literal(piece) and _next_is_a_value(pieces[index + 1 :], values[index + 1 :]):
            after = "".join(pieces[index:])
            if not _LOOKS_BACK.search(_LOOKS_ONE_BACK.sub("", after)):
                yield before, "".join(pieces[:index]), after


def _next_is_a_value(pieces: Sequence[str], values: Sequence[int]) -> bool:
    """Return whether a value comes before the next literal character."""
    return next((count > 0 for piece, count in zip(pieces, values, strict=True) if count or literal(piece)), False)


def divide(
    compiled: CompiledPattern, masks: Sequence[tuple[int, CellMask]], cut_at: int, front: str, after: str
) -> Cut | None:
    """Cut a pattern after its first `cut_at` values; None if its points cannot be made that way."""
    width = len(compiled.columns)
    fields, prefix = compiled.fields, compiled.prefix_columns
    form = compiled.form
    render = form.suffix_renderer(cut_at, width, fields, prefix)
    cleaned = [column for column in (*compiled.unclean, *compiled.quotable) if column.index > cut_at]
    hidden = [(cell, mask) for cell, mask in masks if cell > cut_at]

    def make(cells: Row) -> Suffix:
        rows = [("",) * (1 + width - len(cells)) + cells]
        return render(clean_rows(masked(rows, hidden), cleaned, form.texts)[0])

    suffixes = SuffixCache(re.compile(f"{after}\n", re.ASCII), make)
    encode = form.suffix_encoder(cut_at, fields, prefix, compiled.time_columns, suffixes)
    if encode is None:
        return None
    return Cut(
        whole=re.compile(f"^({front}([^\n]*+\n))", re.ASCII | re.MULTILINE),
        encode=encode,
        suffixes=suffixes,
        masks=tuple((cell, mask) for cell, mask in masks if cell <= cut_at),
        unclean=_before(compiled.unclean, cut_at),
        quotable=_before(compiled.quotable, cut_at),
    )


def _before(columns: Sequence[Column], cut_at: int) -> tuple[Column, ...]:
    return tuple(column for column in columns if column.index <= cut_at)


class SplitFinder:
    """Finds a cut of a pattern that pays off for the lines that come, and drops it when it no longer does."""

    def __init__(self, compiled: CompiledPattern, masks: Sequence[tuple[int, CellMask]]) -> None:
        self._pattern, self._masks = compiled, masks
        self.cut: Cut | None = None
        self._made: dict[int, Cut | None] = {}
        self._waiting = self._lines = 0

    @cached_property
    def _cuts_at(self) -> dict[int, tuple[str, str]]:
        last = len(self._pattern.columns) - 1  # at least two values after the cut
        return {cut_at: (front, after) for cut_at, front, after in cuts(self._pattern.expression) if cut_at < last}

    def learn(self, rows: Sequence[Row]) -> None:
        """Choose the earliest cut after which the rows of a chunk have few different suffixes."""
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
            self._made[cut_at] = divide(self._pattern, self._masks, cut_at, *self._cuts_at[cut_at])
        return self._made[cut_at]

    def judge(self, lines: int) -> None:
        """Count the lines that the cut has matched, and drop it if too many of their suffixes were new."""
        if self.cut is None:
            return
        self._lines += lines
        if self._lines < SAMPLE * PAYS_AT:
            return
        misses, self.cut.suffixes.misses = self.cut.suffixes.misses, 0
        if misses * PAYS_AT > self._lines:
            self.give_up()
            self._waiting = PATIENCE
        self._lines = 0

    def give_up(self) -> None:
        """Parse without a cut until a chunk suggests one again."""
        self.cut = None
