"""Prepare Grafana by its HTTP interface: datasources, a folder, dashboards and alert rules.

The files are those that compose provisions. It may run again: what is as it should be is left alone, and so is what
Grafana itself reads from provisioning files. Where alerts go stays the operator's own.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from logshipper.durations import nanoseconds
from logshipper.outputs.api import Api, ApiError
from logshipper.provision.plan import SetupStep

REQUESTS, METRICS = "telegraf", "prometheus"  # the uids that dashboards and rules refer to
FOLDER = {"uid": "flaskfana", "title": "Flaskfana"}
_EXPRESSION = "__expr__"
_PROVISIONED = "Grafana reads it from a provisioning file: change it there"
_OPTIONS = {REQUESTS: "--datasource-url", METRICS: "--prometheus"}


@dataclass(frozen=True)
class Login:
    """How Grafana signs in to InfluxDB: a user and its password, or the value of an Authorization header.

    `missing` says that it must, and that we do not know with what.
    """

    user: str = ""
    password: str = ""
    header: str = ""
    missing: bool = False


def influxdb_source(url: str, database: str, login: Login) -> dict[str, Any]:
    """Return the datasource of the requests, asked in InfluxQL."""
    options: dict[str, str] = {"dbName": database, "httpMode": "POST"}
    source: dict[str, Any] = {
        "name": "Flaskfana requests",
        "uid": REQUESTS,
        "type": "influxdb",
        "access": "proxy",
        "url": url,
        "database": database,  # Grafana 9 reads it from here, later ones from jsonData
        "user": login.user,
        "jsonData": options,
    }
    if login.header:
        options["httpHeaderName1"] = "Authorization"
        source["secureJsonData"] = {"httpHeaderValue1": login.header}
    elif login.password:
        source["secureJsonData"] = {"password": login.password}
    return source


def prometheus_source(url: str) -> dict[str, Any]:
    """Return the datasource of the metrics."""
    return {
        "name": "Flaskfana metrics",
        "uid": METRICS,
        "type": "prometheus",
        "access": "proxy",
        "url": url,
        "jsonData": {"httpMethod": "POST", "timeInterval": "15s"},  # how often Prometheus scrapes
    }


def set_up(api: Api, login: Login, sources: Sequence[dict[str, Any]], data: Path) -> Iterator[SetupStep]:
    """Bring Grafana to the files in the folder `data`; yield each thing that holds now. Raises ApiError."""
    if login.missing and not api.dry_run and not works(api, REQUESTS):
        fix = "name the folder of the first run with --secrets, or make a new one with --renew"
        raise ApiError(0, f"{api.url}: Grafana's password or token for InfluxDB is not known here", fix)
    # Rules that come by this interface could not be edited in Grafana without the second header.
    api = replace(api, headers={**api.headers, "X-Disable-Provenance": "true"})
    for source in sources:
        yield datasource(api, source)
    there = {_EXPRESSION, *(source["uid"] for source in sources)}
    there |= {uid for uid in (REQUESTS, METRICS) if api.find(f"/api/datasources/uid/{uid}")}
    yield folder(api)
    for file in sorted((data / "dashboards").glob("*.json")):
        yield dashboard(api, json.loads(file.read_text("utf-8")), there)
    for group in json.loads((data / "provisioning" / "alerting" / "rules.json").read_text("utf-8"))["groups"]:
        for rule in group["rules"]:
            yield alert_rule(api, {**rule, "ruleGroup": group["name"]}, there)
    if not api.dry_run:
        for source in sources:
            healthy(api, source)


def datasource(api: Api, wanted: dict[str, Any]) -> SetupStep:
    """Create the datasource, or change it if it differs or does not work."""
    what = f"datasource {wanted['name']}: {wanted['url']}"
    found = api.find(f"/api/datasources/uid/{wanted['uid']}")
    if not found:
        api.send("POST", "/api/datasources", wanted)
        return SetupStep("created", what)
    if found.get("readOnly"):
        return SetupStep("kept", f"datasource {found['name']}", _PROVISIONED)
    public = {name: value for name, value in wanted.items() if name not in ("secureJsonData", "name")}
    if contains(found, public) and (api.dry_run or works(api, wanted["uid"])):
        return SetupStep("kept", what)
    options = {name: value for name, value in found["jsonData"].items() if name != "httpHeaderName1"}
    changed = {**found, **wanted, "name": found["name"], "jsonData": {**options, **wanted["jsonData"]}}
    api.send("PUT", f"/api/datasources/uid/{wanted['uid']}", changed)
    return SetupStep("changed", what)


def works(api: Api, uid: str) -> bool:
    """Return whether Grafana can ask the datasource."""
    try:
        return str(api.get(f"/api/datasources/uid/{uid}/health").get("status", "")) == "OK"
    except ApiError:
        return False


def healthy(api: Api, source: Mapping[str, Any]) -> None:
    """Raise ApiError, with what Grafana says, if it cannot ask the datasource."""
    try:
        answer = api.get(f"/api/datasources/uid/{source['uid']}/health")
        said = "" if answer.get("status") == "OK" else str(answer.get("message"))
    except ApiError as error:
        said = str(error).removeprefix(f"{api.url}: ")
    if said:
        fix = f"{_OPTIONS[source['uid']]} must be an address that Grafana's machine reaches"
        raise ApiError(0, f"{api.url}: the datasource {source['name']} does not work: {said}", fix)


def folder(api: Api) -> SetupStep:
    """Create the folder of the dashboards and rules."""
    what = f"folder {FOLDER['title']}"
    if api.find(f"/api/folders/{FOLDER['uid']}"):
        return SetupStep("kept", what)
    api.send("POST", "/api/folders", FOLDER)
    return SetupStep("created", what)


def dashboard(api: Api, wanted: dict[str, Any], there: set[str]) -> SetupStep:
    """Create the dashboard, or replace one that differs; Grafana keeps its earlier versions."""
    what = f"dashboard {wanted['title']}"
    missing = sources_of(wanted) - there
    if missing:
        return _skipped(what)
    found = api.find(f"/api/dashboards/uid/{wanted['uid']}")
    if found.get("meta", {}).get("provisioned"):
        return SetupStep("kept", what, _PROVISIONED)
    where = f"{api.url}/d/{wanted['uid']}"
    if found and contains(found["dashboard"], wanted):
        return SetupStep("kept", what, where)
    asked = {"dashboard": {**wanted, "id": None}, "overwrite": True, "message": "logshipper setup"}
    folder_uid = found.get("meta", {}).get("folderUid") if found else FOLDER["uid"]
    api.send("POST", "/api/dashboards/db", {**asked, "folderUid": folder_uid or ""})
    return SetupStep("changed" if found else "created", what, where)


def alert_rule(api: Api, wanted: dict[str, Any], there: set[str]) -> SetupStep:
    """Create the rule, or change one that differs; a pause and a contact point of its own stay."""
    what = f"alert rule {wanted['title']}"
    if {query["datasourceUid"] for query in wanted["data"]} - there:
        return _skipped(what)
    path = f"/api/v1/provisioning/alert-rules/{wanted['uid']}"
    found = api.find(path)
    if not found:
        asked = {**wanted, "orgID": 1, "folderUID": FOLDER["uid"]}
        api.send("POST", "/api/v1/provisioning/alert-rules", asked)
        return SetupStep("created", what)
    if contains(found, wanted):
        return SetupStep("kept", what)
    api.send("PUT", path, {**found, **wanted})
    return SetupStep("changed", what)


def _skipped(what: str) -> SetupStep:
    return SetupStep("skipped", what, "it needs a Prometheus: --prometheus URL")


def sources_of(value: Any) -> set[str]:
    """Return the uids of the datasources that a dashboard refers to."""
    if isinstance(value, list):
        return {uid for one in value for uid in sources_of(one)}
    if not isinstance(value, dict):
        return set()
    own = value.get("datasource")
    found = {str(own["uid"])} & {REQUESTS, METRICS} if isinstance(own, dict) and "uid" in own else set()
    return found | {uid for one in value.values() for uid in sources_of(one)}


def contains(found: Any, wanted: Any) -> bool:
    """Return whether what a server has agrees with all that is wanted; it may have more. `2m` is `2m0s`."""
    if found is None:
        return not wanted  # a server leaves out what is empty
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(contains(found.get(name), value) for name, value in wanted.items())
    if isinstance(wanted, list):
        same = isinstance(found, list) and len(found) == len(wanted)
        return same and all(contains(one, other) for one, other in zip(found, wanted, strict=True))
    if isinstance(wanted, str) and isinstance(found, str) and wanted != found:
        time = nanoseconds(wanted)
        return time is not None and time == nanoseconds(found)
    return bool(found == wanted)
