"""Set up InfluxDB 3 Core: the two databases with their retention.

3 Core has administrators' tokens alone, so the shipper and Grafana share the one that make_secrets.py wrote;
narrow tokens are what 3 Enterprise adds. It has no continuous queries or tasks in InfluxQL either: the rollups
come from rollup.py.
"""

import json

from influxdb.api import Api, ApiError
from influxdb.make_secrets import APP_USER_ID, GRAFANA_USER_ID, write
from influxdb.plan import Plan


def set_up(url: str, plan: Plan) -> list[str]:
    """Bring the server at `url` to the plan; return a line for each thing that holds now."""
    api = sign_in(url, plan)
    token = api.headers["Authorization"].removeprefix("Bearer ")
    done = [
        database(api, plan.database, plan.raw_days),
        database(api, plan.rollups, plan.rollup_days),
    ]
    for user, owner in (("shipper", APP_USER_ID), ("grafana", GRAFANA_USER_ID)):
        write(plan.secrets / f"influxdb3-{user}-token", token, owner)
        done.append(f"token {user}: the administrator's, as 3 Core has no other")
    return done


def sign_in(url: str, plan: Plan) -> Api:
    """Return the API with the administrator's token."""
    token = json.loads(plan.secret("influxdb3-admin.json"))["token"]
    return Api(url, {"Authorization": f"Bearer {token}"})


def database(api: Api, name: str, days: int) -> str:
    """Create the database, or set the retention of one that exists."""
    wanted = {"db": name, "retention_period": f"{days}d"}
    try:
        api.send("POST", "/api/v3/configure/database", wanted)
    except ApiError as error:
        if error.status != 409:
            raise
        api.send("PUT", "/api/v3/configure/database", wanted)
    return f"database {name}: {days} days"
