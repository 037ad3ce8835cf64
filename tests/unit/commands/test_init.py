"""`logshipper init`: what it finds, what it asks, what it writes."""

from grp import struct_group
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from logshipper.commands import init
from logshipper.errors import UserError
from logshipper.settings.load import load
from logshipper.uwsgi.found import configurations


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Be in an empty folder, on a machine where no uWSGI runs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        "logshipper.commands.init.configurations", lambda folder: configurations(folder, Path("/nowhere"), [])
    )


def run(*arguments: str, answers: str | None = None, monkeypatch: pytest.MonkeyPatch | None = None) -> Result:
    if monkeypatch:
        monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda _: True, raising=False)
    return CliRunner().invoke(init.command, list(arguments), input=answers, standalone_mode=False)


def test_a_configuration_in_the_folder_is_enough() -> None:
    Path("uwsgi.ini").write_text("[uwsgi]\nlogto = app.log\nlog-format = %(method) %(uri) %(status)\n")
    done = run("--yes")
    assert done.return_value == 0, done
    settings = load(Path("logshipper.toml")).settings
    assert settings.inputs[0].files == [str(Path("app.log").absolute())]
    assert settings.sqlite[0].path == str(Path("requests.db").absolute())
    assert Path("logshipper.toml").stat().st_mode & 0o007 == 0
    assert "next: logshipper check --config logshipper.toml" in done.stderr


def test_the_routes_in_the_folder_are_taken_and_no_other_file_of_that_name() -> None:
    Path("uwsgi.ini").write_text("[uwsgi]\nlogto = app.log\n")
    Path("routes.json").write_text('{"version": 1, "rules": []}')
    assert "routes.json: rows get the tag route" in run("--yes").stderr
    assert load(Path("logshipper.toml")).settings.logshipper.routes_file == str(Path("routes.json").absolute())
    Path("routes.json").write_text("[]")
    run("--yes", "--force")
    assert load(Path("logshipper.toml")).settings.logshipper.routes_file == ""


def test_three_questions_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("uwsgi.ini").write_text("[uwsgi]\nlogto = app.log\n")
    done = run(answers="web.log\nhttp://db:8086/logs\ny\n", monkeypatch=monkeypatch)
    assert done.return_value == 0, done
    settings = load(Path("logshipper.toml")).settings
    assert settings.inputs[0].files == [str(Path("web.log").absolute())]
    assert settings.influxdb[0].database == "logs"
    assert "run --config" in Path("logshipper.service").read_text()


def test_nothing_is_replaced_without_force() -> None:
    Path("logshipper.toml").write_text("mine")
    assert isinstance(run("--yes", "--log", "app.log").exception, UserError)
    assert Path("logshipper.toml").read_text() == "mine"
    assert run("--yes", "--log", "app.log", "--force").return_value == 0
    assert "app.log" in Path("logshipper.toml").read_text()


def test_without_any_log_it_says_what_to_give() -> None:
    assert str(run("--yes").exception).endswith("give --log FILE, or --ini uwsgi.ini")


def test_a_configuration_without_a_log_takes_the_one_that_is_given() -> None:
    Path("uwsgi.ini").write_text("[uwsgi]\nlog-format = %(method) %(uri)\n")
    assert run("--yes", "--log", "app.log").return_value == 0
    assert "method" in load(Path("logshipper.toml")).settings.inputs[0].grok.patterns[0]


def test_the_unit_of_a_script_names_what_root_has_to_do() -> None:
    done = run("--yes", "--log", "app.log", "--unit")
    assert "useradd --system" in done.stderr
    assert Path("logshipper.service").exists()


@pytest.mark.parametrize(("group", "joining"), [("adm", " --groups adm"), ("root", "")])
def test_the_service_joins_the_group_of_the_log_unless_it_is_roots(
    group: str, joining: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("app.log").touch()
    monkeypatch.setattr("grp.getgrgid", lambda _: struct_group((group, "", 0, [])))
    done = run("--yes", "--log", "app.log", "--unit")
    assert f"useradd --system --no-create-home{joining} logshipper" in done.stderr


def test_telegrafs_configuration_is_taken_over_with_a_remark_a_line() -> None:
    Path("t.conf").write_text(
        '[[inputs.cpu]]\n[[inputs.logparser]]\nfiles = ["a.log"]\n[[outputs.influxdb]]\nurls = ["http://a"]\n'
    )
    done = run("--from", "t.conf")
    assert done.return_value == 0
    assert "line 1: left out: [[inputs.cpu]]: leave it to Telegraf" in done.stderr
    assert load(Path("logshipper.toml")).settings.inputs[0].files == ["a.log"]


def test_what_cannot_be_taken_over_is_1() -> None:
    Path("t.conf").write_text('[[inputs.tail]]\nfiles = ["a.log"]\n[[outputs.influxdb]]\nurls = ["http://a"]\n')
    done = run("--from", "t.conf", "--output", "-")
    assert (done.return_value, "line 1: wrong: " in done.stderr) == (1, True)
    assert done.stdout.startswith("[[inputs.tail]]")
