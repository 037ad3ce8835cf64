"""`logshipper check`: how findings are shown. What it finds is in tests/integration/test_check.py."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from logshipper.commands import check
from logshipper.commands.check import command
from logshipper.errors import UserError
from tests.support.request_lines import line


@pytest.fixture
def log(tmp_path: Path) -> str:
    (tmp_path / "app.log").write_text(line())
    return str(tmp_path / "app.log")


def test_no_color_is_obeyed(log: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = [log, "--to", f"sqlite:///{tmp_path}/r.db"]
    assert "\x1b[" in CliRunner().invoke(command, arguments, color=True).output
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in CliRunner().invoke(command, arguments, color=True).output


def test_a_file_name_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "a\x1b[2J.log").write_text(line())
    found = CliRunner().invoke(command, [f"{tmp_path}/a\x1b[2J.log", "--to", f"sqlite:///{tmp_path}/r.db"])
    assert "a\\x1b[2J.log" in found.output


def test_in_a_terminal_the_fix_is_below_and_no_line_is_too_long(
    log: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda _: True, raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    lines = CliRunner().invoke(command, [log, "--to", f"sqlite:///{tmp_path}/c"]).output.splitlines()
    (tmp_path / "app.log").write_text("")
    lines += CliRunner().invoke(command, [log, "--to", f"sqlite:///{tmp_path}/c"]).output.splitlines()
    assert any(line.startswith(f"{' ' * 18}fix: make a request; if it stays empty") for line in lines)
    assert max(len(line) for line in lines if str(tmp_path) not in line) <= 80


def test_a_consumer_of_kafka_can_be_checked(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text(
        '[[inputs.kafka_consumer]]\nbrokers = ["127.0.0.1:1"]\ntopics = ["telegraf"]\ndata_format = "influx"\n'
        f'[[outputs.sqlite]]\npath = "{tmp_path}/r.db"\n[logshipper]\nstate_dir = "{tmp_path}/state"\n'
    )
    done = CliRunner().invoke(command, ["--config", str(tmp_path / "c.toml")], standalone_mode=False)
    assert (done.return_value, "bad      input    kafka 127.0.0.1:1" in done.output) == (1, True), done.output


def test_a_user_to_whom_python_is_closed_gets_one_line(log: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Closed:
        def __init__(self, *_: object) -> None:
            raise ImportError("no access", name="ssl", path="/root/lib/ssl.py")

    monkeypatch.setattr(check, "_become", lambda user: None)
    monkeypatch.setattr(check, "Examination", Closed)
    found = CliRunner().invoke(command, [log, "--user", "nobody"])
    assert isinstance(found.exception, UserError)
    assert str(found.exception).startswith("/root/lib/ssl.py: nobody cannot read Python's own library; install")
