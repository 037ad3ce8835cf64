"""Prepare InfluxDB 2.x: buckets, DBRP mappings, and a token each for the shipper, Grafana and the rollups.

It may run again: what exists is kept, unless the plan says otherwise. The server makes tokens itself and shows each of
them once, so they are kept at once. A server that nobody has set up yet gets its administrator and organization.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from logshipper.outputs.api import Api, ApiError
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
from logshipper.provision.secret_store import SecretStore

_DAY = 86_400  # seconds
_ORGANIZATION = "flaskfana"  # of a server that has none


def set_up(api: Api, administrator: Administrator, plan: Plan, secrets: SecretStore) -> Iterator[SetupStep]:
    """Bring the server to the plan; yield each thing that holds now."""
    if api.get("/api/v2/setup").get("allowed"):
        yield initialise(api, administrator, plan)
        api = replace(api, blank=api.dry_run)
    api = replace(api, headers=signed(administrator.token))
    organization = find_organization(api, plan.organization)
    raw = bucket(api, organization, plan.database, plan.days, DAYS)
    rollups = bucket(api, organization, plan.rollups, plan.rollup_days, ROLLUP_DAYS)
    yield from (raw.step, rollups.step)
    yield map_database(api, organization, plan.database, "autogen", raw.id)
    yield map_database(api, organization, plan.database, YEAR, rollups.id)
    for account in ACCOUNTS:
        buckets = [raw.id] if account.rights == ["write"] else [raw.id, rollups.id]
        yield token(api, organization, account, buckets, plan, secrets)


def signed(token: str) -> dict[str, str]:
    """Return the header that signs in."""
    return {"Authorization": f"Token {token}"}


def initialise(api: Api, administrator: Administrator, plan: Plan) -> SetupStep:
    """Make the administrator, the organization and the first bucket of a server without anything in it."""
    if not (administrator.user and administrator.password and administrator.token):
        fix = "set INFLUX_USER, INFLUX_PASSWORD and INFLUX_TOKEN for its first administrator, or run influx setup"
        raise ApiError(0, f"{api.url}: nobody has set this server up yet", fix)
    first = {
        "username": administrator.user,
        "password": administrator.password,
        "org": plan.organization or _ORGANIZATION,
        "bucket": plan.database,
        "retentionPeriodSeconds": (plan.days or DAYS) * _DAY,
        "token": administrator.token,
    }
    api.send("POST", "/api/v2/setup", first)
    return SetupStep("created", f"organization {first['org']}, administrator {administrator.user}")


def find_organization(api: Api, name: str) -> str:
    """Return the organization's id; that of the only one if it has no name. Raises ApiError."""
    found = api.find("/api/v2/orgs", **({"org": name} if name else {})).get("orgs") or []
    if len(found) == 1 or api.blank:
        return str(found[0]["id"]) if found else ""
    if name:
        raise ApiError(0, f"{api.url}: no organization {name}", "correct --org, or use a token of that organization")
    names = ", ".join(str(one["name"]) for one in found) or "none"
    raise ApiError(0, f"{api.url}: which organization? The token sees: {names}", "name one with --org")


@dataclass(frozen=True)
class Bucket:
    """A bucket's id, "" if it would be created, and what became of it."""

    id: str
    step: SetupStep


def bucket(api: Api, organization: str, name: str, days: int | None, otherwise: int) -> Bucket:
    """Create the bucket, or change its retention if `days` says so."""
    found = (api.find("/api/v2/buckets", orgID=organization, name=name).get("buckets") or [None])[0]
    rules = [{"type": "expire", "everySeconds": (days or otherwise) * _DAY}]
    what = f"bucket {name}: {period(days or otherwise)}"
    if found is None:
        if otherwise == ROLLUP_DAYS:
            rules[0]["shardGroupDurationSeconds"] = min(ROLLUP_SHARD_DAYS, days or otherwise) * _DAY
        asked = {"orgID": organization, "name": name, "retentionRules": rules}
        return Bucket(str(api.send("POST", "/api/v2/buckets", asked).get("id", "")), SetupStep("created", what))
    kept = next((rule["everySeconds"] for rule in found["retentionRules"]), 0) / _DAY
    if days in (None, kept):
        return Bucket(found["id"], SetupStep("kept", f"bucket {name}: {period(kept)}"))
    api.send("PATCH", f"/api/v2/buckets/{found['id']}", {"retentionRules": rules})
    return Bucket(found["id"], changed(what, days or otherwise, kept))


def map_database(api: Api, organization: str, database: str, policy: str, bucket_id: str) -> SetupStep:
    """Map `database`.`policy` of InfluxQL to the bucket; servers before 2.5 do not do so by themselves."""
    known = api.get("/api/v2/dbrps", orgID=organization, db=database, rp=policy).get("content") or []
    what = f"InfluxQL {database}.{policy}"
    if any(entry["bucketID"] == bucket_id and not entry.get("virtual") for entry in known):
        return SetupStep("kept", what)
    asked = {
        "orgID": organization,
        "bucketID": bucket_id,
        "database": database,
        "retention_policy": policy,
        "default": policy != YEAR,
    }
    api.send("POST", "/api/v2/dbrps", asked)
    return SetupStep("created", what)


def token(  # noqa: PLR0913, PLR0917 - whose, for what, and where it goes
    api: Api, organization: str, account: ServerUser, buckets: Sequence[str], plan: Plan, secrets: SecretStore
) -> SetupStep:
    """Make the account's token, unless there is one that works or that somebody else may be using."""
    name = account.secret("2")
    what = f"token {account.name}: {account.may}"
    if (known := secrets.read(name)) and works(api, known):
        return SetupStep("kept", what)
    description = f"logshipper {account.name} of {plan.database}"
    old = [one for one in _authorizations(api, organization) if one.get("description") == description]
    if old and not plan.renew:
        return SetupStep("kept", what, "its value is not known here: --renew replaces it")
    for one in old:
        api.send("DELETE", f"/api/v2/authorizations/{one['id']}")
    permissions = [
        {"action": right, "resource": {"type": "buckets", "id": one, "orgID": organization}}
        for one in buckets
        for right in account.rights
    ]
    asked = {"orgID": organization, "description": description, "permissions": permissions}
    secrets.write(name, str(api.send("POST", "/api/v2/authorizations", asked).get("token", "")))
    return SetupStep("changed" if old else "created", what, f"it {secrets.where(name)}")


def works(api: Api, value: str) -> bool:
    """Return whether the server knows the token, whatever it may do."""
    try:
        replace(api, headers=signed(value)).get("/api/v2/buckets", limit="1")
    except ApiError as error:
        if error.status not in {401, 403}:
            raise
        return error.status == 403
    return True


def _authorizations(api: Api, organization: str) -> list[dict[str, Any]]:
    return list(api.get("/api/v2/authorizations", orgID=organization).get("authorizations") or [])
