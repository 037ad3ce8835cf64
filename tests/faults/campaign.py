"""Runs the cases one after another and reports the outcomes."""

import shutil
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.faults import (
    cases_files,
    cases_kafka,
    cases_lines,
    cases_output,
    cases_process,
    cases_security,
    cases_sqlite,
)
from tests.faults.oracle import Outcome
from tests.faults.world import World
from tests.support.influxd import Influxd

Case = Callable[[World], Outcome]
_ROOMS = (cases_process, cases_files, cases_lines, cases_output, cases_security, cases_kafka, cases_sqlite)
CASES: dict[int, Case] = {}
for _room in _ROOMS:
    if twice := CASES.keys() & _room.CASES.keys():
        raise AssertionError(f"two cases have the number {min(twice)}, so one would never run")
    CASES |= _room.CASES


def run_case(number: int, influx: Influxd, folder: Path, seed: int, short: bool) -> Outcome:
    """Run one case in its own folder and database; anything that goes wrong is the outcome's deviation."""
    database = influx.create(f"case{number}_{time.monotonic_ns()}")
    world = World(folder, influx, database, seed * 1000 + number, short)
    try:
        return CASES[number](world)
    except Exception as error:  # whatever goes wrong in one case, the others must run
        place = traceback.extract_tb(error.__traceback__)[:2][-1]  # in the case itself
        where = f"{Path(place.filename).name}:{place.lineno}"
        return Outcome(deviation=f"{where}: {type(error).__name__}: {error}"[:500])
    finally:
        world.close()
        influx.query(f'DROP DATABASE "{database}"')


def campaign(numbers: Sequence[int], seed: int, short: bool, say: Callable[[str], None]) -> int:
    """Run the cases; return how many deviate."""
    base = Path(tempfile.mkdtemp(prefix="faults-"))
    influx = Influxd(base / "influxd").start()
    deviating = 0
    say(HEADER)
    try:
        for number in numbers:
            started = time.monotonic()
            folder = base / f"case{number}"
            folder.mkdir()
            try:
                outcome = run_case(number, influx, folder, seed, short)
            except (pytest.skip.Exception, pytest.fail.Exception) as missing:
                outcome = Outcome(runs=0, deviation=f"not run: {missing}")
            took = time.monotonic() - started
            say(row(number, outcome, took))
            deviating += bool(outcome.deviation)
            if not outcome.deviation:
                shutil.rmtree(folder, ignore_errors=True)
    finally:
        influx.kill()
        if not deviating:
            shutil.rmtree(base, ignore_errors=True)
        else:
            say(f"what is left of the deviating cases is in {base}")
    return deviating


HEADER = "| case | runs | lines | lost | doubled | quarantined | worst memory | seconds | |\n|" + "---|" * 9


def row(number: int, outcome: Outcome, took: float) -> str:
    """Return the outcome as a row of the table."""
    memory = f"{outcome.memory / 1024:.0f} MiB" if outcome.memory else ""
    end = f"DEVIATES: {outcome.deviation}" if outcome.deviation else outcome.note
    name = " ".join((CASES[number].__doc__ or "").split()).rstrip(".").split(": ", 1)[-1]
    counts = (outcome.runs, outcome.lines, outcome.lost, outcome.doubled, outcome.quarantined)
    values = (f"{label(number)} {name}", *counts, memory, f"{took:.0f}", end)
    return f"| {' | '.join(map(str, values))} |"


def label(number: int) -> str:
    """Return a case's name: those above a hundred are the second half of a case."""
    return f"{number % 100}b" if number > 100 else str(number)


__all__ = ["CASES", "campaign", "run_case"]
