"""Telegraf's namepass, namedrop, tagpass and tagdrop, and the renaming of measurements, on line protocol.

All text here is latin-1-decoded bytes, as in `line_protocol`.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from logshipper import line_protocol

Match = Callable[[str], bool]


def wildcards(patterns: Sequence[str]) -> re.Pattern[str]:
    """Return an expression for Telegraf's wildcards: `*`, `?`, `[a-z]`, `[!a]` and `{a,b}`; none matches nothing."""
    return re.compile("|".join(f"(?:{_glob(pattern)})" for pattern in patterns) or "(?!)", re.DOTALL)


def _glob(pattern: str) -> str:
    parts, depth, index = [], 0, 0
    while index < len(pattern):
        character = pattern[index]
        end = pattern.find("]", index + 2)
        index += 1
        if character == "\\" and index < len(pattern):
            parts.append(re.escape(pattern[index]))
            index += 1
        elif character == "[" and end > 0:
            inside = pattern[index:end].replace("\\", r"\\").replace("[", r"\[")
            parts.append(f"[^{inside[1:]}]" if inside[0] in "!^" else f"[{inside}]")
            index = end + 1
        elif character == "{" and "}" in pattern[index:]:
            depth += 1
            parts.append("(?:")
        elif character in "},|" and depth:
            parts.append(")" if character == "}" else "|" if character == "," else r"\|")
            depth -= character == "}"
        else:
            parts.append({"*": ".*", "?": "."}.get(character) or re.escape(character))
    return "".join(parts)


def passes(passing: Sequence[str], dropping: Sequence[str]) -> Match:
    """Return whether a name matches one of `passing`, if there are any, and none of `dropping`."""
    if not passing and not dropping:
        return lambda name: True
    allowed, dropped = wildcards(passing or ["*"]), wildcards(dropping)
    return lambda name: bool(allowed.fullmatch(name)) and not dropped.fullmatch(name)


@dataclass(frozen=True, slots=True)
class Renaming:
    """What a measurement is called: `override` replaces its name, then prefix and suffix are added."""

    override: str = ""
    prefix: str = ""
    suffix: str = ""

    def __call__(self, name: str) -> str:
        """Return the new name."""
        return f"{self.prefix}{self.override or name}{self.suffix}"

    def __bool__(self) -> bool:
        return bool(self.override or self.prefix or self.suffix)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which points to take: by measurement, and by tags as name -> values."""

    name: Match
    tagpass: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    tagdrop: Mapping[str, re.Pattern[str]] = field(default_factory=dict)

    @classmethod
    def of(
        cls, namepass: Sequence[str], namedrop: Sequence[str], tagpass: Mapping[str, Sequence[str]],
        tagdrop: Mapping[str, Sequence[str]],
    ) -> Self | None:  # fmt: skip
        """Return the selection, None for one that takes everything."""
        if not (namepass or namedrop or tagpass or tagdrop):
            return None
        by_tag = [{name: wildcards(values) for name, values in tags.items()} for tags in (tagpass, tagdrop)]
        return cls(passes(namepass, namedrop), *by_tag)

    def takes(self, name: str, tags: Mapping[str, str]) -> bool:
        """Return whether a point is taken; one of `tagpass` must match, if there are any, and none of `tagdrop`."""
        if not self.name(name) or (self.tagpass and not _any_match(self.tagpass, tags)):
            return False
        return not _any_match(self.tagdrop, tags)

    def takes_point(self, text: str) -> bool:
        """Return whether a point is taken that is given as line protocol."""
        name, tags, _, _ = line_protocol.read_head(text, 0)
        return self.takes(name, tags)


def _any_match(patterns: Mapping[str, re.Pattern[str]], tags: Mapping[str, str]) -> bool:
    return any(name in tags and pattern.fullmatch(tags[name]) for name, pattern in patterns.items())


def chosen(points: Iterable[str], selection: Selection | None, renaming: Renaming) -> dict[int, str]:
    """Return the points that an output takes, renamed, by their indexes."""
    found = {}
    for index, text in enumerate(points):
        name, tags, name_end, _ = line_protocol.read_head(text, 0)
        if selection is None or selection.takes(name, tags):
            found[index] = line_protocol.measurement(renaming(name)) + text[name_end:] if renaming else text
    return found
