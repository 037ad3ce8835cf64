"""`logshipper setup`: prepare an InfluxDB for the request log, and Grafana."""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import click

from logshipper.checks.grafana import RIGHTS, headers_of
from logshipper.commands import common
from logshipper.commands.server_options import (
    ORGANIZATION,
    SECRETS,
    administrator_of,
    influxdb_of,
    server_of,
    tls_options,
)
from logshipper.errors import UserError
from logshipper.outputs.api import Api
from logshipper.outputs.influxdb import Transport
from logshipper.package_data import folder
from logshipper.printable import printable
from logshipper.provision.grafana import influxdb_source, prometheus_source
from logshipper.provision.grafana import set_up as set_up_grafana
from logshipper.provision.plan import DAYS, Plan, SetupStep
from logshipper.provision.secret_store import NoSecrets, SecretFolder, SecretStore, ShownSecrets
from logshipper.provision.server import grafanas_login, in_one_line, set_up, version_of

_COLORS = {"created": "green", "changed": "yellow", "skipped": "yellow"}
_WOULD = {"created": "would create", "changed": "would change"}


def _days(context: click.Context, option: click.Parameter, text: str | None) -> int | None:
    """Return a period such as 30d or 1y in days."""
    if text is None:
        return None
    found = re.fullmatch(r"([1-9][0-9]{0,4})([dwy])", text)
    if not found:
        raise click.BadParameter(f"{text!r} is not a period: write it as 30d, 8w or 1y", context, option)
    return int(found[1]) * {"d": 1, "w": 7, "y": 366}[found[2]]


@click.command("setup")
@click.argument("url", metavar="URL")
@ORGANIZATION
@click.option("--keep", metavar="PERIOD", callback=_days, help=f"How long requests are kept; new: {DAYS}d.")
@click.option("--keep-rollups", metavar="PERIOD", callback=_days, help="How long the sums by hour are kept; new: 1y.")
@SECRETS
@click.option("--print-secrets", is_flag=True, help="Print new passwords and tokens, once, and write no file.")
@click.option("--renew", is_flag=True, help="Replace a password or token that exists, and that no file has.")
@click.option("--grafana", metavar="URL", help="Grafana's address: datasource, dashboards and alert rules too.")
@click.option("--datasource-url", metavar="URL", help="InfluxDB's address as Grafana reaches it, if that is another.")
@click.option("--prometheus", metavar="URL", help="Prometheus's address, as Grafana reaches it.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and change nothing.")
@tls_options
def command(  # noqa: PLR0913 - one for each option
    *,
    url: str,
    org: str,
    keep: int | None,
    keep_rollups: int | None,
    secrets: Path,
    print_secrets: bool,
    renew: bool,
    dry_run: bool,
    transport: Transport,
    **grafana: str | None,
) -> None:
    """Prepare an InfluxDB 1.x, 2.x or 3 Core for the request log, and Grafana. URL is http://HOST:8086/DATABASE.

    InfluxDB gets the database (2.x: the bucket and its InfluxQL name), how long requests and their sums are kept, and a
    password or token each for the shipper, which may only write, Grafana, which may only read, and `logshipper rollup`.
    It can run again: what exists is kept.

    The administrator signs in with INFLUX_TOKEN (2.x, 3), or INFLUX_USER and INFLUX_PASSWORD (1.x), in the environment;
    into Grafana with GRAFANA_TOKEN, or GRAFANA_USER and GRAFANA_PASSWORD.

    Example: INFLUX_TOKEN=… logshipper setup http://127.0.0.1:8086/telegraf --dry-run
    """
    api, database = influxdb_of(url, transport)
    pages = _Pages.of(transport, dry_run, **grafana)
    administrator = administrator_of(api.url, os.environ)
    plan = Plan(database, org or os.environ.get("INFLUX_ORG", ""), keep, keep_rollups, renew)
    shown = ShownSecrets()
    store: SecretStore = shown if print_secrets else SecretFolder(secrets.absolute())
    store = NoSecrets(store) if dry_run else store
    with in_one_line():
        version = version_of(api)
    api = replace(api, dry_run=dry_run)
    click.echo(f"{api.url}: InfluxDB {version}{'.x' if version != '3' else ' Core'}")
    try:
        _show(set_up(api, version, administrator, plan, store), dry_run)
        if pages:
            click.echo(f"{pages.api.url}: Grafana")
            _show(pages.set_up(api, version, database, store), dry_run)
    finally:  # what was made is not lost if something else fails
        for name, value in shown.made.items():
            click.echo(f"{name}={value}")


@dataclass(frozen=True)
class _Pages:
    """Grafana, and the addresses of InfluxDB and Prometheus as it reaches them."""

    api: Api
    influxdb: str
    prometheus: str

    @classmethod
    def of(cls, transport: Transport, dry_run: bool, **given: str | None) -> "_Pages | None":
        """Return what the options say, None without --grafana. Raises UserError."""
        found = {name: value for name, value in given.items() if value}
        for name, value in found.items():
            server_of(value, transport, f"--{name.replace('_', '-')}")
        if "grafana" not in found:
            if found:
                raise UserError("--datasource-url and --prometheus are for Grafana", fix="add --grafana URL")
            return None
        api = Api(found["grafana"].rstrip("/"), headers_of(os.environ), transport, dry_run)
        return cls(api, found.get("datasource_url", ""), found.get("prometheus", ""))

    def set_up(self, influxdb: Api, version: str, database: str, secrets: SecretStore) -> Iterator[SetupStep]:
        """Bring Grafana to the files of the package; yield each thing that holds now. Raises RunError."""
        with in_one_line(RIGHTS):
            login = grafanas_login(influxdb, version, secrets)
            sources = [influxdb_source(self.influxdb or influxdb.url, database, login)]
            if self.prometheus:
                sources.append(prometheus_source(self.prometheus))
            yield from set_up_grafana(self.api, login, sources, folder("grafana"))


def _show(steps: Iterable[SetupStep], dry_run: bool) -> None:
    """Show each step when it is done."""
    for step in steps:
        state = f"{_WOULD.get(step.state, step.state) if dry_run else step.state:<{13 if dry_run else 8}}"
        note = f"; {step.note}" if step.note and (not dry_run or step.state in ("kept", "skipped")) else ""
        words = click.style(state, fg=_COLORS.get(step.state))
        click.echo(f"{words} {printable(step.what + note)}", color=common.color())
