"""uWSGI's configuration beside the settings."""

from pathlib import Path

import pytest

from logshipper.checks.finding import Finding
from logshipper.checks.uwsgi import check_uwsgi
from logshipper.settings.options import Input, Settings
from logshipper.wiring.uwsgi_input import log_and_options


def check(folder: Path, options: str, followed: str = "app.log") -> list[Finding]:
    ini = folder / "app.ini"
    ini.write_text(f"[uwsgi]\n{options}")
    settings = Settings(inputs=[Input(files=[str(folder / followed)])])
    log, found = log_and_options(str(ini))
    return list(check_uwsgi(str(ini), found, log, settings))


def test_the_followed_log_is_good(tmp_path: Path) -> None:
    assert [one.status for one in check(tmp_path, "logto = app.log\n")] == ["good"]
    assert [one.status for one in check(tmp_path, "logto = app.log\n", "*.log")] == ["good"]


@pytest.mark.parametrize(
    ("options", "fix"),
    [
        ("logto = web.log\n", "set files = "),
        ("http = :80\n", "add logto = "),
        ("logto = app.log\ndisable-logging = true\n", "remove it from "),
    ],
)
def test_what_keeps_requests_away_is_bad(tmp_path: Path, options: str, fix: str) -> None:
    first = check(tmp_path, options)[0]
    assert first.status == "bad"
    assert first.fix.startswith(fix)


def test_a_copy_that_is_overwritten_is_doubtful(tmp_path: Path) -> None:
    found = check(tmp_path, "logger = file:logfile=app.log,maxsize=9,backupname=old.log\n")
    assert [one.status for one in found] == ["good", "doubtful", "good"]
