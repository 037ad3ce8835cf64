"""Every query of the dashboards and alert rules, with Grafana's variables filled in as Grafana does."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.processes import ROOT

GRAFANA = ROOT / "grafana"
DASHBOARDS = sorted((GRAFANA / "dashboards").glob("*.json"))
RULES = GRAFANA / "provisioning" / "alerting" / "rules.json"
HOUR = 3600
LABEL_VALUES = re.compile(r"label_values\((.*), (\w+)\)")


@dataclass(frozen=True)
class Query:
    """One query: where it stands, its datasource (telegraf or prometheus), and its text as it is stored."""

    place: str
    source: str
    text: str
    instant: bool = False

    def influxql(self, start: int, end: int, points: int = 200) -> str:
        """Return the InfluxQL for the period in epoch seconds, in about so many intervals."""
        seconds = max(HOUR if "${step}" in self.text else 10, (end - start) // points)
        text = self.text.replace("$timeFilter", f"time >= {start}s and time <= {end}s")
        text = text.replace("$__interval_ms", str(seconds * 1000)).replace("$__interval", f"{seconds}s")
        return filled(text)

    def promql(self, start: int, end: int) -> str:
        """Return the PromQL for the period in epoch seconds, of a server that is scraped every 15 s."""
        text = self.text.replace("$__rate_interval", "60s").replace("$__range", f"{end - start}s")
        values = LABEL_VALUES.fullmatch(text)
        return f"group by ({values[2]}) ({values[1]})" if values else filled(text)


def filled(text: str) -> str:
    """Choose "All" in every variable that is left."""
    text = text.replace("$rank", "95").replace("${step}", "1h")
    return re.sub(r"\$(host|route|method|status|file)\b", ".*", text)


def queries() -> list[Query]:
    """Return all of them."""
    found: list[Query] = []
    for path in DASHBOARDS:
        board = json.loads(path.read_text())
        for panel in board["panels"]:
            found += (target_query(f"{path.stem}: {panel['title']}", target) for target in panel["targets"])
        for variable in board["templating"]["list"]:
            if variable["type"] == "query":
                name = f"{path.stem}: variable {variable['name']}"
                found.append(Query(name, variable["datasource"]["uid"], variable["query"], instant=True))
        for mark in board["annotations"]["list"]:
            name = f"{path.stem}: annotation {mark['name']}"
            found.append(Query(name, mark["datasource"]["uid"], mark["target"]["query"]))
    return [*found, *rule_queries()]


def target_query(place: str, target: dict[str, Any]) -> Query:
    """Return the query of a panel's target."""
    name = f"{place} ({target['refId']})"
    text = target.get("query") or target["expr"]
    return Query(name, target["datasource"]["uid"], text, bool(target.get("instant")))


def rule_queries() -> Iterator[Query]:
    """Yield the queries of the alert rules."""
    for group in json.loads(RULES.read_text())["groups"]:
        for rule in group["rules"]:
            for step in rule["data"]:
                if step["datasourceUid"] != "__expr__":
                    model = step["model"]
                    text = model.get("query") or model["expr"]
                    yield Query(f"alert: {rule['title']}", step["datasourceUid"], text, bool(model.get("instant")))


def holds_something(series: list[dict[str, Any]]) -> bool:
    """Say whether an InfluxQL answer has a value beside the time."""
    return any(cell is not None for one in series for row in one["values"] for cell in row[1:])


def dashboards() -> list[tuple[Path, dict[str, Any]]]:
    """Return every dashboard with its file."""
    return [(path, json.loads(path.read_text())) for path in DASHBOARDS]
