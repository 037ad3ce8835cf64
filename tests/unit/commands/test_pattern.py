"""`logshipper pattern`: what it prints for a uWSGI configuration."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from logshipper.commands.pattern import command
from logshipper.settings.load import load
from logshipper.wiring.uwsgi_input import log_of, uwsgi_input


def run(tmp_path: Path, text: str, *arguments: str) -> Result:
    file = tmp_path / "uwsgi.ini"
    file.write_text(text)
    return CliRunner().invoke(command, [str(file), *arguments], standalone_mode=False)


def test_the_default_format_needs_only_the_built_in_patterns(tmp_path: Path) -> None:
    assert run(tmp_path, "[uwsgi]\nmaster = true\n").stdout.splitlines() == ["%{UWSGI_LOG}", "%{UWSGI_LOG_VARIANT}"]


def test_a_log_format_becomes_a_pattern(tmp_path: Path) -> None:
    done = run(tmp_path, "[uwsgi]\nlog-format = %(status) %(uri)\n")
    assert done.stdout == "^%{UWSGI_NUMBER:status:int} %{DATA:uri:tag}$\n"


def test_a_json_encoder_becomes_json_settings(tmp_path: Path) -> None:
    done = run(tmp_path, '[uwsgi]\nlog-format = %(uri)\nlog-encoder = json {"t":"${msg}"}\nlog-encoder = nl\n')
    assert done.stdout.splitlines() == [
        'data_format = "json"', "grok_patterns = ['^%{DATA:uri:tag}$']", "json_message_key = 't'",
    ]  # fmt: skip


def test_a_relative_log_path_is_relative_to_the_configuration(tmp_path: Path) -> None:
    done = run(tmp_path, "[uwsgi]\nreq-logger = file:logfile=req.log,maxsize=2000000\n", "--config")
    assert f"  files = ['{tmp_path}/req.log']" in done.stdout.splitlines()
    assert "req.log.TIMESTAMP at 2000000 bytes" in done.stderr


@pytest.mark.parametrize("asked", [("--section", "web"), ()])
def test_another_section_can_be_chosen(tmp_path: Path, asked: tuple[str, ...]) -> None:
    text = "[web]\nlog-format = %(uri)\n"
    if asked:
        assert run(tmp_path, text, *asked).stdout == "^%{DATA:uri:tag}$\n"
    else:
        (tmp_path / "uwsgi.ini").write_text(text)
        done = CliRunner().invoke(command, [f"{tmp_path}/uwsgi.ini:web"], standalone_mode=False)
        assert done.stdout == "^%{DATA:uri:tag}$\n"


def test_notes_say_what_else_is_needed(tmp_path: Path) -> None:
    text = "[uwsgi]\nlog-format = %(ftime) %(uri)\nlog-date = %%Y-%%m-%%d\nlog-format-strftime = true\n"
    done = run(tmp_path, text)
    assert "custom_patterns = 'UWSGI_FTIME " in done.stderr
    assert "%{UWSGI_FTIME:ftime:ts-" in done.stdout
    assert "disable-logging" in run(tmp_path, "[uwsgi]\ndisable-logging = true\n").stderr


@pytest.mark.parametrize(
    "options",
    [
        "logto = /var/log/a.log",
        "log-format = %(addr) '%(uri)' \"%(uagent)\" [%(ltime)]",
        "log-format = %(ftime) %(uri)\nlog-date = %%d/%%m/%%y %%H:%%M\nlog-format-strftime = true",
        'log-format = {"s":%(status),"t":"%(ltime)"}',
        'log-encoder = json {"msg":"${msg}"}\nlog-encoder = nl',
    ],
)
def test_a_printed_input_loads_as_a_settings_file(tmp_path: Path, options: str) -> None:
    done = run(tmp_path, f"[uwsgi]\n{options}\n", "--config")
    file = tmp_path / "logshipper.toml"
    file.write_text(done.stdout)
    settings = load(file).settings
    (found,) = settings.inputs
    assert found.files
    assert (found.json is not None) == ("log-encoder" in options)
    assert settings.sqlite
    (tmp_path / "uwsgi.ini").write_text(f"[uwsgi]\n{options}\n")
    assert uwsgi_input(log_of(str(tmp_path / "uwsgi.ini")), found.files) == found
