"""Why a line does not match: how far each pattern gets in it, and what it expected there."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from logshipper.grok.steps import Atom, atoms

_LONGEST = 8_192  # characters of a line that are looked at: enough for every log, and a bound for hostile ones
_WIDTH = 100  # columns of an example that are shown

# What a value looks like, in words.
_WORDS = {
    "UINT": "a whole number", "UWSGI_NUMBER": "a whole number", "INT": "a whole number", "POSINT": "a whole number",
    "NONNEGINT": "a whole number", "NUMBER": "a number", "BASE10NUM": "a number", "WORD": "a word",
    "UWSGI_CTIME": "a date such as [Fri May  5 14:51:39 2017]", "UWSGI_DATE": "a date such as Fri May  5 14:51:39 2017",
    "HTTPDATE": "a date such as 05/May/2017:14:51:39 +0000", "NOTSPACE": "text without a space",
    "UWSGI_CORE": "text such as (1 switches on core 0)", "UWSGI_HTTPVER": "a version such as 1.1",
    "UWSGI_ADDR": "an address", "IP": "an address", "IPORHOST": "an address or a host's name",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a pattern gets: it took `atoms` of its pieces and stopped before column `column` (the first is 0)."""

    pattern: str
    atoms: int
    of: int
    column: int
    expected: str

    @property
    def complete(self) -> bool:
        """Whether the pattern matches."""
        return self.atoms == self.of


class Probe:
    """A pattern that can be tried piece by piece."""

    def __init__(self, pattern: str, patterns: Mapping[str, str]) -> None:
        self.pattern = pattern
        self.atoms = atoms(pattern, patterns)
        self._compiled: dict[int, re.Pattern[str]] = {}

    def reach(self, line: str) -> Reach:
        """Return how far the pattern gets in a line, from its beginning."""
        line = line[:_LONGEST]
        low, high = 0, len(self.atoms)
        while low < high:
            middle = (low + high + 1) // 2
            if self._first(middle).match(line):
                low = middle
            else:
                high = middle - 1
        found = self._first(low).match(line)
        column = found.end() if found else 0
        return Reach(self.pattern, low, len(self.atoms), column, self._expected(low))

    def _first(self, count: int) -> re.Pattern[str]:
        """Return the expression of the first `count` pieces."""
        if count not in self._compiled:
            self._compiled[count] = re.compile("".join(atom.text for atom in self.atoms[:count]), re.ASCII)
        return self._compiled[count]

    def _expected(self, count: int) -> str:
        """Say what comes behind the first `count` pieces."""
        if count == len(self.atoms):
            return "nothing more"
        atom = self.atoms[count]
        if atom.field:
            return f"{atom.field}: {_WORDS.get(atom.grok, f'%{{{atom.grok}}}')}"
        if atom.text == "$":
            return "the end of the line"
        return repr(self._literal_around(count)) if _is_plain(atom) else _described(atom)

    def _literal_around(self, place: int) -> str:
        """Return the fixed text that the piece at `place` is in."""
        first = last = place
        while first and _is_plain(self.atoms[first - 1]):
            first -= 1
        while last + 1 < len(self.atoms) and _is_plain(self.atoms[last + 1]):
            last += 1
        return "".join(atom.literal for atom in self.atoms[first : last + 1])


def _is_plain(atom: Atom) -> bool:
    return bool(atom.literal) and not atom.field


def _described(atom: Atom) -> str:
    return _WORDS.get(atom.grok, f"%{{{atom.grok}}}") if atom.grok else f"what {atom.text} matches"


@dataclass(slots=True)
class Shape:
    """Lines that fail at the same place: how many, the first of them, its column, and what there is to say of it."""

    count: int
    number: int
    line: str
    column: int
    words: Sequence[str]


@dataclass(slots=True)
class Explainer:
    """Collects lines that became no point. `known` are further patterns that the user may want."""

    tried: Sequence[Probe]
    known: Sequence[Probe] = ()
    shapes: dict[tuple[str, int], Shape] = field(default_factory=dict)

    def add(self, line: str, number: int) -> None:
        """Take a line that no pattern matches; `number` is its place in the file, from 1."""
        best = max((probe.reach(line) for probe in self.tried), key=_progress)
        if not self._counted((best.pattern, best.atoms)):
            words = [
                f"expected there: {best.expected}",
                f"the nearest pattern is {best.pattern}: it took {best.atoms} of its {best.of} pieces",
            ]
            matching = next((probe.pattern for probe in self.known if probe.reach(line).complete), "")
            if matching:
                words.append(f"{matching} matches this line: put it into patterns")
            self.shapes[best.pattern, best.atoms] = Shape(1, number, line, best.column, words)

    def add_refused(self, line: str, number: int, reason: str) -> None:
        """Take a line that matches and was set aside for another reason, which may quote a part of it."""
        if not self._counted((reason.partition(":")[0], -1)):
            quoted = re.search("'(.+)'", reason)
            column = max(line.find(quoted[1]), 0) if quoted else 0
            self.shapes[reason.partition(":")[0], -1] = Shape(1, number, line, column, [reason])

    def _counted(self, key: tuple[str, int]) -> bool:
        if key in self.shapes:
            self.shapes[key].count += 1
        return key in self.shapes

    def report(self) -> list[str]:
        """Return a paragraph for each shape, the most frequent first."""
        return [_paragraph(shape) for shape in sorted(self.shapes.values(), key=lambda shape: -shape.count)]


def _progress(reach: Reach) -> tuple[bool, float, int]:
    return reach.complete, reach.atoms / max(reach.of, 1), reach.column


def _paragraph(shape: Shape) -> str:
    start = max(0, shape.column - _WIDTH // 2) if len(shape.line) > _WIDTH else 0
    cut = "".join(c if c.isprintable() else "?" for c in _readable(shape.line[start : start + _WIDTH]))
    before = len(_readable(shape.line[start : shape.column]))
    left, right = "…" if start else "", "…" if start + _WIDTH < len(shape.line) else ""
    lines = [
        f"{shape.count} line{'s' * (shape.count != 1)}, the first is line {shape.number}:",
        f"  {left}{cut}{right}",
        f"  {' ' * (len(left) + before)}^ column {shape.column + 1}",
        *(f"  {words}" for words in shape.words),
    ]
    return "\n".join(lines)


def _readable(text: str) -> str:
    return text.encode("latin-1").decode("utf-8", errors="replace")
