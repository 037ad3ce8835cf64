"""What the dashboards share: time range, links between them, variables, annotations, and their JSON."""

import json
from typing import Any

from grafana_foundation_sdk.builders.dashboard import (
    CustomVariable,
    Dashboard,
    DashboardLink,
    IntervalVariable,
    QueryVariable,
)
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    DataSourceRef,
    VariableHide,
    VariableOption,
    VariableRefresh,
    VariableSort,
)

from grafana.generate.queries import TELEGRAF

TAG = "flaskfana"
GRAPH_POINTS = 100  # in a graph from rollups: each costs a sum of 120 fields
ALL = VariableOption(text="All", value="$__all", selected=True)


def dashboard(uid: str, title: str, description: str, since: str, refresh: str = "30s") -> Dashboard:
    """Return an empty dashboard over the period from `since` (such as now-1h), linked to the others."""
    others = DashboardLink("Dashboards").type(DashboardLinkType.DASHBOARDS).tags([TAG])
    return (
        Dashboard(title)
        .uid(uid)
        .description(description)
        .tags([TAG])
        .time(since, "now")
        .refresh(refresh)
        .timezone("browser")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .link(others.as_dropdown(False).include_vars(False).keep_time(True).icon("external link"))
    )


def choice(name: str, label: str, description: str, query: str, source: DataSourceRef = TELEGRAF) -> QueryVariable:
    """Return a variable that a query fills: one, several or all of its values."""
    return (
        QueryVariable(name)
        .label(label)
        .description(description)
        .datasource(source)
        .query(query)
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.ALPHABETICAL_ASC)
        .multi(True)
        .include_all(True)
        .all_value(".*")
        .current(ALL)
    )


def fixed_choice(name: str, label: str, description: str, values: list[str], first: str) -> CustomVariable:
    """Return a variable with a fixed list of values."""
    options = [VariableOption(text=value, value=value, selected=value == first) for value in values]
    return (
        CustomVariable(name)
        .label(label)
        .description(description)
        .values(",".join(values))
        .options(options)
        .current(VariableOption(text=first, value=first, selected=True))
    )


def step_of_graphs(name: str, seconds: int) -> IntervalVariable:
    """Return a hidden variable: the interval of graphs over the time range, at least `seconds`.

    Grafana's own $__interval may be shorter than what a rollup has one point for.
    """
    least = f"{seconds // 60}m" if seconds < 3600 else f"{seconds // 3600}h"
    return (
        IntervalVariable(name)
        .hide(VariableHide.HIDE_VARIABLE)
        .values(least)
        .auto(True)
        .step_count(GRAPH_POINTS)
        .min_interval(least)
        .current(VariableOption(text="auto", value=f"$__auto_interval_{name}", selected=True))
    )


def annotation(name: str, color: str, query: str, *, text: str = "message", enabled: bool = True) -> dict[str, Any]:
    """Return an annotation from InfluxQL, whose answer has the columns kind (the title) and `text`.

    Without a title column Grafana takes the time, as a raw number.
    """
    return {
        "name": name,
        "datasource": {"type": "influxdb", "uid": "telegraf"},
        "enable": enabled,
        "hide": False,
        "iconColor": color,
        "target": {
            "refId": name,
            "query": query,
            "rawQuery": True,
            "fromAnnotations": True,
            "titleColumn": "kind",
            "textColumn": text,
            "tagsColumn": "host",
        },
    }


def to_json(board: Dashboard, annotations: list[dict[str, Any]] | None = None) -> str:
    """Return the dashboard as the text of its file."""
    content = json.loads(json.dumps(board.build(), cls=JSONEncoder))
    for number, panel in enumerate(content["panels"], 1):
        panel["id"] = number
    for variable in content["templating"]["list"]:
        # The SDK gives every variable the same id, and Grafana 9 then takes them for one.
        for key in ("id",) if variable["type"] == "interval" else ("id", "auto", "auto_count", "auto_min"):
            variable.pop(key, None)
    content["annotations"] = {"list": annotations or []}
    content["editable"] = True
    return json.dumps(content, indent=2, sort_keys=True) + "\n"
