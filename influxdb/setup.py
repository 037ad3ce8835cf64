"""Set up an InfluxDB server for the request log; may run again at any time without harm.

    python3 -m influxdb.setup --version 2 --url http://127.0.0.1:8086 --secrets FOLDER

FOLDER holds the files that make_secrets.py makes. README.md beside this file tells what is set up.
"""

import argparse
import importlib
import sys
from dataclasses import replace
from pathlib import Path

from influxdb.api import Api, ApiError, wait_until_up
from influxdb.plan import Plan

# The path that answers when the server can do all that is asked of it here.
READY = {"1": "/ping", "2": "/api/v2/setup", "3": "/ping"}


def main(arguments: list[str] | None = None) -> int:
    """Return 0 when the server is set up, 1 with one line on stderr when it refused or cannot be reached.

    2 when Python lacks the package that 2.x needs.
    """
    parser = argparse.ArgumentParser(prog="python3 -m influxdb.setup", description=(__doc__ or "").splitlines()[0])
    add_server(parser)
    parser.add_argument("--days", type=int, default=30, help="days that requests are kept")
    parser.add_argument("--rollup-days", type=int, default=366, help="days that rollups are kept")
    parser.add_argument("--wait", type=float, default=60, help="seconds to wait for the server")
    options = parser.parse_args(arguments)
    plan = replace(plan_of(options), raw_days=options.days, rollup_days=options.rollup_days)
    url = options.url.rstrip("/")
    try:
        version = importlib.import_module(f"influxdb.v{options.version}")
    except ModuleNotFoundError as error:
        fix = "pip install influxdb-client"
        print(f"influxdb: InfluxDB 2.x: {sys.executable} has no {error.name}; fix: {fix}", file=sys.stderr)
        return 2
    try:
        wait_until_up(Api(url), options.wait, READY[options.version])
        for line in version.set_up(url, plan):
            print(f"influxdb: {line}", flush=True)
    except (ApiError, OSError) as error:
        print(f"influxdb: {url}: not set up: {error}", file=sys.stderr)
        return 1
    return 0


def add_server(parser: argparse.ArgumentParser) -> None:
    """Add the options that tell where the server is, and how to sign in."""
    parser.add_argument("--version", choices=sorted(READY), default="2", help="InfluxDB's major version")
    parser.add_argument("--url", default="http://127.0.0.1:8086", help="where the server is")
    parser.add_argument("--secrets", type=Path, required=True, help="folder with the secrets' files")
    parser.add_argument("--database", default="telegraf", help="database, or bucket on 2.x")
    parser.add_argument("--organization", default="flaskfana", help="organization (2.x)")
    parser.add_argument("--admin", default="admin", help="the administrator's name")


def plan_of(options: argparse.Namespace) -> Plan:
    """Return the plan that the options of `add_server` describe."""
    return Plan(options.secrets, options.database, options.organization, options.admin)


if __name__ == "__main__":
    sys.exit(main())
