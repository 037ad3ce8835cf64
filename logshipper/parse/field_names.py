"""Names that a point cannot have twice.

InfluxDB loses a field called `time` and refuses a point with such a tag, and a field with a tag's name is lost or
refused by some databases. Such a one gets the next free number, `time_1`, in every output alike.
"""

import logging
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import count

from logshipper.parse.encoder import Column

log = logging.getLogger(__name__)


def renamed(fields: Sequence[Column], tags: Collection[str]) -> list[Column]:
    """Return the fields, those called `time` or like one of the tags with another name."""
    names = {column.field for column in fields}
    taken = {"time", *tags, *names}
    new = {}
    for name in sorted(names & {"time", *tags}):
        new[name] = next(other for number in count(1) if (other := f"{name}_{number}") not in taken)
        taken.add(new[name])
        _say(name, new[name])
    return [replace(column, field=new[column.field]) if column.field in new else column for column in fields]


def without_time_tag(columns: Sequence[Column]) -> tuple[Column, ...]:
    """Return the columns, a tag called `time` with another name: InfluxDB refuses points that have one."""
    if ("time", "tag") not in {(column.field, column.kind) for column in columns}:
        return tuple(columns)
    taken = {column.field for column in columns}
    new = next(other for number in count(1) if (other := f"time_{number}") not in taken)
    _say("time", new, "tag")
    return tuple(
        replace(column, field=new) if (column.field, column.kind) == ("time", "tag") else column for column in columns
    )


@lru_cache(maxsize=1024)  # once for each name, however many patterns, outputs and shapes have it
def _say(name: str, other: str, what: str = "field") -> None:
    why = "databases keep that name for the point's time" if name == "time" else "a tag has that name"
    name, other = (text.encode("latin-1").decode("utf-8", "replace") for text in (name, other))
    log.warning("the %s %s is written as %s: %s", what, name, other, why)
