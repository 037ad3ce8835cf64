"""What concurrency and the size of a write are worth when the server is further away."""

import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from bench.delay_proxy import delayed
from bench.logs import write_log
from bench.measure import Usage, in_turn, logshipper, run
from bench.report import Row, Table
from bench.shipping import settings
from tests.support.influxd import Influxd

DISTANCES = (1, 20, 100)  # milliseconds, there and back
# Writers and points in a write; none: what the shipper finds by itself.
SETTINGS: Sequence[tuple[int, int] | None] = (None, (1, 5000), (2, 5000), (3, 5000), (2, 10_000))


def compare(folder: Path, lines: int, rounds: int, distances: Sequence[int] = DISTANCES) -> Table:
    """Ship a log through a proxy that delays each byte, with the adaptive setting and with fixed ones."""
    log, rows = write_log(folder / "far.log", "uwsgi", lines), []
    for distance in distances:
        server = Influxd(folder / f"influxd{distance}").start()
        try:
            with delayed(server.port, distance) as port:
                runs = {_name(one): partial(_ship, folder, log, lines, server, port, one) for one in SETTINGS}
                found = in_turn(runs, rounds)
        finally:
            server.kill()
        base = found[_name(None)].wall
        rows += [
            Row([f"{distance} ms", name, f"{lines / one.wall:,.0f}", f"{base / one.wall:.2f}", f"{one.peak:.0f}"])
            for name, one in found.items()
        ]
    columns = ["to the server and back", "setting", "points/s", "of adaptive", "peak memory, MB"]
    return Table("A server that is further away", columns, rows, f"{lines:,} lines, a database for each run.")


def _name(setting: tuple[int, int] | None) -> str:
    return "adaptive" if setting is None else f"{setting[0]} writer{'s' * (setting[0] > 1)}, {setting[1]:,} points"


def _ship(  # noqa: PLR0913, PLR0917 - each says where or what
    folder: Path, log: Path, lines: int, server: Influxd, port: int, setting: tuple[int, int] | None
) -> Usage:
    name = f"far{time.monotonic_ns()}"
    output = f'[[outputs.influxdb]]\nurls = ["http://127.0.0.1:{port}"]\ndatabase = "{server.create(name)}"'
    given = settings(folder, str(log), output, name=name)
    command = logshipper("run", "--once", "--config", str(given))
    if setting:
        command = [sys.executable, "-m", "bench.fixed_run", *map(str, setting), *command[3:]]
    usage = run(command)
    assert server.count(name) == lines
    return usage
