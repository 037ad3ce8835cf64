"""`logshipper test`: which patterns it takes, and what it prints."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from logshipper.commands.test import command
from tests.support.request_lines import LINE

TESTS = f"""\
[[test]]
name = "a request"
line = '{LINE}'
[test.row]
status = 200

[[test]]
name = "another one"
line = '{LINE}'
[test.row]
status = 404
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "a.test.toml").write_text(TESTS)
    return tmp_path / "a.test.toml"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(command, list(map(str, arguments)), standalone_mode=False)


def test_each_test_is_a_line_and_a_difference_is_1(file: Path) -> None:
    done = run(file)
    assert done.output == (
        "passed  a request\nfailed  another one\n        status is 200, expected 404\n2 tests, 1 failed\n"
    )
    assert done.return_value == 1


def test_all_that_pass_are_0(file: Path) -> None:
    file.write_text(TESTS.replace("404", "200"))
    assert (run(file).return_value, run(file).output.splitlines()[-1]) == (0, "all 2 passed")


def test_the_patterns_are_those_of_the_file_or_of_an_option(file: Path) -> None:
    (file.parent / "uwsgi.ini").write_text("[uwsgi]\nlog-format = %(method) %(status)\n")
    file.write_text("ini = 'uwsgi.ini'\n[[test]]\nline = 'GET 200'\n[test.row]\nstatus = 200\n")
    assert run(file).return_value == 0
    (file.parent / "c.toml").write_text(
        '[[inputs.logparser]]\nfiles = ["a"]\n[inputs.logparser.grok]\npatterns = ["%{WORD:method} %{NUMBER:status}"]\n'
        "[[outputs.file]]\n"
    )
    done = run(file, "--config", file.parent / "c.toml")
    assert "status is '200', expected 200" in done.output
