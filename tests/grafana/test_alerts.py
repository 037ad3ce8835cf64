"""The alert rules in a real Grafana: it loads each of them, and its queries find no error."""

import base64
import json
import urllib.request
from typing import Any

from grafana.generate.alerts import RULES
from tests.grafana.stack import Stack
from tests.support.waiting import wait_until

EVALUATED_WITHIN = 180  # seconds: Grafana evaluates once a minute


def evaluated(stack: Stack) -> dict[str, dict[str, Any]]:
    """Return title -> what Grafana says of the rule, of all rules that it has evaluated."""
    request = urllib.request.Request(f"{stack.grafana}/api/prometheus/grafana/api/v1/rules")
    credentials = base64.b64encode(f"admin:{stack.password}".encode()).decode()
    request.add_header("Authorization", f"Basic {credentials}")
    with urllib.request.urlopen(request, timeout=30) as answer:
        groups = json.load(answer)["data"]["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    return {rule["name"]: rule for rule in rules if not rule["lastEvaluation"].startswith("0001-")}


def test_every_rule_is_evaluated_without_an_error(stack: Stack) -> None:
    titles = {rule.title for rule in RULES}
    wait_until(lambda: evaluated(stack).keys() == titles, "every rule evaluated", EVALUATED_WITHIN)
    errors = {title: rule.get("lastError") for title, rule in evaluated(stack).items()}
    assert {title: error for title, error in errors.items() if error} == {}
