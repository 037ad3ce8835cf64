"""Explains why a line does not match: how far each pattern gets, and what it expects there."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from logshipper.grok.steps import Step, steps
from logshipper.printable import in_columns
from logshipper.words import counted

_LONGEST = 8_192  # characters of a line that are examined: enough for any log, and a limit for hostile lines
_WIDTH = 76  # columns of an example to show: with its margin no terminal breaks it, and the mark stays below

# Pattern -> what its text looks like, in words.
_WORDS = {
    "UINT": "a whole number", "UWSGI_NUMBER": "a whole number", "INT": "a whole number", "POSINT": "a whole number",
    "NONNEGINT": "a whole number", "NUMBER": "a number", "BASE10NUM": "a number", "WORD": "a word",
    "UWSGI_CTIME": "a date such as [Fri May  5 14:51:39 2017]", "UWSGI_DATE": "a date such as Fri May  5 14:51:39 2017",
    "HTTPDATE": "a date such as 05/May/2017:14:51:39 +0000", "NOTSPACE": "text without a space",
    "UWSGI_CORE": "text such as (1 switches on core 0)",
    "UWSGI_ANY_CORE": "text such as (1 switches on core 0)", "UWSGI_HTTPVER": "a version such as 1.1",
    "UWSGI_ADDR": "an address", "IP": "an address", "IPORHOST": "an address or a host name",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a pattern gets: `steps` of its pieces match, the next fails at `column` (the first is 0)."""

    pattern: str
    steps: int
    of: int
    column: int
    expected: str

    @property
    def complete(self) -> bool:
        """Whether the pattern matches."""
        return self.steps == self.of


class Probe:
    """A pattern to try piece by piece."""

    def __init__(self, pattern: str, patterns: Mapping[str, str]) -> None:
        self.pattern = pattern
        self.steps = steps(pattern, patterns)
        self._compiled: dict[int, re.Pattern[str]] = {}

    def reach(self, line: str) -> Reach:
        """Return how far the pattern matches from the beginning of a line."""
        line = line[:_LONGEST]
        low, high = 0, len(self.steps)
        while low < high:
            middle = (low + high + 1) // 2
            if self._first(middle).match(line):
                low = middle
            else:
                high = middle - 1
        found = self._first(low).match(line)
        column = found.end() if found else 0
        return Reach(self.pattern, low, len(self.steps), column, self._expected(low))

    def _first(self, count: int) -> re.Pattern[str]:
        """Return the expression of the first `count` pieces."""
        if count not in self._compiled:
            self._compiled[count] = re.compile("".join(step.text for step in self.steps[:count]), re.ASCII)
        return self._compiled[count]

    def _expected(self, count: int) -> str:
        """Return, in words, what follows the first `count` pieces."""
        if count == len(self.steps):
            return "nothing more"
        step = self.steps[count]
        if step.field:
            return f"{step.field}: {_WORDS.get(step.grok, f'%{{{step.grok}}}')}"
        if step.text == "$":
            return "the end of the line"
        return repr(self._literal_around(count)) if _is_plain(step) else _described(step)

    def _literal_around(self, index: int) -> str:
        """Return the whole fixed text around the piece at `index`."""
        first = last = index
        while first and _is_plain(self.steps[first - 1]):
            first -= 1
        while last + 1 < len(self.steps) and _is_plain(self.steps[last + 1]):
            last += 1
        return "".join(step.literal for step in self.steps[first : last + 1])


def _is_plain(step: Step) -> bool:
    return bool(step.literal) and not step.field


def _described(step: Step) -> str:
    return _WORDS.get(step.grok, f"%{{{step.grok}}}") if step.grok else f"what {step.text} matches"


@dataclass(slots=True)
class FailureGroup:
    """Lines that fail at the same piece: how many, the first one with its column, and the explanation."""

    count: int
    number: int
    line: str
    column: int
    words: Sequence[str]


@dataclass(slots=True)
class Explainer:
    """Collects lines that became no point. `known` are other patterns that the user may need."""

    tried: Sequence[Probe]
    known: Sequence[Probe] = ()
    groups: dict[tuple[str, int, str], FailureGroup] = field(default_factory=dict)

    def add(self, line: str, number: int) -> None:
        """Take a line that no pattern matches; `number` is its line number."""
        best = max((probe.reach(line) for probe in self.tried), key=_progress)
        matching = next((probe.pattern for probe in self.known if probe.reach(line).complete), "")
        if not self._counted((best.pattern, best.steps, matching)):
            words = [
                f"expected there: {best.expected}",
                f"the nearest pattern is {best.pattern}: {best.steps} of its {best.of} pieces match",
            ]
            if matching:
                words.append(f"{matching} matches this line: add it to patterns")
            if key := self._key_of_line(line):
                words.append(f'a JSON object with the line under {key!r}: set data_format = "json" and')
                words.append(f'json_message_key = "{key}" in [[inputs.tail]]')
            self.groups[best.pattern, best.steps, matching] = FailureGroup(1, number, line, best.column, words)

    def _key_of_line(self, line: str) -> str:
        """Return the key of a JSON object under which a line stands that a pattern matches, "" for none."""
        try:
            content = json.loads(line.encode("latin-1")) if line.startswith("{") else None
        except (ValueError, RecursionError):
            return ""
        for key, value in content.items() if isinstance(content, dict) else ():
            text = value.rstrip("\n").encode(errors="replace").decode("latin-1") if isinstance(value, str) else ""
            if text and any(probe.reach(text).complete for probe in self.tried):
                return str(key)
        return ""

    def add_rejected(self, line: str, number: int, reason: str) -> None:
        """Take a line that matches and was rejected for another reason, which may quote part of the line."""
        if not self._counted((reason.partition(":")[0], -1, "")):
            quoted = re.search("'(.+)'", reason)
            column = max(line.find(quoted[1]), 0) if quoted else 0
            self.groups[reason.partition(":")[0], -1, ""] = FailureGroup(1, number, line, column, [reason])

    def _counted(self, key: tuple[str, int, str]) -> bool:
        if key in self.groups:
            self.groups[key].count += 1
        return key in self.groups

    def report(self) -> list[str]:
        """Return a paragraph for each group, the largest first."""
        return [_paragraph(group) for group in sorted(self.groups.values(), key=lambda group: -group.count)]


def _progress(reach: Reach) -> tuple[bool, float, int]:
    return reach.complete, reach.steps / max(reach.of, 1), reach.column


def _paragraph(group: FailureGroup) -> str:
    start = max(0, group.column - _WIDTH // 2) if len(group.line) > _WIDTH else 0
    cut = in_columns(_readable(group.line[start : start + _WIDTH]))
    before = len(_readable(group.line[start : group.column]))
    left, right = "…" if start else "", "…" if start + _WIDTH < len(group.line) else ""
    lines = [
        f"{counted(group.count, 'line')}, first line {group.number}:",
        f"  {left}{cut}{right}",
        f"  {' ' * (len(left) + before)}^ column {group.column + 1}",
        *(f"  {words}" for words in group.words),
    ]
    return "\n".join(lines)


def _readable(text: str) -> str:
    return text.encode("latin-1").decode("utf-8", errors="replace")
