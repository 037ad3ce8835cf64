"""Set up the InfluxDB of the Docker set-up with `logshipper setup`'s own code; may run again at any time.

    python3 -m influxdb.setup --version 2 --url http://127.0.0.1:8086 --secrets FOLDER

FOLDER holds the files that make_secrets.py makes. Each secret that comes to it here gets the owner that reads it.
"""

import argparse
import json
import os
import sys
from pathlib import Path

from influxdb.earlier import remove_what_earlier_versions_made
from influxdb.make_secrets import APP_USER_ID, GRAFANA_USER_ID, INFLUXDB3_USER_ID, INFLUXDB_USER_ID, write
from logshipper.errors import UserError
from logshipper.outputs.api import Api, ApiError, wait_until_up
from logshipper.provision.plan import Administrator, Plan
from logshipper.provision.secret_store import SecretFolder
from logshipper.provision.server import in_one_line, set_up

# The path that answers when the server can do all that is asked of it here.
READY = {"1": "/ping", "2": "/api/v2/setup", "3": "/ping"}
ADMINISTRATOR, ORGANIZATION = "admin", "flaskfana"
TOKEN, HEADER = "influxdb-grafana-token", "influxdb-grafana-header"


def main(arguments: list[str] | None = None) -> int:
    """Return 0 when the server is set up, 1 with one line on stderr when it refused or cannot be reached."""
    parser = argparse.ArgumentParser(prog="python3 -m influxdb.setup", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--version", choices=sorted(READY), default="2", help="InfluxDB's major version")
    parser.add_argument("--url", default="http://127.0.0.1:8086", help="where the server is")
    parser.add_argument("--secrets", type=Path, required=True, help="folder with the secrets' files")
    parser.add_argument("--days", type=int, default=30, help="days that requests are kept")
    parser.add_argument("--rollup-days", type=int, default=366, help="days that rollups are kept")
    parser.add_argument("--wait", type=float, default=60, help="seconds to wait for the server")
    options = parser.parse_args(arguments)
    api, store = Api(options.url.rstrip("/")), SecretFolder(options.secrets)
    plan = Plan(organization=ORGANIZATION, days=options.days, rollup_days=options.rollup_days, renew=True)
    try:
        with in_one_line():
            wait_until_up(api, options.wait, READY[options.version])
            administrator = administrator_of(options.version, store)
            know_grafanas_token(store)
            for step in set_up(api, options.version, administrator, plan, store):
                print(f"influxdb: {step.what}: {step.state}", flush=True)
            remove_what_earlier_versions_made(api, options.version, administrator, plan)
            hand_out(options.version, options.secrets, store)
    except UserError as error:
        print(f"influxdb: {api.url}: not set up: {error}", file=sys.stderr)
        return 1
    return 0


def administrator_of(version: str, store: SecretFolder) -> Administrator:
    """Return who signs in. Raises ApiError if make_secrets.py has not run."""
    if version == "3":
        text = store.read("influxdb3-admin.json")
        administrator = Administrator(json.loads(text)["token"] if text else "")
        there = bool(text)
    else:
        token, password = store.read("influxdb-admin-token"), store.read("influxdb-admin-password")
        administrator, there = Administrator(token, ADMINISTRATOR, password), bool(password)
    if not there:
        raise ApiError(0, f"{store.folder}: the administrator's secrets are missing", "run influxdb/make_secrets.py")
    return administrator


def know_grafanas_token(store: SecretFolder) -> None:
    """Take Grafana's token from the header that Grafana reads, where an earlier version wrote that alone."""
    header = store.read(HEADER)
    if header and not store.read(TOKEN):
        store.write(TOKEN, header.removeprefix("Token "))


def hand_out(version: str, folder: Path, store: SecretFolder) -> None:
    """Give each secret to the user that reads it, as only root can."""
    if version == "2" and store.read(HEADER) != (value := f"Token {store.read(TOKEN)}"):
        write(folder / HEADER, value, GRAFANA_USER_ID)
    rollup = INFLUXDB3_USER_ID if version == "3" else INFLUXDB_USER_ID
    for name, owner in (("shipper", APP_USER_ID), ("grafana", GRAFANA_USER_ID), ("rollup", rollup)):
        for file in folder.glob(f"influxdb*-{name}-*"):
            if os.geteuid() == 0:
                os.chown(file, owner, owner)


if __name__ == "__main__":
    sys.exit(main())
