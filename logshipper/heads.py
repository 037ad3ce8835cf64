"""The beginning of a point, measurement and tags, made of a line's raw tag cells and remembered for the next line."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, reduce
from operator import getitem
from typing import Any

from logshipper import lineprotocol
from logshipper.encoder import Column, Row
from logshipper.tagcap import OTHER, TagCap

# A tag longer than this is a burden to every index; it becomes `(other)`, its text a field. In bytes.
LONGEST_TAG = 2048
# What all remembered beginnings together may take, in bytes; then they are made anew.
MOST_REMEMBERED = 4 * 2**20
_OVERHEAD = 400  # what Python needs beside the text of a cell and of its beginning


@dataclass(frozen=True, slots=True)
class HeadRules:
    """What goes into the beginning of each point, decided once for an input.

    `route(path, method)` gives the tag `route`, None for none. `keep_tag`, `keep_field` apply tagexclude, fieldpass
    and their kin. `clean_query(query)` returns the query as it may be kept.
    """

    measurement: str
    tags: Mapping[str, str]
    route: Callable[[str, str], str | None] | None = None
    keep_tag: Callable[[str], bool] = lambda name: True
    keep_field: Callable[[str], bool] = lambda name: True
    clean_query: Callable[[str], str] = lambda query: query


@dataclass(slots=True)
class HeadBudget:
    """Adds up what all `Heads` remember, and empties them when it is too much."""

    size: int = 0
    members: list["Heads"] = field(default_factory=list)

    def spend(self, size: int) -> None:
        """Note so many bytes more; past the limit forget all."""
        self.size += size
        if self.size > MOST_REMEMBERED:
            for member in self.members:
                member.clear()
            self.size = size


class _Level(dict[str, Any]):
    """The beginnings of lines that share their first tag cells: the next cell -> the level below, or the text."""

    __slots__ = ("_cells", "_heads")

    def __init__(self, heads: "Heads", cells: Row) -> None:
        super().__init__()
        self._heads, self._cells = heads, cells

    def __missing__(self, cell: str) -> Any:
        return self._heads.grow(self, (*self._cells, cell))


class Heads(_Level):
    """`heads[a][b]`, for the raw tag cells a and b, is the text of a point up to its first field.

    Such as `uwsgi_log,method=GET,uri=/ query="a=1",`. One for each pattern and file, since the cap on tag values
    belongs to a file.
    """

    __slots__ = ("_uri", "budget", "cap", "columns", "rules", "static")

    def __init__(
        self, rules: HeadRules, columns: Sequence[Column], path_tags: Mapping[str, str], cap: TagCap,
        budget: HeadBudget,
    ) -> None:  # fmt: skip
        super().__init__(self, ())
        self.rules, self.columns, self.cap, self.budget = rules, columns, cap, budget
        self.static = {**rules.tags, **path_tags}
        self._uri = next((place for place, column in enumerate(columns) if column.field == "uri"), None)
        budget.members.append(self)

    def grow(self, level: _Level, cells: Row) -> Any:
        """Return, and remember in `level`, what `cells` lead to."""
        if len(cells) < len(self.columns):
            found: Any = _Level(self, cells)
            self.budget.spend(_OVERHEAD)
        elif self._uri is not None and "?" in cells[self._uri]:
            return self._with_query(cells, self._uri)  # queries are too many to be remembered
        else:
            found = self._make(cells)
            self.budget.spend(2 * len(found) + _OVERHEAD)
        level[cells[-1]] = found
        return found

    def _with_query(self, cells: Row, place: int) -> str:
        path, _, query = cells[place].partition("?")
        head: str = reduce(getitem, (*cells[:place], path, *cells[place + 1 :]), self)  # type: ignore[assignment]
        query = self.rules.clean_query(query)
        return f'{head}query="{lineprotocol.string(query)}",' if query and self.rules.keep_field("query") else head

    def _make(self, cells: Row) -> str:
        name = self.rules.measurement
        tags, fields = dict(self.static), dict[str, str]()
        for column, cell in zip(self.columns, cells, strict=False):  # without columns there is one empty cell
            if column.kind == "measurement":
                name = cell or name
            elif column.kind == "int":
                if len(cell) == 3:
                    tags["status_class"] = f"{cell[0]}xx"
            elif cell or column.field not in tags:  # of alternatives with one name, one has it
                tags[column.field] = cell
        if self.rules.route and "uri" in tags:
            route = self.rules.route(tags["uri"], tags.get("method", ""))
            if route:
                tags["route"] = route
        for column in self.columns:
            self._fit(column.field, tags, fields)
        self._fit("route", tags, fields)
        return self._text(name, tags, fields)

    def _fit(self, tag: str, tags: dict[str, str], fields: dict[str, str]) -> None:
        """Keep to the cap: a value that the tag cannot carry becomes a field beside `(other)`."""
        value = tags.get(tag)
        if not value or tag in self.static:
            return
        if len(value) > LONGEST_TAG or not self.cap.admits(tag, value):
            tags[tag], fields[f"{tag}_full"] = OTHER, value
        elif not lineprotocol.tag_is_exact(value):
            fields[f"{tag}_full"] = value

    def _text(self, name: str, tags: Mapping[str, str], fields: Mapping[str, str]) -> str:
        keep_tag, keep_field = self.rules.keep_tag, self.rules.keep_field
        labels = "".join(
            [
                (_label if tag == "uri" else _common_label)(tag, tags[tag])
                for tag in sorted(tags)
                if tags[tag] and keep_tag(tag)
            ]
        )
        texts = "".join(
            f'{lineprotocol.key(label)}="{lineprotocol.string(text)}",'
            for label, text in fields.items()
            if text and keep_field(label)
        )
        return f"{lineprotocol.measurement(name)}{labels} {texts}"


def _label(tag: str, value: str) -> str:
    return f",{lineprotocol.key(tag)}={lineprotocol.tag(value)}"


# Of all tags but the uri there are few values, and each stands in many beginnings.
_common_label = lru_cache(maxsize=1024)(_label)
