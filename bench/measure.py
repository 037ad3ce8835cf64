"""Measuring a whole process: processor time, wall time and peak memory, as the kernel counts them."""

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figures:
    """What one process took: seconds of processor and of wall time, peak memory in MB."""

    cpu: float
    wall: float
    memory: float


def run(command: Sequence[str], *, stdin: str | None = None, env: Mapping[str, str] | None = None) -> Figures:
    """Run a command, its output thrown away; RuntimeError with its last words where it fails."""
    started = time.perf_counter()
    with open(stdin or os.devnull, "rb") as given:
        process = subprocess.Popen(
            command, stdin=given, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env={**os.environ, **(env or {})}
        )
        assert process.stderr
        words = process.stderr.read()
        process.stderr.close()
        _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}: {words[-500:].decode(errors='replace')}")
    return Figures(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024)


def in_turn(tasks: Mapping[str, Callable[[], Figures]], runs: int) -> dict[str, list[Figures]]:
    """Run each task once uncounted, then all of them `runs` times in turn: a busy machine hits all alike."""
    for task in tasks.values():
        task()
    found: dict[str, list[Figures]] = {name: [] for name in tasks}
    for _ in range(runs):
        for name, task in tasks.items():
            found[name].append(task())
    return found


def median(figures: Sequence[Figures]) -> Figures:
    """Return the median of each figure."""
    return Figures(
        statistics.median(one.cpu for one in figures),
        statistics.median(one.wall for one in figures),
        statistics.median(one.memory for one in figures),
    )
