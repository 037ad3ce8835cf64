"""The prefix of a point, its measurement and tags, made from a line's raw tag cells and cached for the next line."""

import re
import weakref
from collections.abc import Callable, Collection, Mapping, Sequence, Sized
from dataclasses import dataclass, field
from functools import reduce
from itertools import chain, count
from operator import getitem
from typing import Any, Generic, TypeVar

from logshipper import line_protocol
from logshipper.parse.encoder import Column, Row
from logshipper.parse.tag_limit import OTHER, TagLimit

# Bytes. Longer tags bloat every index: they become `(other)`, and their text a field.
LONGEST_TAG = 2048
# Bytes that all cached prefixes together may take; past that, the caches are emptied.
MOST_REMEMBERED = 4 * 2**20
_OVERHEAD = 200  # what Python needs besides the text of a cell and its prefix; measured: 120 to 150
_MARKS = re.compile("[;&#%]")  # without one of them, a path holds no parameter
PLACEHOLDER = "\0"  # where the uri goes in a frame


@dataclass(frozen=True, slots=True)
class PrefixRules:
    """What goes into each prefix, decided once for an input.

    `route(path, method)` returns the tag `route`, or None. `keep_tag` and `keep_field` apply tagexclude, fieldpass and
    the like. `clean_query(query)` and `clean_path(path)` remove secret parameters, `rename(name)` is what a measurement
    is called. `taken` are the field names of the pattern, which a field that we add avoids.
    """

    measurement: str
    tags: Mapping[str, str]
    route: Callable[[str, str], str | None] | None = None
    keep_tag: Callable[[str], bool] = lambda name: True
    keep_field: Callable[[str], bool] = lambda name: True
    clean_query: Callable[[str], str] = lambda query: query
    clean_path: Callable[[str], str] = lambda path: path
    rename: Callable[[str], str] = lambda name: name
    taken: Collection[str] = ()


@dataclass(slots=True)
class CacheBudget:
    """Adds up the size of all prefix caches, and empties them when it exceeds the limit."""

    size: int = 0
    members: list["weakref.ref[PrefixCache[Any]]"] = field(default_factory=list)  # logs come and go, and so do shapes

    def join(self, member: "PrefixCache[Any]") -> None:
        """Count a cache too, as long as somebody uses it."""
        self.members = [one for one in self.members if one() is not None]
        self.members.append(weakref.ref(member))

    def spend(self, size: int) -> None:
        """Add `size` bytes; past the limit, empty all caches."""
        self.size += size
        if self.size > MOST_REMEMBERED:
            for member in self.members:
                if (cache := member()) is not None:
                    cache.clear()
            self.size = size


P = TypeVar("P", bound=Sized)


class _Level(dict[str, Any]):
    """The prefixes of lines that share their first tag cells: next cell -> the level below, or the prefix."""

    __slots__ = ("_cells", "_prefixes")

    def __init__(self, prefixes: "PrefixCache[Any]", cells: Row) -> None:
        super().__init__()
        self._prefixes, self._cells = prefixes, cells

    def __missing__(self, cell: str) -> Any:
        return self._prefixes.grow(self, (*self._cells, cell))


class _Uris(dict[str, P]):
    """The prefixes of lines that share all tag cells but the last, the uri: raw uri -> prefix.

    Many uris come only once, so a new one must be cheap: it is put into a frame, what is around the uri.
    """

    __slots__ = ("_cells", "_frames", "_method", "_prefixes")

    def __init__(self, prefixes: "PrefixCache[P]", cells: Row) -> None:
        super().__init__()
        self._prefixes, self._cells = prefixes, cells
        self._method = prefixes.tags(cells)[1].get("method", "")
        self._frames: dict[tuple[str | None, bool], Sequence[P]] = {}

    def __missing__(self, uri: str) -> P:
        prefixes = self._prefixes
        if "?" in uri:
            path, _, query = uri.partition("?")
            return prefixes.with_query(self[path], query)
        if _MARKS.search(uri) and (clean := prefixes.rules.clean_path(uri)) != uri:
            return self[clean]
        frame = None
        if uri and "\\" not in uri and "\n" not in uri:  # a tag can carry it unchanged
            route = prefixes.rules.route(uri, self._method) if prefixes.rules.route else None
            carried = len(uri) <= LONGEST_TAG and prefixes.tag_limit.admits("uri", uri)
            frame = self._frames.get((route, carried))
            if frame is None:
                frame = self._frames[route, carried] = prefixes.frame(self._cells, route, carried)
        prefix = prefixes.filled(frame, uri, carried) if frame else prefixes.make((*self._cells, uri))
        prefixes.budget.spend(len(uri) + len(prefix) + _OVERHEAD)
        self[uri] = prefix
        return prefix


