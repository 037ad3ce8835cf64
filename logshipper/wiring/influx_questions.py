"""Make a function that asks an InfluxDB questions in InfluxQL, from settings of an output."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from logshipper.errors import RunError, UserError
from logshipper.outputs.influx_probe import InfluxProbe, quoted
from logshipper.outputs.protocol import OutputError
from logshipper.settings.options import InfluxDB1, InfluxDB2, Settings
from logshipper.wiring.influxdb import server_settings

_LONGEST_ANSWER = 2**26  # bytes; whoever asks for many rows asks in pages
Ask = Callable[[str], Sequence[Mapping[str, Any]]]
"""From a query, in which FROM is followed by a measurement without a policy, to the series that it finds."""


def questions(settings: Settings) -> tuple[str, Ask]:
    """Return the name of the first InfluxDB in the settings, and the function. It raises RunError."""
    servers: list[InfluxDB1 | InfluxDB2] = [*settings.influxdb, *settings.influxdb_v2]
    if not servers:
        raise UserError("not an InfluxDB", where="--from", fix="give http://HOST:8086/DATABASE")
    server = servers[0]
    url, database = server.urls[0], server.database if isinstance(server, InfluxDB1) else server.bucket
    probe = InfluxProbe(server_settings(server), url)

    def ask(query: str) -> Sequence[Mapping[str, Any]]:
        try:
            return probe.influxql("GET", query, database, _LONGEST_ANSWER)
        except OutputError as error:
            fix = "" if "; " in error.reason else "check the database and the user"  # most reasons end with one
            raise RunError(f"cannot read: {error.reason}", fix=fix) from error

    return f"{url} {quoted(database)}", ask
