"""The table of a run: for each InfluxDB and panel, how long it waited for its data at each range."""

from dataclasses import dataclass, field

from tests.grafana.page import Page


@dataclass
class Report:
    """(InfluxDB's version, dashboard, panel) -> range -> milliseconds; a panel that failed has a mark."""

    times: dict[tuple[str, str, str], dict[str, str]] = field(default_factory=dict)

    def add(self, version: str, dashboard: str, period: str, page: Page, faults: dict[str, str]) -> None:
        """Keep what one page has shown."""
        for title, panel in page.panels.items():
            mark = " !" if title in faults else ""
            self.times.setdefault((version, dashboard, title), {})[period] = f"{panel.milliseconds:.0f}{mark}"

    def lines(self) -> list[str]:
        """Return the table in Markdown; nothing without a page."""
        periods = list(dict.fromkeys(period for found in self.times.values() for period in found))
        if not periods:
            return []
        rows = [["InfluxDB", "dashboard", "panel", *(f"{period}, ms" for period in periods)]]
        rows.append(["---"] * 3 + ["---:"] * len(periods))
        for place, found in self.times.items():
            rows.append([*place, *(found.get(period, "-") for period in periods)])
        return ["", "How long each panel waited for its data; ! marks a fault.", ""] + [
            f"| {' | '.join(row)} |" for row in rows
        ]


REPORT = Report()