class PrefixCache(_Level, Generic[P]):
    """`prefixes[a][b]`, for the raw tag cells a and b, is a point up to its first field.

    One for each pattern and file, since the tag limit belongs to a file. `TextPrefixes` and `RowPrefixes` say what a
    prefix is.
    """

    __slots__ = (
        "__weakref__",
        "_framed",
        "_keeps_query",
        "_own_names",
        "_path_tags",
        "_query",
        "_uri",
        "budget",
        "columns",
        "rules",
        "static",
        "tag_limit",
    )

    def __init__(
        self, rules: PrefixRules, columns: Sequence[Column], path_tags: Mapping[str, str], tag_limit: TagLimit,
        budget: CacheBudget,
    ) -> None:  # fmt: skip
        super().__init__(self, ())
        self.rules, self.columns, self.tag_limit, self.budget = rules, columns, tag_limit, budget
        self.static, self._path_tags = {**rules.tags, **path_tags}, path_tags
        self._query = line_protocol.key(_free("query", rules.taken))
        self._keeps_query = rules.keep_field("query")
        self._own_names = {column.field: self._own_name(column.field) for column in columns if column.kind == "tag"}
        names = [column.field for column in columns]
        self._uri = names.index("uri") if "uri" in names else None
        self._framed = self._uri == len(names) - 1 and columns[-1].kind == "tag" and "uri" not in self.static
        budget.join(self)

    def grow(self, level: _Level, cells: Row) -> Any:
        """Return what `cells` lead to, and cache it in `level`."""
        cell, missing = cells[-1], len(self.columns) - len(cells)
        if missing > 0:
            found: Any = _Uris(self, cells) if self._framed and missing == 1 else _Level(self, cells)
            self.budget.spend(len(cell) + _OVERHEAD)
        elif self._uri is not None and "?" in cells[self._uri]:
            return self._with_query(cells, self._uri)
        elif self._uri is not None and (clean := self.rules.clean_path(cells[self._uri])) != cells[self._uri]:
            return self._of((*cells[: self._uri], clean, *cells[self._uri + 1 :]))
        else:
            found = self.make(cells)
            self.budget.spend(len(cell) + len(found) + _OVERHEAD)
        level[cell] = found
        return found

    def _with_query(self, cells: Row, index: int) -> P:
        path, _, query = cells[index].partition("?")
        return self.with_query(self._of((*cells[:index], path, *cells[index + 1 :])), query)

    def _of(self, cells: Row) -> P:
        return reduce(getitem, cells, self)  # type: ignore[return-value]

    def with_query(self, prefix: P, query: str) -> P:
        """Return the prefix with the query added. It is not cached: there are too many queries."""
        kept = self.rules.clean_query(query) if self._keeps_query else ""
        return self.with_field(prefix, self._query, kept) if kept else prefix

    def make(self, cells: Row) -> P:
        """Return the prefix for the cells of all columns."""
        name, tags = self.tags(cells)
        if self.rules.route and "uri" in tags:
            route = self.rules.route(tags["uri"], tags.get("method", ""))
            if route:
                tags["route"] = route
        fields = dict[str, str]()
        for column in self.columns:
            self._fit(self._own_names.get(column.field, column.field), tags, fields)
        self._fit("route", tags, fields)
        return self.written(name, tags, fields)

    def frame(self, cells: Row, route: str | None, carried: bool) -> Sequence[P]:
        """Return what `make` returns for the cells and a uri of that route, split where the uri goes.

        `carried` says whether the tag carries the uri; otherwise the tag is `(other)` and a field carries it. Empty if
        there is not exactly one such place.
        """
        name, tags = self.tags((*cells, PLACEHOLDER))
        if route:
            tags["route"] = route
        fields = dict[str, str]()
        for column in self.columns[:-1]:
            self._fit(self._own_names.get(column.field, column.field), tags, fields)
        if not carried:
            tags["uri"], fields[self._full("uri")] = OTHER, PLACEHOLDER
        self._fit("route", tags, fields)
        prefix = self.written(name, tags, fields)
        self.budget.spend(len(prefix) + _OVERHEAD)
        is_written = self.rules.keep_tag("uri") if carried else self.rules.keep_field(self._full("uri"))
        return self.split(prefix, int(is_written))

    def tags(self, cells: Row) -> tuple[str, dict[str, str]]:
        """Return the measurement and the tags that the first cells give."""
        name, tags = self.rules.measurement, dict(self.static)
        for column, cell in zip(self.columns, cells, strict=False):  # without columns there is one empty cell
            if column.kind == "measurement":
                name = self._given_name(cell) if cell else name
            elif column.kind == "int":
                if len(cell) == 3:
                    tags["status_class"] = f"{cell[0]}xx"
            else:
                tag = self._own_names[column.field]
                if cell or tag not in tags:  # alternatives may share a name; only one of them has a value
                    tags[tag] = cell
        return name, tags

    def _given_name(self, cell: str) -> str:
        """Return the measurement that a line names. Raises ValueError for one too many."""
        name = self.rules.rename(cell)
        if fault := self.tag_limit.surplus_measurement(name):
            raise ValueError(fault)
        return name

    def _own_name(self, tag: str) -> str:
        """Return the name of a line's tag; if it clashes with one of ours (`path`, `host`), it gets a number.

        Tags from the settings are defaults: they give way to those of the line, as in Telegraf.
        """
        taken = {*self._path_tags, "status_class", *(["host"] if "host" in self.static else [])}
        taken |= {"route"} if self.rules.route else set()
        return _free(tag, taken)

    def _fit(self, tag: str, tags: dict[str, str], fields: dict[str, str]) -> None:
        """Apply the tag limit: a value that the tag cannot carry goes to a field, and the tag becomes `(other)`."""
        value = tags.get(tag)
        if not value or tag in self.static:
            return
        if len(value) > LONGEST_TAG or not self.tag_limit.admits(tag, value):
            tags[tag], fields[self._full(tag)] = OTHER, value
        elif not line_protocol.tag_is_exact(value):
            fields[self._full(tag)] = value

    def _full(self, tag: str) -> str:
        """Return the field for text that the tag cannot carry."""
        return _free(f"{tag}_full", self.rules.taken)

    # -- what a prefix is --------------------------------------------------------------------------

    def written(self, name: str, tags: Mapping[str, str], fields: Mapping[str, str]) -> P:
        """Return the prefix of a measurement, tags and fields, without those that are not kept."""
        raise NotImplementedError

    def with_field(self, prefix: P, field: str, text: str) -> P:
        """Return the prefix with another field, whose name needs no escape."""
        raise NotImplementedError

    def split(self, prefix: P, count: int) -> Sequence[P]:
        """Return the prefix split at its placeholders; empty if it does not have `count` of them."""
        raise NotImplementedError

    def filled(self, frame: Sequence[P], uri: str, carried: bool) -> P:
        """Return the frame with the uri in its place: a tag if it is `carried`, otherwise a field."""
        raise NotImplementedError


def _free(name: str, taken: Collection[str]) -> str:
    """Return the name, or with a number if it is taken."""
    return next(one for one in chain((name,), (f"{name}_{number}" for number in count(1))) if one not in taken)
