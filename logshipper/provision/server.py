"""Which InfluxDB is there, who signs in, and what is done for it."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from logshipper.errors import RunError
from logshipper.outputs.api import Api, ApiError, basic
from logshipper.provision import influxdb1, influxdb2, influxdb3
from logshipper.provision.grafana import Login
from logshipper.provision.plan import GRAFANA, ROLLUP, Administrator, Plan, SetupStep
from logshipper.provision.secret_store import SecretStore

_SET_UP: Mapping[str, Callable[[Api, Administrator, Plan, SecretStore], Iterator[SetupStep]]] = {
    "1": influxdb1.set_up,
    "2": influxdb2.set_up,
    "3": influxdb3.set_up,
}
_RIGHTS = {
    "1": "set INFLUX_USER and INFLUX_PASSWORD to an administrator's",
    "2": "set INFLUX_TOKEN to one that may do everything (influx auth create --all-access)",
    "3": "set INFLUX_TOKEN to an administrator's (influxdb3 create token --admin)",
}


def version_of(api: Api) -> str:
    """Return the major version: "1", "2" or "3". Raises ApiError if no InfluxDB answers."""
    try:
        major = api.version().partition(".")[0]
    except ApiError as error:
        if error.status not in {401, 403}:
            raise
        return "3"  # the only one that asks who wants to know
    if major in _SET_UP:
        return major
    try:
        known = "allowed" in api.get("/api/v2/setup")  # a 2.x that was built without a version
    except ApiError:
        known = False
    if not known:
        raise ApiError(0, f"{api.url}: what answers there is not InfluxDB", "correct the address")
    return "2"


@contextlib.contextmanager
def in_one_line(rights: str = "") -> Iterator[None]:
    """Raise RunError, with the fix, for what a server refuses; `rights` is the fix if it does not let us do it."""
    try:
        yield
    except ApiError as error:
        raise RunError(str(error), fix=error.fix or (rights if error.status in {401, 403} else "")) from error


def set_up(
    api: Api, version: str, administrator: Administrator, plan: Plan, secrets: SecretStore
) -> Iterator[SetupStep]:  # fmt: skip
    """Bring the server to the plan; yield each thing that holds now. Raises RunError."""
    with in_one_line(_RIGHTS[version]):
        yield from _SET_UP[version](api, administrator, plan, secrets)


def grafanas_login(api: Api, version: str, secrets: SecretStore) -> Login:
    """Return what Grafana signs in with; empty for a 1.x without authentication."""
    secret = secrets.read(GRAFANA.secret(version))
    if version == "1":
        return Login(GRAFANA.name, secret, missing=not secret) if guarded(api) else Login()
    if version == "2":
        return Login(header=f"Token {secret}" if secret else "", missing=not secret)
    return Login(GRAFANA.name, secret)


def guarded(api: Api) -> bool:
    """Return whether an InfluxDB 1.x wants to know who asks."""
    try:
        replace(api, headers={}).influxql("SHOW DATABASES")
    except ApiError as error:
        if error.status not in {401, 403}:
            raise
        return True
    return False


def for_rollups(api: Api, version: str, secrets: SecretStore, given: Callable[[], Administrator]) -> Api:
    """Return the server signed in to as the one who computes the rollups, otherwise as the one who is given."""
    own = secrets.read(ROLLUP.secret(version))
    if version == "1":
        who = Administrator(user=ROLLUP.name, password=own) if own else given()
        return replace(api, headers=basic(who.user, who.password) if who.user else {})
    signed = influxdb2.signed if version == "2" else influxdb3.signed
    return replace(api, headers=signed(own or given().token))
