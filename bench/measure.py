"""Measuring whole processes: CPU seconds of all their threads, wall seconds, peak memory; medians of several runs."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Usage:
    """What a run took: `cpu` and `wall` in seconds, `peak` in MB; `cpu` includes processes it has waited for."""

    cpu: float
    wall: float
    peak: float


def run(command: Sequence[str], *, stdout: str = os.devnull, env: Mapping[str, str] | None = None) -> Usage:
    """Run a command to its end; RuntimeError if it fails."""
    with tempfile.TemporaryDirectory() as folder:
        result, errors = Path(folder) / "usage.json", Path(folder) / "stderr"
        with errors.open("wb") as stderr:
            subprocess.run(
                [sys.executable, "-S", "-E", str(ROOT / "bench/launch.py"), str(result), stdout, *command],
                stdin=subprocess.DEVNULL, stderr=stderr, cwd=ROOT, env={**os.environ, **(env or {})}, check=True,
            )  # fmt: skip
        found = json.loads(result.read_text())
        if found["code"]:
            raise RuntimeError(f"{' '.join(command)}: exit code {found['code']}: {errors.read_text()[-500:]}")
    return Usage(found["cpu"], found["wall"], found["peak"])


def median(usages: Sequence[Usage]) -> Usage:
    """Return the median of each figure."""
    return Usage(
        statistics.median(usage.cpu for usage in usages),
        statistics.median(usage.wall for usage in usages),
        statistics.median(usage.peak for usage in usages),
    )


def in_turn(runs: Mapping[str, Callable[[], Usage]], rounds: int) -> dict[str, Usage]:
    """Run each of them in turn, so that whatever else the machine does affects all of them; return the medians."""
    found: dict[str, list[Usage]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, one in runs.items():
            found[name].append(one())
    return {name: median(usages) for name, usages in found.items()}


def logshipper(*arguments: str) -> list[str]:
    """Return the command line of logshipper."""
    return [sys.executable, "-m", "logshipper", *arguments]
