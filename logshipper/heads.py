"""The beginning of a point, measurement and tags, made of a line's raw tag cells and remembered for the next line."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from logshipper import lineprotocol
from logshipper.encoder import Column, Row
from logshipper.tagcap import OTHER, TagCap

# A tag longer than this is a burden to every index; it becomes `(other)`, its text a field. In bytes.
LONGEST_TAG = 2048
# What all remembered beginnings together may take, in bytes; then they are made anew.
MOST_REMEMBERED = 8 * 2**20
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


class Heads(dict[Row, str]):
    """Raw tag cells -> the text of a point up to its first field: `uwsgi_log,method=GET,uri=/ query="a=1",`.

    One for each pattern and file, since the cap on tag values belongs to a file.
    """

    def __init__(
        self, rules: HeadRules, columns: Sequence[Column], path_tags: Mapping[str, str], cap: TagCap,
        budget: HeadBudget,
    ) -> None:  # fmt: skip
        super().__init__()
        self.rules, self.columns, self.cap, self.budget = rules, columns, cap, budget
        self.static = {**rules.tags, **path_tags}
        budget.members.append(self)

    def __missing__(self, cells: Row) -> str:
        head = self._make(cells)
        self.budget.spend(2 * len(head) + _OVERHEAD)
        self[cells] = head
        return head

    def _make(self, cells: Row) -> str:
        name = self.rules.measurement
        tags, fields = dict(self.static), {}
        for column, cell in zip(self.columns, cells, strict=True):
            if column.kind == "measurement":
                name = cell or name
            elif column.kind == "int":
                if len(cell) == 3:
                    tags["status_class"] = f"{cell[0]}xx"
            elif column.field == "uri":
                path, mark, query = cell.partition("?")
                tags["uri"] = path
                if mark and query:
                    fields["query"] = self.rules.clean_query(query)
            else:
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
            f",{lineprotocol.key(tag)}={lineprotocol.tag(tags[tag])}"
            for tag in sorted(tags)
            if tags[tag] and keep_tag(tag)
        )
        texts = "".join(
            f'{lineprotocol.key(label)}="{lineprotocol.string(text)}",'
            for label, text in fields.items()
            if text and keep_field(label)
        )
        return f"{lineprotocol.measurement(name)}{labels} {texts}"
