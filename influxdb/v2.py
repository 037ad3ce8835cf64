"""Set up InfluxDB 2.x: organization, buckets, DBRP mappings, and two narrow tokens.

Everything may run again: what exists is brought to what is written here, and tokens that still work are kept.
The server makes tokens itself and shows each of them once, so they are written beside the other secrets:
`influxdb-shipper-token` may write raw points, `influxdb-grafana-header` (the whole value of an
Authorization header) may read raw points and rollups.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from influxdb.api import Api, ApiError
from influxdb.make_secrets import APP_USER_ID, GRAFANA_USER_ID, write
from influxdb.plan import YEAR, Plan

OLD_TASKS = ("uwsgi_log_1m", "uwsgi_log_1h")
DAY = 86_400  # seconds


def set_up(url: str, plan: Plan) -> list[str]:
    """Bring the server at `url` to the plan; return a line for each thing that holds now."""
    api = sign_in(url, plan)
    organization = api.get("/api/v2/orgs", org=plan.organization)["orgs"][0]["id"]
    raw = bucket(api, organization, plan.database, plan.raw_days)
    rollups = bucket(api, organization, plan.rollups, plan.rollup_days)
    done = [f"bucket {plan.database}: {plan.raw_days} days", f"bucket {plan.rollups}: {plan.rollup_days} days"]
    done.append(map_database(api, organization, plan.database, "autogen", raw))
    done.append(map_database(api, organization, plan.database, YEAR, rollups))
    shipper = [permission("write", raw, organization)]
    grafana = [permission("read", found, organization) for found in (raw, rollups)]
    done.append(token(api, plan, organization, SHIPPER, shipper))
    done.append(token(api, plan, organization, GRAFANA, grafana))
    for name in OLD_TASKS:
        end_task(api, organization, name)
    return done


def sign_in(url: str, plan: Plan) -> Api:
    """Return the API with the administrator's token; a server without anything in it is initialized first."""
    admin_token = plan.secret("influxdb-admin-token")
    if Api(url).get("/api/v2/setup").get("allowed"):
        first = {
            "username": plan.admin,
            "password": plan.secret("influxdb-admin-password"),
            "org": plan.organization,
            "bucket": plan.database,
            "retentionPeriodSeconds": plan.raw_days * DAY,
            "token": admin_token,
        }
        Api(url).send("POST", "/api/v2/setup", first)
    return Api(url, {"Authorization": f"Token {admin_token}"})


def bucket(api: Api, organization: str, name: str, days: int) -> str:
    """Create the bucket or set its retention; return its id."""
    rules = [{"type": "expire", "everySeconds": days * DAY}]
    try:
        found = api.get("/api/v2/buckets", orgID=organization, name=name).get("buckets", [])
    except ApiError as error:
        if error.status != 404:
            raise
        found = []
    if found:
        identity = str(found[0]["id"])
        api.send("PATCH", f"/api/v2/buckets/{identity}", {"retentionRules": rules})
        return identity
    made = api.send("POST", "/api/v2/buckets", {"orgID": organization, "name": name, "retentionRules": rules})
    return str(made["id"])


def map_database(api: Api, organization: str, database: str, policy: str, bucket_id: str) -> str:
    """Map `database`.`policy` of InfluxQL to the bucket; servers before 2.5 do not do so by themselves."""
    mapping = {"database": database, "retention_policy": policy, "bucketID": bucket_id, "orgID": organization}
    known = api.get("/api/v2/dbrps", orgID=organization, db=database, rp=policy).get("content", [])
    if not any(entry["bucketID"] == bucket_id and not entry.get("virtual") for entry in known):
        api.send("POST", "/api/v2/dbrps", {**mapping, "default": policy != YEAR})
    return f"InfluxQL {database}.{policy}"


def permission(action: str, bucket_id: str, organization: str) -> dict[str, Any]:
    """Return the right to `read` or `write` one bucket."""
    return {"action": action, "resource": {"type": "buckets", "id": bucket_id, "orgID": organization}}


@dataclass(frozen=True)
class Reader:
    """Who gets a token: a name, the file that it is written to, and whose file that is."""

    name: str
    file: str
    owner: int
    prefix: str = ""


SHIPPER = Reader("shipper", "influxdb-shipper-token", APP_USER_ID)
GRAFANA = Reader("grafana", "influxdb-grafana-header", GRAFANA_USER_ID, "Token ")


def token(api: Api, plan: Plan, organization: str, reader: Reader, permissions: Sequence[dict[str, Any]]) -> str:
    """Make the reader's token and write it to its file, unless the one in the file works."""
    path = plan.secrets / reader.file
    said = f"token {reader.name}: may {permissions[0]['action']}"
    if path.exists() and works(api.url, path.read_text().removeprefix(reader.prefix)):
        return f"{said}, kept"
    description = f"{plan.organization} {reader.name}"
    for old in api.get("/api/v2/authorizations", orgID=organization).get("authorizations", []):
        if old.get("description") == description:
            api.send("DELETE", f"/api/v2/authorizations/{old['id']}")
    wanted = {"orgID": organization, "description": description, "permissions": list(permissions)}
    made = api.send("POST", "/api/v2/authorizations", wanted)
    write(path, reader.prefix + made["token"], reader.owner)
    return f"{said}, made"


def works(url: str, value: str) -> bool:
    """Say whether the server knows the token, whatever it may do."""
    try:
        Api(url, {"Authorization": f"Token {value}"}).get("/api/v2/buckets", limit="1")
    except ApiError as error:
        if error.status not in {401, 403}:
            raise
        return error.status == 403
    return True


def end_task(api: Api, organization: str, name: str) -> None:
    """Delete a task of an earlier version, where there is one."""
    for found in api.get("/api/v2/tasks", orgID=organization, name=name).get("tasks", []):
        api.send("DELETE", f"/api/v2/tasks/{found['id']}")
