"""Prepare InfluxDB 1.x: database, retention, and a user each for the shipper, Grafana and the rollups.

It may run again: what exists is kept, unless the plan says otherwise. On a server without users the first one made is
the administrator; InfluxDB allows that single statement to anybody, once. Without authentication there are no users.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from logshipper.durations import nanoseconds
from logshipper.outputs.api import Api, ApiError, basic
from logshipper.outputs.influx_probe import quoted
from logshipper.provision.plan import (
    ACCOUNTS,
    DAYS,
    ROLLUP_DAYS,
    ROLLUP_SHARD_DAYS,
    YEAR,
    Administrator,
    Plan,
    ServerUser,
    SetupStep,
    changed,
    period,
)
from logshipper.provision.secret_store import SecretStore, new_password

_DAY = 86_400e9  # nanoseconds
_DEFAULT = "autogen"  # the retention policy of a new database
_PRIVILEGES: Mapping[tuple[str, ...], str] = {("read",): "READ", ("write",): "WRITE"}


def set_up(api: Api, administrator: Administrator, plan: Plan, secrets: SecretStore) -> Iterator[SetupStep]:
    """Bring the server to the plan; yield each thing that holds now."""
    api, step = sign_in(api, administrator)
    if step:
        yield step
    database = quoted(plan.database)
    if [plan.database] in _rows(api, "SHOW DATABASES"):
        yield SetupStep("kept", f"database {plan.database}")
    else:
        api.influxql(f"CREATE DATABASE {database} WITH {_duration(plan.days or DAYS, 1)} NAME {quoted(_DEFAULT)}")
        yield SetupStep("created", f"database {plan.database}")
    default = next((row[0] for row in policies(api, plan.database) if row[-1]), _DEFAULT)
    yield keep(api, plan.database, str(default), plan.days, DAYS)
    yield keep(api, plan.database, YEAR, plan.rollup_days, ROLLUP_DAYS)
    if not api.headers:
        yield SetupStep("kept", "no users: authentication is off on this server")
        return
    for account in ACCOUNTS:
        yield user(api, account, plan, secrets)
        yield grant(api, account, plan)


def sign_in(api: Api, administrator: Administrator) -> tuple[Api, SetupStep | None]:
    """Sign in and return the API, without headers if no login is needed. A fresh server gets the user first."""
    try:
        replace(api, headers={}).influxql("SHOW DATABASES")
        return replace(api, headers={}), None
    except ApiError as error:
        if error.status not in {401, 403} or not administrator.user:
            raise
    signed_in = replace(api, headers=basic(administrator.user, administrator.password))
    try:
        signed_in.influxql("SHOW DATABASES")
    except ApiError as error:
        if error.status != 403:  # what a server without users answers; a wrong password is a 401
            raise
        name, password = quoted(administrator.user), text(administrator.password)
        replace(api, headers={}).influxql(f"CREATE USER {name} WITH PASSWORD {password} WITH ALL PRIVILEGES")
        step = SetupStep("created", f"user {administrator.user}: administrator")
        return replace(signed_in, blank=api.dry_run), step
    return signed_in, None


def policies(api: Api, database: str) -> list[list[object]]:
    """Return the retention policies: name, duration, …, whether it is the default; none for a database not there."""
    try:
        return _rows(api, f"SHOW RETENTION POLICIES ON {quoted(database)}")
    except ApiError as error:
        if not api.dry_run or "database not found" not in str(error):
            raise
        return []


def keep(api: Api, database: str, policy: str, days: int | None, otherwise: int) -> SetupStep:
    """Create the retention policy, or change its duration if `days` says so; `autogen` becomes the default."""
    known = {str(row[0]): (nanoseconds(str(row[1])) or 0.0) / _DAY for row in policies(api, database)}
    what = f"retention {policy}: {period(days or otherwise)}"
    if policy in known and days in (None, known[policy]):
        return SetupStep("kept", f"retention {policy}: {period(known[policy])}")
    if policy in known:
        api.influxql(f"ALTER RETENTION POLICY {quoted(policy)} ON {quoted(database)} DURATION {days}d")
        return changed(what, days or otherwise, known[policy])
    duration = _duration(days or otherwise, 1 if policy == _DEFAULT else ROLLUP_SHARD_DAYS)
    default = " DEFAULT" if policy == _DEFAULT else ""
    api.influxql(f"CREATE RETENTION POLICY {quoted(policy)} ON {quoted(database)} {duration}{default}")
    return SetupStep("created", what)


def user(api: Api, account: ServerUser, plan: Plan, secrets: SecretStore) -> SetupStep:
    """Make the user with a password of its own, and keep one that exists."""
    name = account.secret("1")
    known = secrets.read(name)
    what = f"user {account.name}"
    exists = any(row[0] == account.name for row in _rows(api, "SHOW USERS"))
    if exists and known and works(api, account.name, known):
        return SetupStep("kept", what)
    if exists and not plan.renew:
        if known:
            fix = "write the right password into that file, or --renew"
            raise ApiError(0, f"{api.url}: user {account.name}: not its password {secrets.where(name)}", fix)
        return SetupStep("kept", what, "its password is not known here: --renew gives it a new one")
    password = known or new_password()
    if not known:
        secrets.write(name, password)  # first, so that no password is lost
    if exists:
        api.influxql(f"SET PASSWORD FOR {quoted(account.name)} = {text(password)}")
        return SetupStep("changed", f"{what}: new password", f"the password {secrets.where(name)}")
    api.influxql(f"CREATE USER {quoted(account.name)} WITH PASSWORD {text(password)}")
    return SetupStep("created", what, f"the password {secrets.where(name)}")


def works(api: Api, name: str, password: str) -> bool:
    """Return whether the server takes the password."""
    try:
        replace(api, headers=basic(name, password)).influxql("SHOW DATABASES")
    except ApiError as error:
        if error.status != 401:
            raise
        return False
    return True


def grant(api: Api, account: ServerUser, plan: Plan) -> SetupStep:
    """Give the user its right on the database; what it has beyond that, it keeps."""
    wanted, what = _PRIVILEGES.get(tuple(account.rights), "ALL PRIVILEGES"), f"grant {account.name}: {account.may}"
    try:
        found = {str(row[0]): str(row[1]) for row in _rows(api, f"SHOW GRANTS FOR {quoted(account.name)}")}
    except ApiError as error:
        if not api.dry_run or "user not found" not in str(error):
            raise
        found = {}
    has = found.get(plan.database, "NO PRIVILEGES")
    if has in (wanted, "ALL PRIVILEGES"):
        return SetupStep("kept", what)
    right = wanted if has == "NO PRIVILEGES" else "ALL PRIVILEGES"
    api.influxql(f"GRANT {right.split()[0]} ON {quoted(plan.database)} TO {quoted(account.name)}")
    return SetupStep("created" if has == "NO PRIVILEGES" else "changed", what)


def _rows(api: Api, statement: str) -> list[list[object]]:
    return [row for series in api.influxql(statement) for row in series.get("values", [])]


def _duration(days: int, shard: int) -> str:
    return f"DURATION {days}d REPLICATION 1 SHARD DURATION {min(shard, days)}d"


def text(value: str) -> str:
    """Quote a string for InfluxQL."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{escaped}'"
