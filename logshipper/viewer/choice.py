"""What a visitor of the page chose: a period and filters."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from logshipper.rfc3339 import whole

LASTS: Mapping[str, int] = {
    "5 minutes": 300,
    "15 minutes": 900,
    "1 hour": 3600,
    "6 hours": 21_600,
    "1 day": 86_400,
    "7 days": 604_800,
    "30 days": 2_592_000,
}
"""Seconds of each period that ends with the newest request; "all" has no beginning."""
FILTERS: Mapping[str, tuple[str, ...]] = {
    "method": ("method",),
    "status_class": ("status_class",),
    "uri": ("uri",),
    "address": ("remoteAddr", "client_ip"),
    "log": ("path",),
}
"""The filters, and the columns of each, of which a file has one or none."""
_ROLLED = ("method", "status_class", "uri")  # what the rollups know
_WITH_STAR = ("uri", "address", "log")
_FURTHEST = 2**36  # seconds; the year 4147


@dataclass(frozen=True, slots=True)
class Choice:
    """The last seconds, None for all, or from one second to another; and what must be equal or match."""

    last: int | None = None
    since: int | None = None
    until: int | None = None
    filters: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, given: Mapping[str, str]) -> "Choice":
        """Return the choice of an address's parameters. Raises ValueError for a time that is none."""
        filters = tuple((name, given[name]) for name in FILTERS if given.get(name))
        since, until = (_second(given[name]) if given.get(name) else None for name in ("from", "to"))
        return cls(LASTS.get(given.get("last", "")), since, until, filters)

    def value(self, name: str) -> str:
        """Return what a filter was set to, or ""."""
        return dict(self.filters).get(name, "")

    @property
    def needs_rows(self) -> bool:
        """Return whether the rollups cannot tell what the filters leave."""
        return any(name not in _ROLLED for name, _ in self.filters)

    def columns(self, known: Collection[str]) -> dict[str, str]:
        """Return the columns of the filters in a table with these columns; no row fits a filter that has none."""
        found = {name: next((one for one in FILTERS[name] if one in known), "") for name, _ in self.filters}
        return {name: f'"{column}"' if column else "''" for name, column in found.items()}

    def sql(self, names: Mapping[str, str]) -> tuple[str, list[str]]:
        """Return the conditions, each with AND in front, and their parameters; `names` are the columns of filters.

        A `*` in a uri, an address or the name of a log stands for anything.
        """
        conditions, parameters = "", []
        for name, value in self.filters:
            is_pattern = name in _WITH_STAR and "*" in value
            conditions += f" AND {names[name]} {'GLOB' if is_pattern else '='} ?"
            parameters.append(_glob(value) if is_pattern else value)
        return conditions, parameters


def _glob(text: str) -> str:
    """Return the pattern for SQLite, to which more characters than `*` mean something."""
    return text.replace("[", "[[]").replace("?", "[?]")


def _second(text: str) -> int:
    moment = datetime.fromisoformat(text)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def as_text(second: int) -> str:
    """Return a second since 1970 as the beginning of the times in the file."""
    return whole(max(0, min(second, _FURTHEST)))
