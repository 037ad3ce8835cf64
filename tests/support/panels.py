"""Every query of the dashboards and alert rules, as Grafana sends it."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.support.grafana_browser import View
from tests.support.processes import ROOT

GRAFANA = ROOT / "grafana"
DASHBOARDS = sorted((GRAFANA / "dashboards").glob("*.json"))
RULES = GRAFANA / "provisioning" / "alerting" / "rules.json"
LABEL_VALUES = re.compile(r"label_values\((.*), (\w+)\)")


@dataclass(frozen=True)
class Query:
    """One query: its location, its datasource (telegraf or prometheus), and its text as stored.

    `panel` is the panel it belongs to, `variables` are those of its dashboard (name -> type).
    """

    place: str
    source: str
    text: str
    instant: bool = False
    panel: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)

    def influxql(self, start: int, end: int, points: int = 600, **chosen: Sequence[str] | str) -> str:
        """Return the InfluxQL that reaches the server for the period in epoch seconds."""
        view = View(start * 1000, end * 1000, chosen, points)
        return view.server(view.front_end(self.text, self.variables))

    def promql(self, start: int, end: int) -> str:
        """Return the PromQL for the period in epoch seconds, for a server scraped every 15 s."""
        text = self.text.replace("$__rate_interval", "60s").replace("$__range", f"{end - start}s")
        values = LABEL_VALUES.fullmatch(text)
        if values:
            return f"group by ({values[2]}) ({values[1]})"
        return re.sub(r"\$(route|method|file)\b", ".*", text)


def queries() -> list[Query]:
    """Return all queries."""
    found: list[Query] = []
    for path in DASHBOARDS:
        board = json.loads(path.read_text())
        variables = {variable["name"]: variable["type"] for variable in board["templating"]["list"]}
        for panel in board["panels"]:
            name = f"{path.stem}: {panel['title']}"
            found += (replace(target_query(name, target), variables=variables) for target in panel["targets"])
        for variable in board["templating"]["list"]:
            if variable["type"] == "query":
                name = f"{path.stem}: variable {variable['name']}"
                found.append(Query(name, variable["datasource"]["uid"], variable["query"], instant=True, panel=name))
        for mark in board["annotations"]["list"]:
            name = f"{path.stem}: annotation {mark['name']}"
            text = mark["target"]["query"]
            found.append(Query(name, mark["datasource"]["uid"], text, panel=name, variables=variables))
    return [*found, *rule_queries()]


def target_query(place: str, target: dict[str, Any]) -> Query:
    """Return the query of a panel's target."""
    name = f"{place} ({target['refId']})"
    text = target.get("query") or target["expr"]
    return Query(name, target["datasource"]["uid"], text, bool(target.get("instant")), place)


def rule_queries() -> Iterator[Query]:
    """Yield the queries of the alert rules."""
    for group in json.loads(RULES.read_text())["groups"]:
        for rule in group["rules"]:
            for step in rule["data"]:
                if step["datasourceUid"] != "__expr__":
                    model = step["model"]
                    text = model.get("query") or model["expr"]
                    name = f"alert: {rule['title']}"
                    yield Query(name, step["datasourceUid"], text, bool(model.get("instant")), name)


def holds_something(series: list[dict[str, Any]]) -> bool:
    """Return whether an InfluxQL result has any value besides the time."""
    return any(cell is not None for one in series for row in one["values"] for cell in row[1:])


def dashboards() -> list[tuple[Path, dict[str, Any]]]:
    """Return every dashboard with its file."""
    return [(path, json.loads(path.read_text())) for path in DASHBOARDS]
