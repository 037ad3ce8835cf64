"""Make a function that asks an InfluxDB questions in InfluxQL, from settings of an output."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from logshipper.deliver.concurrency import Concurrency
from logshipper.errors import RunError, UserError
from logshipper.outputs.influx_probe import InfluxProbe, quoted
from logshipper.outputs.protocol import OutputError
from logshipper.settings.options import Settings
from logshipper.wiring import influxdb

_LONGEST_ANSWER = 2**26  # bytes; whoever asks for many rows asks in pages
_ONE = partial(Concurrency, 1, 1)
Ask = Callable[[str], Sequence[Mapping[str, Any]]]
"""From a query, in which FROM is followed by a measurement without a policy, to the series that it finds."""


def questions(settings: Settings) -> tuple[str, Ask]:
    """Return the name of the first InfluxDB in the settings, and the function. It raises RunError."""
    if settings.influxdb:
        options = settings.influxdb[0]
        made, url, database = influxdb.version_1(options, _ONE).open(), options.urls[0], options.database
    elif settings.influxdb_v2:
        newer = settings.influxdb_v2[0]
        made, url, database = influxdb.version_2(newer, _ONE).open(), newer.urls[0], newer.bucket
    else:
        raise UserError("not an InfluxDB", where="--from", fix="give http://HOST:8086/DATABASE")
    probe = InfluxProbe(made.settings, url)  # type: ignore[attr-defined]

    def ask(query: str) -> Sequence[Mapping[str, Any]]:
        try:
            return probe.influxql("GET", query, database, _LONGEST_ANSWER)
        except OutputError as error:
            fix = "check the address, the database and the user"
            raise RunError(f"cannot read: {error.reason}", where=url, fix=fix) from error

    return f"{url} {quoted(database)}", ask
