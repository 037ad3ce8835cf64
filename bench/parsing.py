"""How fast lines become line protocol, compared with what others do with the same log."""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from bench.logs import write_log
from bench.measure import ROOT, Usage, in_turn, logshipper, run
from bench.report import Row, Table
from tests.support.parsing import TELEGRAF


def with_pattern(folder: Path, pattern: str, command: str = "parse") -> list[str]:
    """Return the beginning of a command that reads with a pattern."""
    settings = folder / f"{abs(hash(pattern))}.toml"
    settings.write_text(
        f"[[inputs.logparser]]\nfiles = ['x.log']\n[inputs.logparser.grok]\npatterns = ['''{pattern}''']\n"
        '[[outputs.file]]\nfiles = ["stdout"]\n'
    )
    return logshipper(command, "--config", str(settings))


def compare(folder: Path, lines: int, rounds: int) -> Table:
    """Return the table of parsers; those that are slow get a tenth of the lines."""
    uwsgi, combined = write_log(folder / "uwsgi.log", "uwsgi", lines), write_log(folder / "c.log", "combined", lines)
    few = max(1, lines // 10)
    part = write_log(folder / "part.log", "uwsgi", few)
    pygrok = [sys.executable, "-m", "bench.pygrok_parse"]
    runs: dict[str, tuple[int, Callable[[], Usage]]] = {
        "logshipper parse, UWSGI_LOG, all 18 names": (lines, lambda: run(logshipper("parse", str(uwsgi)))),
        "logshipper parse, a pattern as written for Telegraf": (
            lines, lambda: run([*with_pattern(folder, TELEGRAF), str(uwsgi)]),
        ),
        "logshipper parse, COMBINED_LOG_FORMAT": (
            lines, lambda: run([*with_pattern(folder, "%{COMBINED_LOG_FORMAT}"), str(combined)]),
        ),
        **_reports(folder, lines, uwsgi, combined),
        "pygrok as it is: match, and plain line protocol": (few, lambda: run([*pygrok, str(part)])),
        "pygrok, match alone": (few, lambda: run([*pygrok, "--match-only", str(part)])),
    }  # fmt: skip
    if shutil.which("mtail"):
        mtail = [
            "mtail",
            "--one_shot",
            "--progs",
            str(ROOT / "bench/requests.mtail"),
            "--logs",
            str(part),
            "--port",
            "0",
        ]
        runs["mtail (Debian): three groups, two counters"] = (few, lambda: run([*mtail, "--log_dir", str(folder)]))
    if shutil.which("goaccess"):
        goaccess = ["goaccess", str(combined), "--log-format=COMBINED", "--no-global-config", "-o", f"{folder}/go.json"]
        runs["goaccess (Debian): COMBINED, its statistics"] = (lines, lambda: run(goaccess))
    usages = in_turn({name: one for name, (_, one) in runs.items()}, rounds)
    speeds = {name: runs[name][0] / usage.cpu for name, usage in usages.items()}
    base = speeds["pygrok as it is: match, and plain line protocol"]
    rows = [
        Row([name, f"{runs[name][0]:,}", f"{speeds[name]:,.0f}", f"{speeds[name] / base:.1f}", f"{usage.peak:.0f}"])
        for name, usage in usages.items()
    ]
    return Table(
        "Parsing", ["what", "lines", "lines per CPU second", "times pygrok", "peak memory, MB"], rows,
        "Whole processes, start-up included, output to /dev/null.",
    )  # fmt: skip


def _reports(folder: Path, lines: int, uwsgi: Path, combined: Path) -> dict[str, tuple[int, Callable[[], Usage]]]:
    of_combined = with_pattern(folder, "%{COMBINED_LOG_FORMAT}", "report")
    return {
        "logshipper report, UWSGI_LOG: exact percentiles by route": (
            lines, lambda: run(logshipper("report", "--since", "1h", str(uwsgi))),
        ),
        "logshipper report, COMBINED_LOG_FORMAT": (lines, lambda: run([*of_combined, "--since", "1h", str(combined)])),
    }  # fmt: skip


def growth(folder: Path, most: int) -> Table:
    """Return how parsing grows with the lines and with the number of different uris."""
    rows = []
    count = 10_000
    while count <= most:
        log = write_log(folder / f"grow{count}.log", "uwsgi", count)
        usage = run(logshipper("parse", str(log)))
        rows.append(
            Row([f"{count:,} lines, 1,000 uris", f"{usage.cpu:.2f}", f"{count / usage.cpu:,.0f}", f"{usage.peak:.0f}"])
        )
        os.unlink(log)
        count *= 10
    lines = min(most, 200_000)
    for uris in (1, 100, 10_000, 100_000):
        log = write_log(folder / f"uris{uris}.log", "uwsgi", lines, uris)
        usage = run(logshipper("parse", str(log)))
        rows.append(
            Row(
                [
                    f"{lines:,} lines, {uris:,} uris",
                    f"{usage.cpu:.2f}",
                    f"{lines / usage.cpu:,.0f}",
                    f"{usage.peak:.0f}",
                ]
            )
        )
        os.unlink(log)
    return Table(
        "How parsing grows", ["input", "CPU s", "lines per CPU second", "peak memory, MB"], rows, "One run each."
    )
