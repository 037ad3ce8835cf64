"""The alert rules: when somebody has to look, and where RUNBOOK.md tells what to do."""

import json
from dataclasses import dataclass
from typing import Any, Literal

from grafana.generate import thresholds

FOLDER = "Flaskfana"
RUNBOOK = "grafana/RUNBOOK.md"
LOG = 'FROM "uwsgi_log" WHERE $timeFilter'
EVENTS = 'FROM "uwsgi_event" WHERE $timeFilter'


@dataclass(frozen=True)
class Rule:
    """An alert: it fires when `query` gives more than `limit` for as long as `lasts`.

    `minutes` is the period that the query sees, `nothing` what an empty answer means.
    """

    uid: str
    title: str
    summary: str
    source: Literal["telegraf", "prometheus"]
    query: str
    limit: float
    dashboard: str
    minutes: int = 5
    lasts: str = "2m"
    nothing: Literal["OK", "Alerting"] = "OK"
    severity: Literal["page", "ticket"] = "page"
    below: bool = False


ERROR_BIT = f'SELECT ("status" + 12) & 512 AS "error" {LOG}'
RULES = (
    Rule(
        "flaskfana-error-rate",
        "Error rate",
        f"More than {thresholds.ERROR_PERCENT:g} % of the answers are errors of the server",
        "telegraf",
        f'SELECT mean("error") * 100 / 512 FROM ({ERROR_BIT})',
        thresholds.ERROR_PERCENT,
        "flaskfana-uwsgi",
    ),
    Rule(
        "flaskfana-p95",
        "Slow answers",
        f"p95 of all requests is over {thresholds.P95_ALERT:,} ms",
        "telegraf",
        f'SELECT percentile("resTime", 95) {LOG}',
        thresholds.P95_ALERT,
        "flaskfana-uwsgi",
        lasts="5m",
        severity="ticket",
    ),
    Rule(
        "flaskfana-no-requests",
        "No requests",
        f"Not one request for {thresholds.NO_REQUESTS_FOR}, where there were some in the hour before",
        "telegraf",
        f'SELECT count("resTime") {LOG} GROUP BY time({thresholds.NO_REQUESTS_FOR}) fill(0)',
        1,
        "flaskfana-uwsgi",
        minutes=70,
        lasts=thresholds.NO_REQUESTS_FOR,
        below=True,
    ),
    Rule(
        "flaskfana-worker-died",
        "A worker died",
        "A uWSGI worker died, or was killed by harakiri, in the last ten minutes",
        "telegraf",
        f'SELECT count("message") {EVENTS} AND ("kind" = \'worker_died\' OR "kind" = \'harakiri\')',
        thresholds.WORKER_DEATHS,
        "flaskfana-uwsgi",
        minutes=10,
        lasts="0s",
        severity="ticket",
    ),
    Rule(
        "flaskfana-shipper-behind",
        "Shipper behind",
        f"The shipper is more than {thresholds.LAG_SECONDS} s behind the log",
        "prometheus",
        'max(logshipper_lag_seconds{job="logshipper"})',
        thresholds.LAG_SECONDS,
        "flaskfana-shipper",
    ),
    Rule(
        "flaskfana-shipper-stopped",
        "Shipper stopped",
        "Prometheus does not reach the shipper",
        "prometheus",
        'min(up{job="logshipper"})',
        1,
        "flaskfana-shipper",
        nothing="Alerting",
        below=True,
    ),
    Rule(
        "flaskfana-quarantine",
        "Quarantine growing",
        "Lines that cannot become points were rejected in the last ten minutes",
        "prometheus",
        'sum(increase(logshipper_lines_rejected_total{job="logshipper"}[10m]))',
        thresholds.QUARANTINE_LINES,
        "flaskfana-shipper",
        minutes=10,
        lasts="0s",
        severity="ticket",
    ),
)


def build() -> str:
    """Return the provisioning file's JSON."""
    group = {
        "orgId": 1,
        "name": "requests and shipping",
        "folder": FOLDER,
        "interval": "1m",
        "rules": [as_grafana(rule) for rule in RULES],
    }
    return json.dumps({"apiVersion": 1, "groups": [group]}, indent=2) + "\n"


def as_grafana(rule: Rule) -> dict[str, Any]:
    """Return one rule: A asks, B takes the newest value, C compares it with the limit."""
    comparison = f"$B {'<' if rule.below else '>'} {rule.limit:g}"
    return {
        "uid": rule.uid,
        "title": rule.title,
        "condition": "C",
        "for": rule.lasts,
        "noDataState": rule.nothing,
        "execErrState": "Error",
        "labels": {"severity": rule.severity},
        "annotations": {
            "summary": rule.summary,
            "description": f'What to do: {RUNBOOK}, "{rule.title}"',
            "dashboard": f"/d/{rule.dashboard}",
        },
        "data": [
            step("A", rule.source, question(rule), rule.minutes * 60),
            step("B", "__expr__", {"type": "reduce", "expression": "A", "reducer": "last"}),
            step("C", "__expr__", {"type": "math", "expression": comparison}),
        ],
    }


def question(rule: Rule) -> dict[str, Any]:
    """Return the query in the words of its datasource."""
    if rule.source == "telegraf":
        return {"query": rule.query, "rawQuery": True, "resultFormat": "time_series"}
    return {"expr": rule.query, "instant": True, "range": False}


def step(ref_id: str, source: str, model: dict[str, Any], seconds: int = 0) -> dict[str, Any]:
    """Return one step of a rule; `seconds` is how far back it looks."""
    kind = {"telegraf": "influxdb"}.get(source, source)
    return {
        "refId": ref_id,
        "datasourceUid": source,
        "relativeTimeRange": {"from": seconds, "to": 0},
        "model": {
            "refId": ref_id,
            "datasource": {"type": kind, "uid": source},
            "intervalMs": 1000,
            "maxDataPoints": 43200,
            "hide": False,
            **model,
        },
    }
