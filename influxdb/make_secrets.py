"""Make the secrets of the Docker set-up at its first start; print how to sign in to Grafana.

Runs once per `docker compose up`, before everything else, with Python's standard library alone:

    python3 make_secrets.py FOLDER [ENV_FILE]

Each secret is a file of FOLDER (a volume), readable by the one service that needs it and by root.
A file that exists is kept: the servers remember what they were first started with.
ENV_FILE (`.env`) may choose the passwords; it is read here so that they stay out of `docker inspect`.
GRAFANA_USER and GRAFANA_PORT, which are no secrets, come from the environment.
"""

import json
import os
import secrets
import sys
from dataclasses import dataclass
from pathlib import Path

GRAFANA_USER_ID = 472
INFLUXDB_USER_ID = 1000
INFLUXDB3_USER_ID = 1500
APP_USER_ID = 10001
SHORTEST = 8  # InfluxDB 2.x refuses a shorter password
USE = "usage: make_secrets.py FOLDER [ENV_FILE]"


@dataclass(frozen=True)
class Secret:
    """A file, the user id that may read it, and the variable of ENV_FILE that sets it ("" for none)."""

    name: str
    owner: int
    variable: str = ""


SECRETS = (
    Secret("grafana-password", GRAFANA_USER_ID, "GRAFANA_PASSWORD"),
    Secret("grafana-secret-key", GRAFANA_USER_ID),  # Grafana's built-in key is known to everybody
    Secret("influxdb-admin-password", INFLUXDB_USER_ID, "INFLUXDB_ADMIN_PASSWORD"),
    Secret("influxdb-admin-token", INFLUXDB_USER_ID, "INFLUXDB_ADMIN_TOKEN"),
    Secret("influxdb-shipper-password", APP_USER_ID),
    Secret("influxdb-grafana-password", GRAFANA_USER_ID),
)


def main(arguments: list[str]) -> int:
    """Make what is missing, say where Grafana is; 2 for a wrong call or a value that cannot be used."""
    if not 1 <= len(arguments) <= 2:
        print(USE, file=sys.stderr)
        return 2
    folder = Path(arguments[0])
    chosen = read_env(Path(arguments[1])) if len(arguments) == 2 else {}
    for secret in SECRETS:
        value = chosen.get(secret.variable, "")
        if value and len(value) < SHORTEST:
            print(f"secrets: {secret.variable} in .env: use {SHORTEST} characters or more", file=sys.stderr)
            return 2
        print(make(folder, secret, value))
    print(make(folder, Secret("influxdb3-admin.json", INFLUXDB3_USER_ID), influxdb3_token()))
    user = os.environ.get("GRAFANA_USER") or "admin"
    password = (folder / "grafana-password").read_text()
    port = (os.environ.get("GRAFANA_PORT") or "3000").rpartition(":")[2]
    print(f"Grafana: http://localhost:{port}  user: {user}  password: {password}", flush=True)
    return 0


def read_env(path: Path) -> dict[str, str]:
    """Return the NAME=VALUE lines of a `.env` file; {} where there is none. Quotes around a value go."""
    if not path.is_file():
        return {}
    values = {}
    for line in path.read_text().splitlines():
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        if equals and not name.startswith("#"):
            values[name.strip()] = unquoted(value.strip())
    return values


def unquoted(value: str) -> str:
    """Take off one pair of quotes."""
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":
        return value[1:-1]
    return value


def influxdb3_token() -> str:
    """Return the file from which InfluxDB 3 Core takes its first administrator's token."""
    return json.dumps({"name": "_admin", "token": "apiv3_" + secrets.token_urlsafe(48)})


def make(folder: Path, secret: Secret, chosen: str = "") -> str:
    """Write the secret unless it is there; return a line that says what was done, without the value."""
    path = folder / secret.name
    if path.exists():
        if secret.variable and chosen and path.read_text() != chosen:
            return (
                f"secrets: {secret.name} kept; {secret.variable} in .env is another, and counts at the first "
                "start only: change it in the server, or start from scratch with `docker compose down --volumes`"
            )
        return f"secrets: {secret.name} kept"
    write(path, chosen or secrets.token_urlsafe(24), secret.owner)
    return f"secrets: {secret.name} made"


def write(path: Path, value: str, owner: int) -> None:
    """Write the file whole or not at all, mode 0400, for `owner` (which only root can hand over)."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o400)
    with os.fdopen(descriptor, "w") as out:
        out.write(value)
        out.flush()
        os.fsync(out.fileno())
    if os.geteuid() == 0:
        os.chown(fresh, owner, owner)
    fresh.replace(path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
