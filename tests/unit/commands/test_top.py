"""`logshipper top`: plain text without a terminal, and one line if Textual is missing."""

import builtins
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from logshipper.commands.top import command
from logshipper.errors import UserError
from tests.support.reports import write
from tests.support.request_lines import spread


def run(*arguments: object) -> str:
    given = ["--timezone", "UTC", *map(str, arguments)]
    return CliRunner().invoke(command, given, standalone_mode=False, catch_exceptions=False).stdout


@pytest.mark.parametrize("once", [["--once"], []])
def test_the_last_seconds_are_printed_where_there_is_no_terminal(tmp_path: Path, once: list[str]) -> None:
    text = run(*once, "--window", 30, write(tmp_path, spread(f"/user/{n}" for n in range(100))))
    assert "GET /user/<id>" in text
    assert "last 30 s: 30" in text
    assert "\x1b" not in text


def test_the_log_of_a_settings_file(tmp_path: Path) -> None:
    log, settings = write(tmp_path, spread(["/a"])), tmp_path / "logshipper.toml"
    settings.write_text(f"[[inputs.logparser]]\nfiles = ['{log}']\n[[outputs.file]]\nfiles = ['stdout']\n")
    assert "GET /a" in run("--config", settings)


def test_a_log_is_needed() -> None:
    with pytest.raises(UserError, match="no log given"):
        run()


def test_without_textual_there_is_one_line_with_the_fix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *more: Any) -> Any:
        if name.startswith(("textual", "logshipper.top.app")):
            raise ModuleNotFoundError(f"No module named {name!r}", name="textual")
        return real(name, *more)

    monkeypatch.setattr(builtins, "__import__", without)
    monkeypatch.delitem(sys.modules, "logshipper.top.app", raising=False)
    monkeypatch.setattr("logshipper.commands.top.is_terminal", lambda: True)
    with pytest.raises(UserError, match=r"pip install 'flaskfana\[top\]'"):
        run(write(tmp_path, spread(["/a"])))
