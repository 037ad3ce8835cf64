"""The forms of points: all that is different between parsing for line protocol and parsing for rows (`row_form`)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from logshipper import line_protocol
from logshipper.parse.cleaning import ESCAPED, TextRules
from logshipper.parse.encoder import Column, Encode, Row, Suffix, encoder, suffix_encoder, suffix_renderer
from logshipper.parse.prefix_cache import PrefixCache
from logshipper.parse.text_prefixes import TextPrefixes
from logshipper.points import AnyPoint, AnyPoints, Points

Fields = Mapping[str, str | int]
Columns = Sequence[Column]


@dataclass(frozen=True, slots=True)
class Form:
    """How points are written.

    `texts` says how a string becomes what is written; `prefixes` makes the beginnings of points, `encoder` and its kin
    the functions for a pattern. `labels(measurement, tags)` and `event(labels, fields, time)` make an event's point.
    `collected` returns points as outputs take them.
    """

    texts: TextRules
    prefixes: Callable[..., PrefixCache[Any]]
    encoder: Callable[[int, Columns, Columns, Columns], Encode]
    suffix_encoder: Callable[[int, Columns, Columns, Columns, Mapping[str, Suffix]], Encode | None]
    suffix_renderer: Callable[[int, int, Columns, Columns], Callable[[Row], Suffix]]
    labels: Callable[[str, Mapping[str, str]], Any]
    event: Callable[[Any, Fields, int], AnyPoint]
    collected: Callable[..., AnyPoints]


def _text_labels(measurement: str, tags: Mapping[str, str]) -> str:
    labels = [f",{line_protocol.key(name)}={line_protocol.tag(value)}" for name, value in tags.items()]
    return line_protocol.measurement(measurement) + "".join(labels)


def _text_event(labels: str, fields: Fields, time: int) -> str:
    body = [
        f"{name}={value}i" if isinstance(value, int) else f'{name}="{line_protocol.string(value)}"'
        for name, value in fields.items()
    ]
    return f"{labels} {','.join(body)} {time}"


TEXT = Form(ESCAPED, TextPrefixes, encoder, suffix_encoder, suffix_renderer, _text_labels, _text_event, Points.of)
