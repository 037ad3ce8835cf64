"""Set up InfluxDB 1.x: database, retention, continuous queries, an administrator and two narrow users.

Everything may run again: what exists is brought to what is written here. Grafana's user may read, the
shipper's may write, and neither can do more. On a server without users the first one made is the
administrator; InfluxDB allows that single statement to anybody, once.
"""

from influxdb.api import Api, ApiError, basic
from influxdb.plan import HOURLY, RAW, ROLLUP, ROLLUP_TAGS, YEAR, Plan

# The same minute is computed again for ten minutes: a slow request is logged when it ends, but counts
# for the minute in which it began. Then the hours.
RESAMPLE = ("RESAMPLE EVERY 1m FOR 10m", "RESAMPLE EVERY 1m FOR 2h")
FIELDS = (
    'count("resTime") AS "count", percentile("resTime", 50) AS "p50", percentile("resTime", 95) AS "p95", '
    'percentile("resTime", 99) AS "p99", sum("resSize") AS "bytes"'
)
ERRORS = 'count("resTime") AS "errors"'
HOURS = (
    'sum("count") AS "count", sum("errors") AS "errors", sum("bytes") AS "bytes", mean("p50") AS "p50", '
    'max("p95") AS "p95", max("p99") AS "p99"'
)


def set_up(url: str, plan: Plan) -> list[str]:
    """Bring the server at `url` to the plan; return a line for each thing that holds now."""
    api = sign_in(url, plan.admin, plan.secret("influxdb-admin-password"))
    done = [f"database {plan.database}"]
    api.influxql(f'CREATE DATABASE "{plan.database}"')
    for policy, days in (("autogen", plan.raw_days), (YEAR, plan.rollup_days)):
        done.append(keep(api, plan.database, policy, days))
    for name, statement in continuous_queries(plan.database).items():
        api.influxql(f'DROP CONTINUOUS QUERY "{name}" ON "{plan.database}"')
        api.influxql(statement)
        done.append(f"continuous query {name}")
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
        f"{'1d' if policy == 'autogen' else '7d'}{default}"
    )
    return f"retention {policy}: {days} days"


def rollups(database: str, where: str = "") -> dict[str, str]:
    """Return name -> SELECT … INTO, in the order in which they build upon each other.

    The second adds `errors` to the points of the first, and the third makes hours of the minutes: sums, the worst
    minute's p95 and p99, and the mean of the p50. `where` is a condition on the time, or nothing.
    """
    tags = ", ".join(f'"{tag}"' for tag in ROLLUP_TAGS)
    raw, minutes, hours = (
        f'"{database}"."{policy}"."{name}"' for policy, name in (("autogen", RAW), (YEAR, ROLLUP), (YEAR, HOURLY))
    )
    failed = " AND ".join(part for part in (where, "\"status_class\" = '5xx'") if part)
    period = f" WHERE {where}" if where else ""
    return {
        ROLLUP: f"SELECT {FIELDS} INTO {minutes} FROM {raw}{period} GROUP BY time(1m), {tags}",
        f"{ROLLUP}_errors": f"SELECT {ERRORS} INTO {minutes} FROM {raw} WHERE {failed} GROUP BY time(1m), {tags}",
        HOURLY: f"SELECT {HOURS} INTO {hours} FROM {minutes}{period} GROUP BY time(1h), {tags}",
    }


def continuous_queries(database: str) -> dict[str, str]:
    """Return name -> CREATE CONTINUOUS QUERY."""
    return {
        name: f'CREATE CONTINUOUS QUERY "{name}" ON "{database}" {RESAMPLE[name == HOURLY]} BEGIN {select} END'
        for name, select in rollups(database).items()
    }


def backfill(api: Api, database: str, start: str, end: str) -> None:
    """Compute the rollups of a period that lies in the past; the times as InfluxQL takes them (RFC 3339)."""
    for select in rollups(database, f"time >= '{start}' AND time < '{end}'").values():
        api.influxql(select)


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
