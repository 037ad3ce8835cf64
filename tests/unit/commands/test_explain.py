"""`logshipper explain`: what it shows of a log."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from logshipper.commands import explain
from logshipper.commands.explain import command
from logshipper.grok.explain import Explainer
from tests.support.request_lines import LINE

THREE = f"""{LINE}
{LINE.replace("req: 2/2", "req: 2-2")}
{LINE.replace("=> generated", "=> generatd")}
{LINE.replace("(HTTP/1.1 200)", "(HTTP/1.1 OK)")}
Traceback is not a request
"""


def test_each_kind_of_damage_is_shown_with_its_column(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text(THREE)
    done = CliRunner().invoke(command, [str(log)], standalone_mode=False)
    assert done.return_value == 1
    lines = done.output.splitlines()
    carets = [line.index("^") for line in lines if line.strip().startswith("^")]
    examples = [lines[index - 1] for index, line in enumerate(lines) if line.strip().startswith("^")]
    marked = {example[caret:][:6] for example, caret in zip(examples, carets, strict=True)}
    assert marked == {"-2] 10", "d 14 b", "OK) 2 "}
    assert "column 23" in done.output
    expected = {line.strip() for line in lines if "expected there" in line}
    assert expected == {
        "expected there: '/'", "expected there: ' => generated '", "expected there: status: a whole number",
    }  # fmt: skip
    assert lines[:2] == ["1 request in 5 lines", "3 rejected: 3 no pattern matches"]


def test_a_line_whose_explanation_takes_too_long_is_still_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explain, "_EXPLAINED_IN", 0.05)
    monkeypatch.setattr(Explainer, "add", lambda *_: re.match("(a+)+b", "a" * 4_000))
    log = tmp_path / "a.log"
    log.write_text(THREE)
    done = CliRunner().invoke(command, [str(log)], standalone_mode=False)
    assert done.return_value == 1
    assert "no pattern matches, and finding out why takes too long" in done.output
    assert done.output.startswith("1 request in 5 lines\n3 rejected: 3 no pattern matches\n")


def test_a_matching_line_with_an_impossible_date_is_explained(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text(LINE + "\n" + LINE.replace("May  5", "Feb 31") + "\n")
    done = CliRunner().invoke(command, [str(log)], standalone_mode=False)
    lines = done.output.splitlines()
    assert "1 line, first line 2:" in lines
    caret = next(index for index, line in enumerate(lines) if line.strip().startswith("^"))
    assert lines[caret - 1][lines[caret].index("^") :].startswith("[Fri Feb 31")
    assert "no time: '[Fri Feb 31 14:51:39 2017]' is not a date" in lines[caret + 1]


def test_nothing_is_explained_for_a_log_that_matches(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text(LINE + "\n")
    done = CliRunner().invoke(command, [str(log)], standalone_mode=False)
    assert done.return_value == 0
    assert done.output.strip() == "1 request in 1 line"


def test_a_log_in_another_format_gives_advice(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text('hello\nhello\n10.0.2.2 - - [05/May/2017:14:51:39 +0000] "GET /a HTTP/1.1" 200 14 "-" "curl"\n')
    done = CliRunner().invoke(command, [str(log)], standalone_mode=False)
    assert done.return_value == 1
    lines = done.output.splitlines()
    assert lines[:4] == [
        "0 requests in 3 lines", "1 rejected: 1 no pattern matches", "2 not a request: 2 app_output",
        "if uWSGI has a log-format of your own, give its configuration: --ini YOUR.ini",
    ]  # fmt: skip
    assert "  %{NGINX_ACCESS_LOG} matches this line: add it to patterns" in lines
    assert lines[-1] == "  2x hello"


def test_lines_match_a_log_format_from_the_uwsgi_configuration(tmp_path: Path) -> None:
    (tmp_path / "uwsgi.ini").write_text("[uwsgi]\nlog-format = %(method) %(uri) %(status)\n")
    log = tmp_path / "a.log"
    log.write_text("GET /a 200\n")
    without = CliRunner().invoke(command, [str(log)], standalone_mode=False)
    assert (without.return_value, without.output.splitlines()[0]) == (1, "0 requests in 1 line")
    assert "--ini YOUR.ini" in without.output
    done = CliRunner().invoke(command, ["--ini", str(tmp_path / "uwsgi.ini"), str(log)], standalone_mode=False)
    assert (done.return_value, done.output.splitlines()[0]) == (0, "1 request in 1 line")
