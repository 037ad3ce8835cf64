"""Lines to line protocol: `logshipper parse` beside pygrok as it comes, whole processes, start-up included."""

import sys
import tempfile
from functools import partial
from pathlib import Path

from bench.logs import write_log
from bench.measure import Figures, in_turn, median, run

BASELINE_SHARE = 10  # pygrok reads a tenth of the lines: its time grows with them alone, and it is slow


def measure(lines: int, runs: int, folder: Path) -> dict[str, tuple[int, Figures]]:
    """Return for each program the number of lines it was given, and the median of its figures."""
    uwsgi, combined = (write_log(folder / f"{kind}.log", kind, lines) for kind in ("uwsgi", "combined"))
    few = write_log(folder / "few.log", "uwsgi", max(1, lines // BASELINE_SHARE))
    settings = folder / "combined.toml"
    settings.write_text(
        f'[[inputs.logparser]]\n  files = ["{combined}"]\n  [inputs.logparser.grok]\n'
        '    patterns = ["%{COMBINED_LOG_FORMAT}"]\n[[outputs.file]]\n'
    )
    command = [sys.executable, "-m", "logshipper", "parse"]
    given = {"parse UWSGI_LOG": lines, "parse COMBINED_LOG_FORMAT": lines, "pygrok UWSGI_LOG": max(1, lines // 10)}
    found = in_turn(
        {
            "parse UWSGI_LOG": partial(run, [*command, str(uwsgi)]),
            "parse COMBINED_LOG_FORMAT": partial(run, [*command, "--config", str(settings), str(combined)]),
            "pygrok UWSGI_LOG": partial(run, [sys.executable, "-m", "bench.pygrok_parse"], stdin=str(few)),
        },
        runs,
    )
    return {name: (given[name], median(figures)) for name, figures in found.items()}


def table(found: dict[str, tuple[int, Figures]]) -> str:
    """Return the figures as a table of Markdown, with each rate as a multiple of pygrok's."""
    base_lines, base = found["pygrok UWSGI_LOG"]
    rows = [
        "| | lines | CPU s | wall s | lines a CPU second | times pygrok | peak MB |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for name, (lines, figures) in found.items():
        rate = lines / figures.cpu
        times = rate / (base_lines / base.cpu)
        rows.append(
            f"| {name} | {lines:,} | {figures.cpu:.2f} | {figures.wall:.2f} | {rate:,.0f} | {times:.1f} "
            f"| {figures.memory:.0f} |"
        )
    return "\n".join(rows)


def main(lines: int = 1_000_000, runs: int = 5) -> str:
    """Measure, and return the table."""
    with tempfile.TemporaryDirectory() as folder:
        return table(measure(lines, runs, Path(folder)))


if __name__ == "__main__":
    print(main())
