"""The check of each output, by the output's name in the settings."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from logshipper.checks.brokers import check_brokers
from logshipper.checks.finding import Finding
from logshipper.checks.local_outputs import check_file, check_sqlite
from logshipper.settings.options import OUTPUTS, FileOutputSettings, InfluxDB1, InfluxDB2, Settings


def check_outputs(settings: Settings, oldest: float | None, now: float) -> Iterator[Finding]:
    """Yield the findings about each output; `oldest` is the time of the oldest request that will be read."""
    for name in OUTPUTS:
        for output in getattr(settings, name):
            yield from CHECKS[name](output, oldest, now)


def _influxdb(server: InfluxDB1 | InfluxDB2, oldest: float | None, now: float) -> Iterator[Finding]:
    from logshipper.checks.influxdb import check_influxdb  # brings the HTTP client

    yield from check_influxdb(server, oldest, now)


def _files(output: FileOutputSettings) -> Iterator[Finding]:
    for name in output.files:
        yield from check_file(name)


# The settings of one output, the time of the oldest request and now -> findings.
CHECKS: Mapping[str, Callable[[Any, float | None, float], Iterable[Finding]]] = {
    "influxdb": _influxdb,
    "influxdb_v2": _influxdb,
    "sqlite": lambda output, _oldest, _now: check_sqlite(output.path),
    "file": lambda output, _oldest, _now: _files(output),
    "kafka": lambda output, _oldest, _now: check_brokers(output.brokers, "output"),
}
