"""Each folder here holds a log, perhaps settings or a uWSGI configuration, and what must become of each line."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from logshipper.commands.pattern import command
from logshipper.model import Chunk
from logshipper.settings.load import load
from logshipper.settings.options import Agent, Input, Settings
from logshipper.wiring.parsers import build_parser

HERE = Path(__file__).resolve().parent
CASES = sorted(folder.name for folder in HERE.iterdir() if (folder / "expected").exists())


def settings_of(folder: Path, scratch: Path) -> Settings:
    """Return the settings of a case: its own, those that `logshipper pattern` prints, or none."""
    file = folder / "settings.toml"
    if (folder / "uwsgi.ini").exists():
        file = scratch / "settings.toml"
        printed = CliRunner().invoke(command, ["--config", str(folder / "uwsgi.ini")], standalone_mode=False)
        file.write_text(printed.stdout)
    return load(file).settings if file.exists() else Settings(inputs=[Input()])


def outcome(folder: Path, scratch: Path) -> str:
    """Return what becomes of the log: the points, the rejected lines and the counts of all others."""
    from dataclasses import replace

    settings = settings_of(folder, scratch)
    given = replace(settings.inputs[0], grok=replace(settings.inputs[0].grok, timezone="UTC"))
    parser = build_parser(replace(settings, agent=Agent(omit_hostname=True)), given)
    found = []
    for log in sorted(folder.glob("*.log")):
        data, memory = log.read_bytes(), parser.memory(f"/log/{log.name}")
        batch = parser.parse(Chunk(f"/log/{log.name}", 1, 0, data, len(data)), memory)
        found += [point for _, point in sorted(zip(batch.offsets, batch.points, strict=True))] or list(batch.points)
        found += [*batch.events, *memory.events.finish()]
        found += [f"rejected, {line.reason}: {line.line.decode('latin-1')}" for line in batch.rejected]
        found += [f"not a request: {count} {kind}" for kind, count in sorted(batch.noise.items())]
    return "".join(f"{text}\n" for text in found)


@pytest.mark.parametrize("name", CASES)
def test_each_line_becomes_what_is_expected(name: str, tmp_path: Path) -> None:
    folder = HERE / name
    assert outcome(folder, tmp_path).encode("latin-1") == (folder / "expected").read_bytes()
