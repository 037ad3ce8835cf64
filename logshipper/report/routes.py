"""The name that a request is counted under: method and route, or method and path with the ids left out."""

import re
from collections.abc import Callable

from logshipper.points import utf8

OTHER, ID = "(other)", "<id>"
# Per process. Whatever is over the limit in one of them is `(other)` in all.
MOST_ROUTES = 2_000
_MOST_CACHED = 20_000
_LONGEST = 200
# A path segment that names one thing of many: a number, a UUID, a hash.
_ID = re.compile(
    r"(?<=/)(?:\d+|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?=[a-f]*\d)[0-9a-f]{16,})(?=/|$)",
    re.IGNORECASE,
)


def without_ids(path: str, method: str = "") -> str:
    """Return a path with `<id>` for each segment that is a number, a UUID or a hash."""
    return _ID.sub(ID, path)


def plain_path(path: str, method: str = "") -> str:
    """Return the path as it is."""
    return path


class Names(dict[tuple[str, str], str]):
    """(method, uri) as the log has them -> the name. Cached, so that a line costs one look."""

    def __init__(self, route: Callable[[str, str], str | None], clean: Callable[[str], str] = str) -> None:
        """`route(path, method)` returns the route; `clean(path)` removes secrets."""
        super().__init__()
        self._route, self._clean = route, clean
        self.known: set[str] = set()
        self.overflowed = False

    def __missing__(self, key: tuple[str, str]) -> str:
        method, uri = key
        path = self._clean(uri.partition("?")[0])
        route = (self._route(path, method) or path)[:_LONGEST]
        name = utf8(f"{method} {route}".strip()).encode("utf-8", "replace").decode()
        if name not in self.known:
            if len(self.known) >= MOST_ROUTES:
                self.overflowed = True
                name = OTHER
            else:
                self.known.add(name)
        if len(self) >= _MOST_CACHED:
            self.clear()
        self[key] = name
        return name
