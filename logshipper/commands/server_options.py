"""What the commands that prepare servers have in common: the server, who signs in, certificates, secrets."""

import functools
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from logshipper.errors import UserError
from logshipper.outputs.api import Api
from logshipper.outputs.influxdb import Transport
from logshipper.printable import keep_secret
from logshipper.provision.plan import Administrator
from logshipper.wiring.command_line import from_netrc

_TIMEOUT = 30.0  # seconds: creating a database may take long on a busy server
_FILE = click.Path(path_type=Path)

ORGANIZATION = click.option("--org", default="", help="The organization (2.x), if the token sees more than one.")
SECRETS = click.option(
    "--secrets",
    type=_FILE,
    default="influxdb-secrets",
    show_default=True,
    help="The folder with a file for each password and token.",
)


def tls_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of certificates; the command gets them as `transport`."""

    @click.option("--tls-ca", type=_FILE, help="CA certificates to trust instead of the system's.")
    @click.option("--tls-cert", type=_FILE, help="The client certificate.")
    @click.option("--tls-key", type=_FILE, help="The client certificate's key.")
    @click.option("--insecure-skip-verify", is_flag=True, help="Do not verify the server's certificate.")
    @functools.wraps(command)
    def wrapped(
        *, tls_ca: Path | None, tls_cert: Path | None, tls_key: Path | None, insecure_skip_verify: bool, **others: Any
    ) -> Any:
        for option, file in (("--tls-ca", tls_ca), ("--tls-cert", tls_cert), ("--tls-key", tls_key)):
            if file and not os.access(file, os.R_OK):
                raise UserError(f"cannot read {file}", where=option, fix="correct it, or make the file readable")
        ca, certificate, key = (str(file or "") for file in (tls_ca, tls_cert, tls_key))
        return command(transport=Transport(_TIMEOUT, ca, certificate, key, not insecure_skip_verify), **others)

    return wrapped


def server_of(text: str, transport: Transport, option: str = "URL") -> tuple[Api, str]:
    """Return the server of an address, and the path after it. Raises UserError."""
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        good = False
    if "@" in text:  # what precedes it may be a password: show nothing of it
        fix = "set INFLUX_USER and INFLUX_PASSWORD in the environment" if option == "URL" else "use the environment"
        raise UserError("the address contains a user or password", where=option, fix=fix)
    if not good or parts.query or parts.fragment:
        raise UserError(f"{text!r} is not an address", where=option, fix="write http://HOST:PORT")
    return Api(f"{parts.scheme}://{parts.netloc}", transport=transport), parts.path.strip("/")


def influxdb_of(text: str, transport: Transport) -> tuple[Api, str]:
    """Return the InfluxDB of http://HOST:8086/DATABASE, and the database."""
    api, database = server_of(text, transport)
    return api, database or "telegraf"


def administrator_of(url: str, environment: Mapping[str, str]) -> Administrator:
    """Return who signs in: from the environment or, for 1.x, from ~/.netrc."""
    token, user, password = (environment.get(f"INFLUX_{name}", "") for name in ("TOKEN", "USER", "PASSWORD"))
    if not user and not token:
        user, password = from_netrc(urlsplit(url).hostname or "")
    keep_secret(token)
    keep_secret(password)
    return Administrator(token, user, password)
