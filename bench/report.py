"""Tables, for people and for tests."""

import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table."""

    cells: Sequence[str]


@dataclass(frozen=True, slots=True)
class Table:
    """A title, column names, rows, and a note for the reader."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Row]
    note: str

    def markdown(self) -> str:
        """Return the table as Markdown."""
        lines = ["| " + " | ".join(cells) + " |" for cells in (self.columns, *(row.cells for row in self.rows))]
        lines.insert(1, "|" + "---|" * len(self.columns))
        return f"## {self.title}\n\n{self.note}\n\n" + "\n".join(lines) + "\n"


def machine() -> str:
    """Describe the machine that the figures were taken on."""
    cpus = [
        line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line
    ]
    memory = int(Path("/proc/meminfo").read_text().split()[1]) // 2**20
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    system = f"Linux {platform.release().split('-')[0]}"
    build = "optimized" if "--enable-optimizations" in _build() else "built without --enable-optimizations"
    return (
        f"{len(cpus)} x {cpus[0] if cpus else platform.machine()}, {memory} GiB, {system}, "
        f"Python {platform.python_version()} ({build}). Load average at the end: {load}."
    )


def _build() -> str:
    import sysconfig

    return str(sysconfig.get_config_var("CONFIG_ARGS") or "")


def write(file: Path, tables: Sequence[Table], remarks: str) -> None:
    """Write the results."""
    text = (
        f"# Results\n\n{machine()}\n\n{remarks}\n"
        "[README.md](README.md) says how to repeat it and what each figure means.\n\n"
    )
    file.write_text(text + "\n".join(table.markdown() for table in tables))
    sys.stdout.write(file.read_text())
