"""`logshipper rollup`: keep an InfluxDB's sums by minute, hour and day up to date."""

import os
import time
from functools import partial
from pathlib import Path

import click

from logshipper.commands.server_options import SECRETS, administrator_of, influxdb_of, tls_options
from logshipper.errors import RunError
from logshipper.outputs.influxdb import Transport
from logshipper.printable import printable
from logshipper.provision import deploys
from logshipper.provision.plan import DAYS
from logshipper.provision.rollup import MINUTE, catch_up, looks_back
from logshipper.provision.secret_store import SecretFolder
from logshipper.provision.server import for_rollups, in_one_line, version_of
from logshipper.words import counted

_RIGHTS = "name the folder of secrets that logshipper setup wrote, with --secrets"


@click.command("rollup")
@click.argument("url", metavar="URL")
@click.option("--once", is_flag=True, help="Look at all that is kept, and end.")
@click.option("--days", type=click.IntRange(1), default=DAYS, show_default=True, help="Days that requests are kept.")
@SECRETS
@tls_options
def command(*, url: str, once: bool, days: int, secrets: Path, transport: Transport) -> int:
    """Keep the sums by minute, hour and day up to date that Grafana reads for long ranges, until it is ended.

    URL is http://HOST:8086/DATABASE, as `logshipper setup` has prepared it; the password or token is in its folder of
    secrets, or in INFLUX_USER and INFLUX_PASSWORD or INFLUX_TOKEN. Late lines, replays and backfills are counted too.

    Example: logshipper rollup http://127.0.0.1:8086/telegraf --secrets influxdb-secrets
    """
    server, database = influxdb_of(url, transport)
    store, given = SecretFolder(secrets), partial(administrator_of, server.url, os.environ)
    first, last = True, 0
    for seconds in looks_back(days):
        now = int(time.time())
        try:
            with in_one_line(_RIGHTS):
                api = for_rollups(server, version_of(server), store, given)
                if first:
                    click.echo(f"rollup: looking at the last {counted(days, 'day')} of {printable(database)}", err=True)
                changes = catch_up(api, database, now - seconds, now + MINUTE)
                deploys.catch_up(api, database, now - seconds, now, deploys.LastLook(last, changes.minutes))
                if first:
                    again = "" if once else "; looking again every minute (Ctrl-C ends it)"
                    click.echo(f"rollup: {counted(changes.periods, 'period')} brought up to date{again}", err=True)
                first, last = False, now
        except RunError as error:
            if once:
                raise
            last = 0  # what it has counted before it failed is not new to the next look
            click.echo(f"rollup: {printable(str(error))}", err=True)
        if once:
            return 0
        time.sleep(MINUTE - time.time() % MINUTE + 5)
    return 0
