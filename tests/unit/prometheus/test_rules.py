"""prometheus/: promtool checks the configuration and the rules and runs their tests; every rule has one."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from flaskapp import create_app
from tests.support.needs import need
from tests.support.processes import ROOT

FOLDER = ROOT / "prometheus"
RULES = sorted((FOLDER / "rules").glob("*.yml"))
TESTS = sorted((FOLDER / "tests").glob("*.yml"))


def promtool(*arguments: str | Path, text: str = "") -> str:
    """Run promtool and return its output; a complaint is an AssertionError."""
    command = [need("promtool", package="prometheus"), *map(str, arguments)]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False, cwd=FOLDER)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def rules() -> list[dict[str, Any]]:
    return [rule for file in RULES for group in yaml.safe_load(file.read_text())["groups"] for rule in group["rules"]]


def test_the_configuration_is_valid_and_finds_its_rules() -> None:
    assert "2 rule files found" in promtool("check", "config", "prometheus.yml")


@pytest.mark.parametrize("file", RULES, ids=lambda file: file.name)
def test_the_rules_are_valid(file: Path) -> None:
    promtool("check", "rules", "--lint=all", "--lint-fatal", file)


@pytest.mark.slow
@pytest.mark.parametrize("file", TESTS, ids=lambda file: file.name)
def test_the_rules_pass_their_promtool_tests(file: Path) -> None:
    promtool("test", "rules", file)


def test_every_rule_has_a_test() -> None:
    tests = [test for file in TESTS for test in yaml.safe_load(file.read_text())["tests"]]
    expressions = " ".join(each["expr"] for test in tests for each in test.get("promql_expr_test", []))
    fired = {each["alertname"] for test in tests for each in test.get("alert_rule_test", []) if each["exp_alerts"]}
    quiet = {each["alertname"] for test in tests for each in test.get("alert_rule_test", []) if not each["exp_alerts"]}
    for rule in rules():
        if "record" in rule:
            assert re.search(rf"(?<![\w:]){rule['record']}(?![\w:])", expressions), rule["record"]
        else:
            assert rule["alert"] in fired & quiet, rule["alert"]


def test_the_rules_use_metrics_that_the_application_exports() -> None:
    text = create_app().test_client().get("/metrics").text
    asked = set(re.findall(r"\b(?:flask_http|request|response_code|error)_\w+?(?=[\[{])", (RULES[0]).read_text()))
    assert {"request_count_total", "error_count_total", "flask_http_requests_total"} <= asked
    for name in asked:
        assert re.search(rf"^# TYPE {re.sub('_(bucket|sum|count)$', '', name)} ", text, re.MULTILINE), name


def test_intervals_and_targets_match_the_containers() -> None:
    config = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
    assert config["global"] == {"scrape_interval": "15s", "evaluation_interval": "30s"}
    targets = {
        job["job_name"]: target
        for job in config["scrape_configs"]
        for static in job["static_configs"]
        for target in static["targets"]
    }
    assert targets == {
        "flask_app": "flask_app:8000",
        "logshipper": "flask_app:9273",
        "prometheus": "localhost:9090",
    }


def test_promtool_has_no_complaints_about_the_metrics() -> None:
    client = create_app({"WAIT_SCALE": 0}).test_client()
    for path in ("/", "/api/obj/1", "/simulate_error", "/nowhere"):
        client.get(path)
    assert promtool("check", "metrics", text=client.get("/metrics").text) == ""
