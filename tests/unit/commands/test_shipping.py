"""What the commands that ship old lines have in common: a group for each form of points, and failures in words."""

import logging
from pathlib import Path

import pytest

from logshipper.commands.shipping import form_groups, log_failure
from logshipper.deliver.retry import Answered, Failed
from logshipper.settings.options import FileOutputSettings, Input, Settings, SqliteSettings
from logshipper.wiring.outputs import plan_outputs


def test_outputs_that_take_rows_have_a_group_of_their_own(tmp_path: Path) -> None:
    files = [FileOutputSettings(files=[str(tmp_path / name)]) for name in ("a.lp", "b.lp")]
    settings = Settings(
        inputs=[Input(files=["a.log"]), Input(files=["b.log"])], file=files,
        sqlite=[SqliteSettings(path=str(tmp_path / "a.db"))],
    )  # fmt: skip
    text, rows = form_groups(settings, plan_outputs(settings))
    assert (len(text.outputs), len(rows.outputs)) == (2, 1)
    assert (len(text.parsers), len(rows.parsers)) == (2, 2)


def test_only_failures_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        log_failure(Answered(0.1, True))
        log_failure(Failed("connection", "http://db:8086: Connection refused"))
    assert caplog.messages == ["http://db:8086: Connection refused; nothing is lost, retrying"]
