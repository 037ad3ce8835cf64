"""Set up InfluxDB 1.x: database, retention, an administrator and two narrow users.

Everything may run again: what exists is brought to what is written here. Grafana's user may read, the
shipper's may write, and neither can do more. On a server without users the first one made is the
administrator; InfluxDB allows that single statement to anybody, once.
"""

from influxdb.api import Api, ApiError, basic
from influxdb.plan import YEAR, Plan

OLD_QUERIES = ("uwsgi_log_1m", "uwsgi_log_1m_errors", "uwsgi_log_1h")  # of earlier versions


def set_up(url: str, plan: Plan) -> list[str]:
    """Bring the server at `url` to the plan; return a line for each thing that holds now."""
    api = sign_in(url, plan.admin, plan.secret("influxdb-admin-password"))
    done = [f"database {plan.database}"]
    api.influxql(f'CREATE DATABASE "{plan.database}"')
    for policy, days in (("autogen", plan.raw_days), (YEAR, plan.rollup_days)):
        done.append(keep(api, plan.database, policy, days))
    for name in OLD_QUERIES:
        api.influxql(f'DROP CONTINUOUS QUERY "{name}" ON "{plan.database}"')
    for user, right in (("grafana", "READ"), ("shipper", "WRITE")):
        done.append(grant(api, plan.database, user, right, plan.secret(f"influxdb-{user}-password")))
    return done


def sign_in(url: str, admin: str, password: str) -> Api:
    """Return the API signed in as the administrator, who is made on a server that has no users."""
    signed_in = Api(url, basic(admin, password))
    try:
        signed_in.influxql("SHOW DATABASES")
    except ApiError as error:
        if error.status not in {401, 403}:
            raise
        create = f"CREATE USER {identifier(admin)} WITH PASSWORD {text(password)} WITH ALL PRIVILEGES"
        Api(url).influxql(create)
    else:
        # A server without authentication lets everybody in; make the user all the same, for the day it is on.
        if not any(row[0] == admin for row in users(signed_in)):
            signed_in.influxql(f"CREATE USER {identifier(admin)} WITH PASSWORD {text(password)} WITH ALL PRIVILEGES")
    return signed_in


def users(api: Api) -> list[list[object]]:
    """Return the rows of SHOW USERS: name, whether an administrator."""
    return [row for series in api.influxql("SHOW USERS") for row in series.get("values", [])]


def keep(api: Api, database: str, policy: str, days: int) -> str:
    """Create or alter the retention policy; `autogen` is the default one."""
    found = api.influxql(f'SHOW RETENTION POLICIES ON "{database}"')
    known = {row[0] for series in found for row in series.get("values", [])}
    verb = "ALTER" if policy in known else "CREATE"
    default = " DEFAULT" if policy == "autogen" else ""
    api.influxql(
        f'{verb} RETENTION POLICY "{policy}" ON "{database}" DURATION {days}d REPLICATION 1 SHARD DURATION '
        f"{'1d' if policy == 'autogen' else '28d'}{default}"
    )
    return f"retention {policy}: {days} days"


def grant(api: Api, database: str, user: str, right: str, password: str) -> str:
    """Make the user, or set its password, and give it one right on the database and no other."""
    if any(row[0] == user for row in users(api)):
        api.influxql(f"SET PASSWORD FOR {identifier(user)} = {text(password)}")
        api.influxql(f'REVOKE ALL PRIVILEGES ON "{database}" FROM {identifier(user)}')
    else:
        api.influxql(f"CREATE USER {identifier(user)} WITH PASSWORD {text(password)}")
    api.influxql(f'GRANT {right} ON "{database}" TO {identifier(user)}')
    return f"user {user}: may {right.lower()}"


def identifier(name: str) -> str:
    """Quote a name for InfluxQL."""
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def text(value: str) -> str:
    """Quote a string for InfluxQL."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{escaped}'"
