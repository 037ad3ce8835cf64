"""Queries as Grafana sends them: its variables filled in as the front end does it, then as its server does it.

The front end takes the text between two slashes of a line for a regular expression and escapes variables in it,
even where the slashes divide (Grafana 11.3 and later). A query that only works without that fails here as well.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

ALL = "$__all"
VARIABLE = re.compile(r"\$(\w+)|\$\{(\w+)(?:\.[^:}]+)?(?::([^}]+))?\}")
SPECIAL = re.compile(r"[\\^$*+?.()|\[\]{}/]")
# In ms: the upper end of a range, and the interval that Grafana rounds it to.
STEPS = (
    (10, 10), (15, 10), (35, 20), (75, 50), (150, 100), (350, 200), (750, 500), (1_500, 1_000), (3_500, 2_000),
    (7_500, 5_000), (12_500, 10_000), (17_500, 15_000), (25_000, 20_000), (45_000, 30_000), (90_000, 60_000),
    (210_000, 120_000), (450_000, 300_000), (750_000, 600_000), (1_050_000, 900_000), (1_500_000, 1_200_000),
    (2_700_000, 1_800_000), (5_400_000, 3_600_000), (9_000_000, 7_200_000), (16_200_000, 10_800_000),
    (32_400_000, 21_600_000), (86_400_000, 43_200_000), (604_800_000, 86_400_000),
)  # fmt: skip
UNITS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}


@dataclass(frozen=True)
class View:
    """A dashboard as displayed: the period in epoch ms, the selected variables, and the width of its panels."""

    start: int
    end: int
    chosen: Mapping[str, Sequence[str] | str] = field(default_factory=dict)  # name -> values; the rest is All
    points: int = 600

    def front_end(self, text: str, variables: Mapping[str, str]) -> str:
        """Return the query that the browser sends; `variables` is name -> type of the dashboard's variables."""

        def value(match: re.Match[str]) -> str:
            name, way = match[1] or match[2], match[3] or ""
            if name in {"__from", "__to"}:
                return str(self.start if name == "__from" else self.end)
            if name in {"__interval", "__interval_ms"}:
                return escaped_between_slashes(f"${name}", name, text)
            if name not in variables:
                return match[0]
            if variables[name] == "interval":
                return self.graph_interval("1h" if name == "hours" else "1m")
            if variables[name] == "custom":
                return str(self.chosen.get(name, "95"))
            return FORMATS[way](name, self.chosen.get(name, ALL))

        return VARIABLE.sub(value, text)

    def server(self, text: str, least: str = "10s") -> str:
        """Return the query that Grafana's server makes of it for InfluxDB."""
        interval = self.interval(least)
        text = text.replace("$timeFilter", f"time >= {self.start}ms and time <= {self.end}ms")
        return text.replace("$__interval_ms", str(interval)).replace("$__interval", written(interval))

    def interval(self, least: str, points: int = 0) -> int:
        """Return the interval for graphs in ms."""
        exact = (self.end - self.start) / (points or self.points)
        rounded = next((step for limit, step in STEPS if exact < limit), 604_800_000)
        number, unit = re.fullmatch(r"(\d+)(\D+)", least).groups()  # type: ignore[union-attr]
        return max(rounded, int(number) * UNITS[unit])

    def graph_interval(self, least: str) -> str:
        """Return the value of an interval variable that is on "auto" with 100 steps."""
        return written(self.interval(least, 100))


def written(milliseconds: int) -> str:
    """Format an interval as Grafana does, in a single unit."""
    return next(f"{milliseconds // size}{unit}" for unit, size in UNITS.items() if milliseconds % size == 0)


def escaped_between_slashes(value: str, name: str, query: str) -> str:
    """Escape the value if the front end believes that it is inside a regular expression."""
    if re.search(rf"/\^?(.*)(\${name})(.*)\$?/", query) and re.search(r"(?<=/).+?(?=/)", query):
        return SPECIAL.sub(r"\\\g<0>", value)
    return value


def in_query(_name: str, values: Sequence[str] | str) -> str:
    """Return several values as a regular-expression group; All is used as it is."""
    if values == ALL:
        return ".*"
    return "(" + "|".join(SPECIAL.sub(r"\\\g<0>", value) for value in values) + ")"


def as_text(_name: str, values: Sequence[str] | str) -> str:
    """Return the text that the page shows for the variable."""
    return "All" if values == ALL else " + ".join(values)


def as_it_is(_name: str, values: Sequence[str] | str) -> str:
    """Return a list as JavaScript writes it; All is what the variable stands for."""
    return ".*" if values == ALL else ",".join(values)


def as_parameter(name: str, values: Sequence[str] | str) -> str:
    """Return the part of a URL that selects the same values."""
    chosen = ["All"] if values == ALL else values
    return "&".join(f"var-{name}={quote(value, safe='')}" for value in chosen)


FORMATS: dict[str, Callable[[str, Sequence[str] | str], str]] = {
    "": in_query,
    "text": as_text,
    "raw": as_it_is,
    "queryparam": as_parameter,
}
