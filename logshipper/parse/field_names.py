"""Names that a point cannot have twice.

A field called `time` vanishes in InfluxDB, and a field with a tag's name is lost or refused by some databases. Such a
field gets the next free number, `time_1`, in every output alike.
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


@lru_cache(maxsize=1024)  # once for each name, however many patterns, outputs and shapes have it
def _say(name: str, other: str) -> None:
    why = "databases keep that name for the point's time" if name == "time" else "a tag has that name"
    name, other = (text.encode("latin-1").decode("utf-8", "replace") for text in (name, other))
    log.warning("the field %s is written as %s: %s", name, other, why)
