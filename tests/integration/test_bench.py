"""The measurements run and are complete. No test judges how fast anything is."""

import subprocess
import sys
from pathlib import Path

import pytest

from bench.__main__ import PARTS
from bench.logs import KINDS, blocks, write_log
from bench.measure import run
from bench.report import Row, Table
from tests.support.kafka import java
from tests.support.needs import need
from tests.support.processes import ROOT

WITH_INFLUXDB = {"shipping", "distance", "memory", "latency", "kafka"}


@pytest.mark.parametrize("part", sorted(PARTS))
def test_each_part_of_the_benchmark_runs_and_fills_its_table(part: str, tmp_path: Path) -> None:
    if part == "kafka":
        java()
    if part in WITH_INFLUXDB:
        need("influxd", package="influxdb")
    if part == "embedded":
        need("chromium", package="chromium")
        need("chromedriver", package="chromium-driver")
    results = tmp_path / "RESULTS.md"
    command = [sys.executable, "-m", "bench", part, "--scale", "0.001", "--rounds", "1", "--to", str(results)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    tables = [line for line in results.read_text().splitlines() if line.startswith("| ")]
    assert len(tables) >= 2
    for line in tables:
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        assert all(cells), line
        assert "nan" not in line


def test_an_unknown_part_is_refused_by_name() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "speed"], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert (done.returncode, "no such part: speed" in done.stderr) == (2, True)


@pytest.mark.parametrize("kind", KINDS)
def test_the_generated_logs_are_always_the_same(kind: str, tmp_path: Path) -> None:
    text = "".join(blocks(kind, 100))
    assert text.count("\n") == 100
    assert write_log(tmp_path / "a.log", kind, 100).read_text() == text


def test_a_failing_program_gives_no_figure() -> None:
    with pytest.raises(RuntimeError, match="exit code 3"):
        run([sys.executable, "-c", "raise SystemExit(3)"])


def test_only_the_memory_of_the_program_itself_is_measured() -> None:
    small = run([sys.executable, "-S", "-c", "pass"])
    large = run([sys.executable, "-S", "-c", "x = bytearray(100 * 2**20)"])
    assert 90 < large.peak - small.peak < 120
    assert small.peak < 30


def test_a_table_is_written_as_markdown() -> None:
    table = Table("T", ["a", "b"], [Row(["1", "2"])], "Note.")
    assert table.markdown() == "## T\n\nNote.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
