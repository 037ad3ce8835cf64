"""Set up InfluxDB 2.x: organization, buckets, DBRP mappings, and two narrow tokens.

Everything may run again: what exists is brought to what is written here, and tokens that still work are kept.
The server makes tokens itself and shows each of them once, so they are written beside the other secrets:
`influxdb-shipper-token` may write raw points, `influxdb-grafana-header` (the whole value of an
Authorization header) may read raw points and rollups.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import urllib3
from influxdb_client import (
    Authorization,
    BucketRetentionRules,
    DBRPCreate,
    DBRPsService,
    InfluxDBClient,
    OnboardingRequest,
    Permission,
    PermissionResource,
    SetupService,
)
from influxdb_client.rest import ApiException

from influxdb.api import ApiError
from influxdb.make_secrets import APP_USER_ID, GRAFANA_USER_ID, write
from influxdb.plan import YEAR, Plan

OLD_TASKS = ("uwsgi_log_1m", "uwsgi_log_1h")
DAY = 86_400  # seconds
TIMEOUT = 30_000  # milliseconds


def set_up(url: str, plan: Plan) -> list[str]:
    """Bring the server at `url` to the plan; return a line for each thing that holds now."""
    with one_kind_of_error():
        initialise(url, plan)
        client = connect(url, plan.secret("influxdb-admin-token"))
        organization = client.organizations_api().find_organizations(org=plan.organization)[0].id
        raw = bucket(client, organization, plan.database, plan.raw_days)
        rollups = bucket(client, organization, plan.rollups, plan.rollup_days)
        done = [f"bucket {plan.database}: {plan.raw_days} days", f"bucket {plan.rollups}: {plan.rollup_days} days"]
        done.append(map_database(client, organization, plan.database, "autogen", raw))
        done.append(map_database(client, organization, plan.database, YEAR, rollups))
        shipper = [permission("write", raw, organization)]
        grafana = [permission("read", found, organization) for found in (raw, rollups)]
        done.append(token(client, plan, organization, SHIPPER, shipper))
        done.append(token(client, plan, organization, GRAFANA, grafana))
        for name in OLD_TASKS:
            end_tasks(client, organization, name)
    return done


@contextmanager
def one_kind_of_error() -> Iterator[None]:
    """Raise ApiError for the server's refusals, and for a server that cannot be reached."""
    try:
        yield
    except ApiException as error:
        raise ApiError(error.status, str(error.message)) from error
    except urllib3.exceptions.HTTPError as error:
        raise ApiError(0, str(error)) from error


def connect(url: str, admin_token: str = "") -> InfluxDBClient:
    """Return the client, signed in with the token."""
    return InfluxDBClient(url, admin_token, timeout=TIMEOUT)


def initialise(url: str, plan: Plan) -> None:
    """Make the administrator, the organization and the first bucket of a server without anything in it."""
    service = SetupService(connect(url).api_client)
    if service.get_setup().allowed:
        first = OnboardingRequest(
            username=plan.admin,
            password=plan.secret("influxdb-admin-password"),
            org=plan.organization,
            bucket=plan.database,
            retention_period_seconds=plan.raw_days * DAY,
            token=plan.secret("influxdb-admin-token"),
        )
        service.post_setup(first)


def bucket(client: InfluxDBClient, organization: str, name: str, days: int) -> str:
    """Create the bucket or set its retention; return its id."""
    rules = [BucketRetentionRules(type="expire", every_seconds=days * DAY)]
    api = client.buckets_api()
    found = next((one for one in api.find_buckets_iter(org_id=organization) if one.name == name), None)
    if found is None:
        return str(api.create_bucket(bucket_name=name, org=organization, retention_rules=rules).id)
    found.retention_rules = rules
    return str(api.update_bucket(found).id)


def map_database(client: InfluxDBClient, organization: str, database: str, policy: str, bucket_id: str) -> str:
    """Map `database`.`policy` of InfluxQL to the bucket; servers before 2.5 do not do so by themselves."""
    service = DBRPsService(client.api_client)
    known = service.get_dbr_ps(org_id=organization, db=database, rp=policy).content or []
    if not any(entry.bucket_id == bucket_id and not entry.virtual for entry in known):
        service.post_dbrp(
            DBRPCreate(
                org_id=organization,
                bucket_id=bucket_id,
                database=database,
                retention_policy=policy,
                default=policy != YEAR,
            )
        )
    return f"InfluxQL {database}.{policy}"


def permission(action: str, bucket_id: str, organization: str) -> Permission:
    """Return the right to `read` or `write` one bucket."""
    return Permission(action, PermissionResource(type="buckets", id=bucket_id, org_id=organization))


@dataclass(frozen=True)
class Reader:
    """Who gets a token: a name, the file that it is written to, and whose file that is."""

    name: str
    file: str
    owner: int
    prefix: str = ""


SHIPPER = Reader("shipper", "influxdb-shipper-token", APP_USER_ID)
GRAFANA = Reader("grafana", "influxdb-grafana-header", GRAFANA_USER_ID, "Token ")


def token(
    client: InfluxDBClient, plan: Plan, organization: str, reader: Reader, permissions: Sequence[Permission]
) -> str:
    """Make the reader's token and write it to its file, unless the one in the file works."""
    path = plan.secrets / reader.file
    said = f"token {reader.name}: may {permissions[0].action}"
    if path.exists() and works(client.url, path.read_text().removeprefix(reader.prefix)):
        return f"{said}, kept"
    description = f"{plan.organization} {reader.name}"
    api = client.authorizations_api()
    for old in api.find_authorizations(org_id=organization):
        if old.description == description:
            api.delete_authorization(old)
    wanted = Authorization(org_id=organization, description=description, permissions=list(permissions))
    write(path, reader.prefix + api.create_authorization(authorization=wanted).token, reader.owner)
    return f"{said}, made"


def works(url: str, value: str) -> bool:
    """Return whether the server knows the token, whatever it may do."""
    try:
        connect(url, value).buckets_api().find_buckets(limit=1)
    except ApiException as error:
        if error.status not in {401, 403}:
            raise
        return bool(error.status == 403)
    return True


def end_tasks(client: InfluxDBClient, organization: str, name: str) -> None:
    """Delete the tasks of an earlier version, where there are any."""
    api = client.tasks_api()
    for found in api.find_tasks(name=name, org_id=organization):
        api.delete_task(found.id)
