"""`logshipper report`: where the lines come from, which period, and which form."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from logshipper.commands.report import command
from logshipper.errors import RunError, UserError
from tests.support.reports import write
from tests.support.request_lines import line, spread
from tests.support.requests_log import store

LINES = spread(f"/user/{n}" for n in range(200))


def run(*arguments: object, given: str | None = None) -> Result:
    done = CliRunner().invoke(
        command, ["--timezone", "UTC", *map(str, arguments)], input=given, standalone_mode=False, catch_exceptions=False
    )
    assert not done.return_value
    return done


def test_the_text_is_printed(tmp_path: Path) -> None:
    done = run(write(tmp_path, LINES))
    assert "GET /user/<id>" in done.stdout
    assert "\x1b" not in done.stdout


def test_json_is_printed_instead(tmp_path: Path) -> None:
    found = json.loads(run("--json", write(tmp_path, LINES)).stdout)
    assert found["now"]["requests"] == 200


def test_a_page_is_written_instead(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    done = run("--html", page, write(tmp_path, LINES))
    assert done.stdout == ""
    assert "GET /user/&lt;id&gt;" in page.read_text()
    with pytest.raises(RunError, match="cannot write the page"):
        run("--html", tmp_path, tmp_path / "app.log")


@pytest.mark.parametrize(("since", "requests"), [("90s", 90), ("1m", 60), ("1d", 200), ("0.5h", 200)])
def test_the_period_is_given_as_a_duration(tmp_path: Path, since: str, requests: int) -> None:
    found = json.loads(run("--json", "--since", since, write(tmp_path, LINES)).stdout)
    assert found["now"]["requests"] == requests


def test_standard_input_is_a_log_too() -> None:
    assert json.loads(run("--json", "-", given="".join(LINES)).stdout)["now"]["requests"] == 200


def test_a_database_instead_of_a_log(tmp_path: Path) -> None:
    database = store(LINES, tmp_path)
    for name in (database, f"sqlite:///{database}"):
        assert json.loads(run("--json", "--from", name).stdout)["now"]["requests"] == 200


def test_each_uri_can_be_counted(tmp_path: Path) -> None:
    assert len(json.loads(run("--json", "--by", "uri", write(tmp_path, LINES)).stdout)["now"]["routes"]) == 200


def test_the_logs_of_a_settings_file(tmp_path: Path) -> None:
    log, settings = write(tmp_path, LINES), tmp_path / "logshipper.toml"
    settings.write_text(f"[[inputs.logparser]]\nfiles = ['{log}']\n[[outputs.file]]\nfiles = ['stdout']\n")
    assert json.loads(run("--json", "--config", settings).stdout)["now"]["requests"] == 200


@pytest.mark.slow
def test_a_followed_log_says_what_is_not_shipped(tmp_path: Path) -> None:
    from tests.support.requests_log import ship

    database = ship(LINES[:150], tmp_path)
    log = write(tmp_path, LINES, "uwsgi.log")
    assert (
        "is followed (sqlite): 50 of its lines are not shipped yet."
        in run("--state-dir", f"{database}.state", log).stdout
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--since", "yesterday", "x.log"], "not a duration"),
        ([], "no log given"),
        (["--from", "x.db", "x.log"], "give one of them"),
        (["missing.log"], "cannot read the file"),
        (["--from", "redis://x"], "give FILE, sqlite:///FILE, or http://HOST:8086/DATABASE"),
    ],
)
def test_wrong_usage_has_a_fix(arguments: list[str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        run(*arguments)


def test_a_log_without_requests_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no request"):
        run(write(tmp_path, ["hello\n"]))
    assert "GET /" in run(write(tmp_path, [line("/")])).stdout
