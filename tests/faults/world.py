"""The environment of a case: its own folder and database, a seed, a shipper, a writer."""

import os
import signal
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import Any

from tests.faults.oracle import Outcome, judge
from tests.support.influxd import Influxd
from tests.support.kafka import Kafka
from tests.support.log_writer import Writer
from tests.support.proxy import Proxy
from tests.support.shipper import OUTPUT, Shipper
from tests.support.waiting import wait_until

# Seconds in which a shipper ends whatever its outputs do. It takes one or two; a busy machine is no failure.
LATE = 20


@dataclass
class World:
    """One run of one case."""

    folder: Path
    influx: Influxd
    database: str
    seed: int
    short: bool
    shippers: list[Shipper] = field(default_factory=list)
    servers: list[Influxd | Kafka] = field(default_factory=list)
    proxies: list[Proxy] = field(default_factory=list)
    writers: list[Writer] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dice = Random(self.seed)

    def size(self, full: int, short: int) -> int:
        """Return the size of the full or of the short form."""
        return short if self.short else full

    @property
    def log(self) -> Path:
        """The live log."""
        return self.folder / "app.log"

    def writer(self, name: str = "app.log", first: int = 0, **options: Any) -> Writer:
        """Return a writer with its own log."""
        made = Writer(self.folder / name, first, **options)
        self.writers.append(made)
        return made

    def proxy(self, influx: Influxd | None = None) -> Proxy:
        """Return a proxy in front of the database."""
        made = Proxy((influx or self.influx).port)
        self.proxies.append(made)
        return made

    def own_influxd(self, folder: Path | None = None, settings: Mapping[str, str] = MappingProxyType({})) -> Influxd:
        """Start a database server that the case may damage, with the case's database in it."""
        made = Influxd(folder or self.folder / f"influxd{len(self.servers)}", settings)
        self.servers.append(made)
        made.start().create(self.database)
        self.influx = made
        return made

    def output(self, url: str = "", more: str = "", database: str = "") -> str:
        """Return the database's section of the settings."""
        return OUTPUT.format(url=url or self.influx.url, database=database or self.database, more=more)

    def shipper(self, files: Sequence[Path | str] = (), *, url: str = "", more: str = "", **options: Any) -> Shipper:
        """Return a shipper with its settings, not started."""
        folder = self.folder / f"shipper{len(self.shippers)}"
        folder.mkdir()
        output = options.pop("output", "") or self.output(url, more)
        made = Shipper(folder, files or [self.log], output, **options)
        self.shippers.append(made)
        return made

    def count(self) -> int:
        """Return how many points the database holds."""
        return self.influx.count(self.database, column="totalReq")

    def written(self) -> set[int]:
        """Return the numbers of all lines that were written."""
        return set().union(*(writer.written for writer in self.writers))

    def settle(self, expected: int | None = None, timeout: float = 120) -> None:
        """Wait until the database holds as many points as lines were written; the oracle reports what is wrong."""
        wanted = len(self.written()) if expected is None else expected
        with suppress(AssertionError):
            wait_until(lambda: self.count() >= wanted, deadline=timeout)

    def stopped_late(self, shipper: Shipper) -> str:
        """Stop a shipper that is in trouble; return what is wrong if it does not end well, and long before a write."""
        started = time.monotonic()
        code = shipper.stop()
        took = time.monotonic() - started
        if code:
            return f"exit code {code}"
        return f"stopping took {took:.1f} s" if took > LATE else ""

    def finish(self, bad: Collection[bytes] | None = (), *, stop: bool = True, **more: Any) -> Outcome:
        """Stop the shippers and compare; `more` are further values of the outcome."""
        self.settle()
        shipper = self.shippers[0]
        for running in self.shippers:
            if stop and running.server and running.server.process:
                running.stop()
        outcome = judge(self.influx, self.database, shipper.state, self.written(), bad)
        deviations = [outcome.deviation, str(more.pop("deviation", ""))]
        for running in self.shippers:
            said = running.output_text()
            deviations += [said[said.index(text) :][-300:] for text in ("DIFFERENCE", "Traceback") if text in said]
        peak = max(running.peak for running in self.shippers)
        return replace(outcome, memory=peak, **more, deviation="; ".join(filter(None, deviations)))

    def close(self) -> None:
        """Stop everything that the case has started."""
        for shipper in self.shippers:
            with suppress(OSError, AssertionError):
                shipper.signal(signal.SIGCONT)
            shipper.kill()
        for server in self.servers:
            server.kill()
        for proxy in self.proxies:
            proxy.close()
        for writer in self.writers:
            with suppress(OSError):
                writer.close()


def is_root() -> bool:
    """Return whether the tests run as root: some cases mount file systems or become another user."""
    return os.geteuid() == 0
