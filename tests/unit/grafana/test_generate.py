"""The files that are checked in equal those that the code generates, and every panel is documented."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from grafana.generate.__main__ import FILES, FOLDER, main
from grafana.generate.alerts import RULES
from tests.support.grafana_browser import View
from tests.support.panels import dashboards, queries
from tests.support.processes import ROOT

BOARDS = [pytest.param(board, id=path.stem) for path, board in dashboards()]


@pytest.mark.parametrize("name", FILES)
def test_the_checked_in_json_is_what_the_code_generates(name: str) -> None:
    assert (FOLDER / name).read_text() == FILES[name]()


def test_check_names_a_file_that_differs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{}")
    monkeypatch.setattr("grafana.generate.__main__.FOLDER", tmp_path)
    assert main(["--check"]) == 1
    assert "flask.json is not what the code says" in capsys.readouterr().out
    assert main([]) == 0
    assert main(["--check"]) == 0


def test_generate_runs_as_a_command() -> None:
    assert subprocess.run([sys.executable, "-m", "grafana.generate", "--check"], cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize("board", BOARDS)
def test_no_two_panels_of_a_dashboard_have_the_same_title(board: dict[str, Any]) -> None:
    titles = [panel["title"] for panel in board["panels"]]
    assert len(titles) == len(set(titles))


@pytest.mark.parametrize("board", BOARDS)
def test_every_panel_has_title_description_unit_and_queries(board: dict[str, Any]) -> None:
    for panel in board["panels"]:
        assert panel["title"], panel["id"]
        assert len(panel["description"]) > 20, panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
        assert panel["targets"], panel["title"]


@pytest.mark.parametrize("board", BOARDS)
def test_panels_do_not_overlap_or_exceed_the_grid(board: dict[str, Any]) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in board["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24, panel["title"]
        taken |= cells


@pytest.mark.parametrize("board", BOARDS)
def test_a_failed_query_does_not_look_like_a_value(board: dict[str, Any]) -> None:
    for panel in board["panels"]:
        said = panel["fieldConfig"]["defaults"].get("noValue", "no data")
        assert said.startswith("no data") or said == "-", panel["title"]
        steps = panel["fieldConfig"]["defaults"].get("thresholds", {}).get("steps", [{"color": "text"}])
        assert steps[0]["color"] == "text", "what has no value is neither good nor bad"


@pytest.mark.parametrize("board", BOARDS)
def test_gaps_are_not_bridged_and_regular_expressions_have_slashes(board: dict[str, Any]) -> None:
    for panel in board["panels"]:
        assert not panel["fieldConfig"]["defaults"].get("custom", {}).get("spanNulls"), panel["title"]
        for override in panel["fieldConfig"]["overrides"]:
            if override["matcher"]["id"] == "byRegexp":
                # Without slashes Grafana matches whole names only.
                assert override["matcher"]["options"].strip("/") != override["matcher"]["options"]


def links() -> list[str]:
    """Return the addresses that the cells of tables lead to."""
    return [
        link["url"]
        for _, board in dashboards()
        for panel in board["panels"]
        for override in panel["fieldConfig"]["overrides"]
        for setting in override["properties"]
        if setting["id"] == "links"
        for link in setting["value"]
    ]


VARIABLES = dict.fromkeys(("host", "route", "method", "status"), "query")


def test_a_link_to_a_route_keeps_the_other_choices() -> None:
    found = [link for link in links() if "fields.route" in link]
    assert len(found) == 2
    for link in found:
        assert "var-host=All&var-method=All&var-status=All&var-route=" in View(0, 3_600_000).front_end(link, VARIABLES)


def test_a_link_to_the_time_of_a_deploy_keeps_all_choices() -> None:
    (link,) = [link for link in links() if "fields.look_from" in link]
    assert (
        View(0, 3_600_000)
        .front_end(link, VARIABLES)
        .endswith("&to=${__data.fields.look_to.numeric}&var-host=All&var-route=All&var-method=All&var-status=All")
    )


MENU = 330  # pixels of Grafana's open menu and the margins


@pytest.mark.parametrize("board", BOARDS)
def test_tables_fit_on_a_page_1280_pixels_wide(board: dict[str, Any]) -> None:
    for panel in board["panels"]:
        if panel["type"] == "table" and panel["title"] != "Log":  # which has every field, and scrolls
            pixels = 0
            for override in panel["fieldConfig"]["overrides"]:
                settings = {setting["id"]: setting["value"] for setting in override["properties"]}
                if not settings.get("custom.hidden"):
                    pixels += settings.get("custom.width") or settings.get("custom.minWidth") or 60
            assert pixels <= (1280 - MENU) * panel["gridPos"]["w"] / 24 - 16, panel["title"]


@pytest.mark.parametrize("board", BOARDS)
def test_panel_ids_are_unique_and_variables_defined(board: dict[str, Any]) -> None:
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids))
    names = {variable["name"] for variable in board["templating"]["list"]}
    text = json.dumps([panel["targets"] for panel in board["panels"]])
    for name in ("host", "route", "method", "status", "rank", "file"):
        assert name in names or f"${name}" not in text, name


def test_dashboards_link_to_one_another() -> None:
    uids = {board["uid"] for _, board in dashboards()}
    assert len(uids) == 3
    for _, board in dashboards():
        assert board["links"][0]["tags"] == board["tags"] == ["flaskfana"]
        for part in json.dumps(board).split('"/d/')[1:]:
            assert part.split("?")[0] in uids


def test_the_log_table_shows_the_newest_rows_of_the_period() -> None:
    (log,) = [query.text for query in queries() if query.place.startswith("uwsgi-requests: Log ")]
    assert log.startswith('SELECT * FROM "uwsgi_log" WHERE $timeFilter')
    assert log.endswith("ORDER BY time DESC LIMIT 500")


def test_each_alert_has_a_runbook_section_and_a_dashboard() -> None:
    runbook = (ROOT / "grafana" / "RUNBOOK.md").read_text()
    uids = {board["uid"] for _, board in dashboards()}
    for rule in RULES:
        assert f"\n## {rule.title}\n" in runbook, rule.title
        assert rule.dashboard in uids, rule.title


def test_alerts_are_muted_until_a_contact_is_chosen() -> None:
    provisioned = (ROOT / "grafana" / "provisioning" / "alerting" / "contact.yml").read_text()
    assert provisioned == (ROOT / "grafana" / "contact" / "nobody.yml").read_text()
    assert "mute_time_intervals: [always]" in provisioned
    for way in ("email", "webhook", "slack"):
        chosen = (ROOT / "grafana" / "contact" / f"{way}.yml").read_text()
        assert "${ALERT_ADDRESS}" in chosen
        assert "mute_time_intervals" not in chosen


def test_a_number_from_several_measurements_is_one_number() -> None:
    """Grafana shows a value for each measurement; InfluxQL cannot add them up."""
    (board,) = [board for path, board in dashboards() if path.stem == "uwsgi-requests"]
    for panel in board["panels"]:
        if panel["type"] == "stat" and any("), (" in target["query"] for target in panel["targets"]):
            assert [step["id"] for step in panel["transformations"]] == ["joinByField", "calculateField"]
