"""What earlier versions of the Docker set-up made in InfluxDB, and what nobody needs any more."""

from dataclasses import replace

from logshipper.outputs.api import Api, basic
from logshipper.provision import influxdb2
from logshipper.provision.plan import Administrator, Plan

QUERIES = ("uwsgi_log_1m", "uwsgi_log_1m_errors", "uwsgi_log_1h")
TASKS = ("uwsgi_log_1m", "uwsgi_log_1h")


def remove_what_earlier_versions_made(api: Api, version: str, administrator: Administrator, plan: Plan) -> None:
    """Remove the rollups that the server computed itself. Raises ApiError."""
    if version == "1":
        api = replace(api, headers=basic(administrator.user, administrator.password))
        for name in QUERIES:
            api.influxql(f'DROP CONTINUOUS QUERY "{name}" ON "{plan.database}"')
    elif version == "2":
        api = replace(api, headers=influxdb2.signed(administrator.token))
        organization = influxdb2.find_organization(api, plan.organization)
        for name in TASKS:
            for task in api.get("/api/v2/tasks", name=name, orgID=organization).get("tasks") or []:
                api.send("DELETE", f"/api/v2/tasks/{task['id']}")
