"""Prepare InfluxDB 3 Core: the two databases with their retention.

3 Core has administrators' tokens alone, so the shipper, Grafana and the rollups share the one that is given; narrow
tokens are what 3 Enterprise adds.
"""

from collections.abc import Iterator
from dataclasses import replace

from logshipper.outputs.api import Api, ApiError
from logshipper.provision.plan import ACCOUNTS, DAYS, ROLLUP_DAYS, Administrator, Plan, SetupStep, period
from logshipper.provision.secret_store import SecretStore


def set_up(api: Api, administrator: Administrator, plan: Plan, secrets: SecretStore) -> Iterator[SetupStep]:
    """Bring the server to the plan; yield each thing that holds now."""
    api = replace(api, headers=signed(administrator.token))
    known = names(api)
    yield database(api, plan.database, plan.days, DAYS, plan.database in known)
    yield database(api, plan.rollups, plan.rollup_days, ROLLUP_DAYS, plan.rollups in known)
    for account in ACCOUNTS:
        name = account.secret("3")
        same = secrets.read(name) == administrator.token
        if not same:
            secrets.write(name, administrator.token)
        state = "kept" if same else "created"
        yield SetupStep(state, f"token {account.name}: the administrator's, as 3 Core has no other")  # type: ignore[arg-type]


def signed(token: str) -> dict[str, str]:
    """Return the header that signs in; none without a token, for a server that wants none."""
    return {"Authorization": f"Bearer {token}"} if token else {}


def names(api: Api) -> set[str]:
    """Return the databases that there are."""
    found = api.get("/api/v3/configure/database", format="json")
    return {str(one.get("iox::database", "")) for one in found} if isinstance(found, list) else set()


def database(api: Api, name: str, days: int | None, otherwise: int, exists: bool) -> SetupStep:
    """Create the database, or set the retention of one that exists if `days` says so."""
    wanted = {"db": name, "retention_period": f"{days or otherwise}d"}
    what = f"database {name}: {period(days or otherwise)}"
    if not exists:
        try:
            api.send("POST", "/api/v3/configure/database", wanted)
        except ApiError as error:
            if error.status != 409:
                raise
        else:
            return SetupStep("created", what)
    if days is None:
        return SetupStep("kept", f"database {name}")
    api.send("PUT", "/api/v3/configure/database", wanted)
    return SetupStep("kept", what)
