"""Checks that an InfluxDB can be reached, takes a point with these rights, and keeps it long enough."""

from collections.abc import Iterator

from logshipper.checks.finding import Finding, bad, doubtful, good
from logshipper.outputs.influx_probe import MEASUREMENT, InfluxProbe, quoted
from logshipper.outputs.protocol import OutputError, RetryLater
from logshipper.settings.options import InfluxDB1, InfluxDB2
from logshipper.wiring.influxdb import server_settings
from logshipper.words import lasting

# Seconds that the clocks may differ.
APART = 30.0


def check_influxdb(options: InfluxDB1 | InfluxDB2, oldest: float | None, now: float) -> Iterator[Finding]:
    """Yield the findings about each server; `oldest` is the time of the oldest request in the logs."""
    for url in options.urls:
        probe = InfluxProbe(server_settings(options), url)
        try:
            yield from _Server(probe, options).findings(oldest, now)
        finally:
            probe.close()


class _Server:
    """One server, and the database or bucket that the settings name there."""

    def __init__(self, probe: InfluxProbe, options: InfluxDB1 | InfluxDB2) -> None:
        self.probe, self.options = probe, options
        first = isinstance(options, InfluxDB1)
        self.database = options.database if isinstance(options, InfluxDB1) else options.bucket
        self.policy = options.retention_policy if isinstance(options, InfluxDB1) else ""
        self.where = f"{probe.url}, {'database' if first else 'bucket'} {self.database}"

    def findings(self, oldest: float | None, now: float) -> Iterator[Finding]:
        """Yield one for the server, one for the point that was written, one for the retention."""
        try:
            greeting = self.probe.greet()
        except OutputError as error:
            yield refused(error)
            return
        version = f"InfluxDB {greeting.version}".strip()
        if abs(greeting.ahead) > APART:
            side = "ahead of" if greeting.ahead > 0 else "behind"
            what = f"{self.probe.url}: {version}: its clock is {lasting(abs(greeting.ahead))} {side} this machine's"
            yield doubtful("output", what, "set both clocks by NTP: timedatectl set-ntp true")
        else:
            yield good("output", f"{self.probe.url}: {version} answers, and its clock is right")
        try:
            self.probe.write()
        except OutputError as error:
            yield self._not_written(error)
            return
        yield from self._read_back()
        yield self._retention(oldest, now)

    def _not_written(self, error: OutputError) -> Finding:
        missing = isinstance(error, RetryLater) and error.kind == "missing" and "database not found" in error.reason
        if not (missing and isinstance(self.options, InfluxDB1)):
            return refused(error)
        fix = f"CREATE DATABASE {quoted(self.database)}"
        if self.options.skip_database_creation:
            return bad("output", f"{self.where}: there is no such database", fix)
        return doubtful("output", f"{self.where}: there is no such database yet; `run` creates it if it may", fix)

    def _read_back(self) -> Iterator[Finding]:
        try:
            found: bool | None = self.probe.is_there(self.database, self.policy)
        except OutputError as error:
            yield self._unreadable(error)
            found = None
        if found is False:
            fix = f"look into the server's log, and whether {self.database} is what Grafana shows"
            yield bad("output", f"{self.where}: a point was acknowledged, but is not there", fix)
        try:
            self.probe.remove(self.database)
        except OutputError:
            fix = f"leave it, or let somebody who may delete it do so: it is in {MEASUREMENT}"
            yield doubtful("output", f"{self.where}: takes points; the one that was written could not be removed", fix)
            return
        if found is not False:
            how = "written, read back and removed" if found else "written and removed"
            yield good("output", f"{self.where}: a point was {how}")

    def _unreadable(self, error: OutputError) -> Finding:
        denied = isinstance(error, RetryLater) and error.kind == "unauthorized"
        # In 2.x, "database not found" is also what a token hears that may not read the bucket.
        if denied or (isinstance(self.options, InfluxDB2) and self.probe.may_only_write(self.database)):
            return good("output", f"{self.where}: these rights are for writing only, which is enough")
        fix = f"map it: influx v1 dbrp create --db {self.database} --rp autogen --default --bucket-id ID"
        return doubtful("output", f"{self.where}: InfluxQL, and so Grafana, cannot read it ({error.reason})", fix)

    def _retention(self, oldest: float | None, now: float) -> Finding:
        kept = self.probe.retention(self.database, self.policy)
        if kept is None:
            return good("output", f"{self.where}: how long points are kept, only an administrator may ask")
        if not kept:
            return good("output", f"{self.where}: points are kept for ever")
        text = f"{self.where}: points are kept for {lasting(kept)}"
        if oldest is None or now - oldest <= kept:
            return good("output", text)
        fix = "keep points longer, or set from_beginning = false so that only new lines are read"
        return doubtful("output", f"{text}, and the logs begin {lasting(now - oldest)} ago", fix)


def refused(error: OutputError) -> Finding:
    """Return what a server refuses; the reason ends with the fix."""
    what, _, fix = error.reason.rpartition("; ")
    return bad("output", what or error.reason, fix if what else "look into the server's log")
