"""Checks that Grafana has a datasource for the database, and that it works."""

import os
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from logshipper.checks.finding import Finding, bad, doubtful, good
from logshipper.outputs.influx_probe import InfluxProbe
from logshipper.outputs.influxdb import InfluxSettings, basic_authorization
from logshipper.outputs.protocol import OutputError, RetryLater
from logshipper.printable import keep_secret

RIGHTS = "set GRAFANA_TOKEN (of a service account), or GRAFANA_USER and GRAFANA_PASSWORD, in the environment"


def check_grafana(
    url: str, databases: Collection[str], environment: Mapping[str, str] = os.environ
) -> Iterator[Finding]:
    """Yield whether a datasource of the Grafana at this address reads one of the databases."""
    if not databases:
        fix = "leave --grafana out, or add an output to the settings: [[outputs.influxdb]] or [[outputs.influxdb_v2]]"
        yield doubtful("grafana", f"{url}: not compared, because no output of these settings is an InfluxDB", fix)
        return
    probe = InfluxProbe(InfluxSettings([url], "", {}, headers=headers_of(environment)), url)
    try:
        found = [one for one in probe.json("GET", "/api/datasources", {}) if _reads(one, databases)]
        if not found:
            names = ", ".join(sorted(databases))
            fix = f"add one in Grafana: Connections, Data sources, InfluxDB, with the database {names}"
            yield bad("grafana", f"{url}: no datasource reads {names}", fix)
        for one in found:
            yield _health(probe, one)
    except OutputError as error:
        yield _refused(url, error)
    except (TypeError, KeyError, AttributeError):
        yield bad("grafana", f"{url}: what answers there is not Grafana", "correct --grafana")
    finally:
        probe.close()


def _health(probe: InfluxProbe, source: Mapping[str, Any]) -> Finding:
    name = str(source["name"])
    try:
        answer = probe.json("GET", f"/api/datasources/uid/{source['uid']}/health", {})
        message, healthy = str(answer.get("message", "")), answer.get("status") == "OK"
    except OutputError as error:
        message, healthy = error.reason, False
    if healthy:
        return good("grafana", f"{probe.url}: the datasource {name} works")
    fix = "correct its address and password in Grafana; its address must be reachable from Grafana's machine"
    return bad("grafana", f"{probe.url}: the datasource {name} does not work: {message}", fix)


def _reads(source: Mapping[str, Any], databases: Collection[str]) -> bool:
    own = source.get("jsonData") or {}
    named = {source.get("database"), own.get("dbName"), own.get("defaultBucket")}
    return source["type"] == "influxdb" and bool(named & set(databases))


def _refused(url: str, error: OutputError) -> Finding:
    kind = error.kind if isinstance(error, RetryLater) else ""
    if kind == "unauthorized":
        return bad("grafana", f"{url}: it does not let us look", RIGHTS)
    if kind in ("connection", "tls"):
        return bad("grafana", error.reason.rpartition("; ")[0] or error.reason, "start Grafana, or correct --grafana")
    return bad("grafana", f"{url}: what answers there is not Grafana", "correct --grafana")


def headers_of(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the header that signs in to Grafana; none if the environment says nothing."""
    token = environment.get("GRAFANA_TOKEN", "")
    user, password = environment.get("GRAFANA_USER", ""), environment.get("GRAFANA_PASSWORD", "")
    keep_secret(token or password)
    if token:
        return {"Authorization": f"Bearer {token}"}
    return {"Authorization": basic_authorization(user, password)} if user else {}
