"""`logshipper run`: its arguments. The rest is tested in tests/integration."""

import pytest
from click.testing import CliRunner

from logshipper.commands.run import command
from logshipper.errors import UserError


@pytest.mark.parametrize("arguments", [[], ["app.log", "--config", "c.toml"], ["--config", "c.toml", "--to", "-"]])
def test_run_takes_either_logs_or_a_settings_file(arguments: list[str]) -> None:
    done = CliRunner().invoke(command, arguments, standalone_mode=False)
    assert isinstance(done.exception, UserError)
