"""Each folder here holds a log, optionally settings or a uWSGI configuration, and the expected result for each line."""

from dataclasses import replace
from pathlib import Path
from unittest import mock

import pytest
from click.testing import CliRunner

from logshipper.commands.pattern import command
from logshipper.model import Chunk
from logshipper.settings.load import load
from logshipper.settings.options import Agent, Input, Settings
from logshipper.wiring.parsers import build_parser

HERE = Path(__file__).resolve().parent
NOW = 1_800_000_000_000_000_000  # what a line without a time gets
CASES = sorted(folder.name for folder in HERE.iterdir() if (folder / "expected").exists())


def settings_of(folder: Path, scratch: Path) -> Settings:
    """Return the settings of a case: those that `logshipper pattern` prints, its own, both, or none."""
    own, ini, file = folder / "settings.toml", folder / "uwsgi.ini", scratch / "settings.toml"
    if not (own.exists() or ini.exists()):
        return Settings(inputs=[Input()])
    printed = CliRunner().invoke(command, ["--config", str(ini)], standalone_mode=False).stdout if ini.exists() else ""
    file.write_text(printed + (own.read_text() if own.exists() else ""))
    return load(file).settings


@mock.patch("time.time_ns", mock.Mock(return_value=NOW))
def outcome(folder: Path, scratch: Path) -> str:
    """Return what becomes of the log: the points, the rejected lines and the counts of all others."""
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
def test_each_log_gives_the_expected_points_and_rejections(name: str, tmp_path: Path) -> None:
    folder = HERE / name
    assert outcome(folder, tmp_path).encode("latin-1") == (folder / "expected").read_bytes()
