"""`logshipper run`: its arguments. The rest is tested in tests/integration."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from logshipper.commands.run import command
from logshipper.errors import UserError


@pytest.mark.parametrize("arguments", [[], ["app.log", "--config", "c.toml"], ["--config", "c.toml", "--to", "-"]])
def test_run_takes_either_logs_or_a_settings_file(arguments: list[str]) -> None:
    done = CliRunner().invoke(command, arguments, standalone_mode=False)
    assert isinstance(done.exception, UserError)


def test_standard_input_cannot_be_followed_and_it_says_what_to_do() -> None:
    done = CliRunner().invoke(command, ["-"], standalone_mode=False)
    assert str(done.exception) == (
        "standard input cannot be followed: after a restart there is no way back in it; let the program write to a "
        "file and follow that, or see the points: … | logshipper parse"
    )


def test_a_consumer_has_no_end(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text("[[inputs.kafka_consumer]]\n[[outputs.file]]\n")
    done = CliRunner().invoke(command, ["--config", str(file), "--once"], standalone_mode=False)
    assert "a topic has no end" in str(done.exception)
