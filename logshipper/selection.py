"""Telegraf's namepass, namedrop, tagpass and tagdrop, and the renaming of measurements.

All text here is latin-1-decoded bytes, as in `line_protocol`; only rows hold real text.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from logshipper import line_protocol
from logshipper.points import AnyPoint, PointShape, utf8

Match = Callable[[str], bool]


def wildcards(patterns: Sequence[str]) -> re.Pattern[str]:
    """Return an expression for Telegraf's wildcards: `*`, `?`, `[a-z]`, `[!a]` and `{a,b}`.

    An empty list matches nothing.
    """
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


def _any_match(patterns: Mapping[str, re.Pattern[str]], tags: Mapping[str, str]) -> bool:
    return any(name in tags and pattern.fullmatch(tags[name]) for name, pattern in patterns.items())


def as_bytes(text: str) -> str:
    """Return text in the parser's form: one character for each byte of its UTF-8."""
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("latin-1")


def labels_of(point: AnyPoint) -> tuple[str, Mapping[str, str]]:
    """Return measurement and tags of a point, be it line protocol or a row."""
    if isinstance(point, str):
        name, tags, _ = line_protocol.read_head(point)
        return name, tags
    shape, values, _ = point
    return as_bytes(shape.measurement), {
        as_bytes(tag): as_bytes(str(value)) for tag, value in zip(shape.tags, values, strict=False)
    }


def chosen(points: Iterable[AnyPoint], selection: Selection | None, renaming: Renaming) -> dict[int, AnyPoint]:
    """Return the points that an output takes, renamed, by their indexes."""
    found: dict[int, AnyPoint] = {}
    shapes: dict[int, PointShape] = {}
    for index, point in enumerate(points):
        if selection is None or selection.takes(*labels_of(point)):
            found[index] = _renamed(point, renaming, shapes) if renaming else point
    return found


def _renamed(point: AnyPoint, renaming: Renaming, shapes: dict[int, PointShape]) -> AnyPoint:
    if isinstance(point, str):
        name, _, name_end = line_protocol.read_head(point)
        return line_protocol.measurement(renaming(name)) + point[name_end:]
    shape, values, time = point
    if id(shape) not in shapes:
        name = line_protocol.fit_measurement(renaming(as_bytes(shape.measurement)))
        shapes[id(shape)] = replace(shape, measurement=utf8(name))
    return shapes[id(shape)], values, time
