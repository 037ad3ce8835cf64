"""Tests of patterns: what a file of them may say, and what a difference is."""

from pathlib import Path

import pytest

from logshipper.checks.pattern_tests import PatternTester, read_tests
from logshipper.errors import UserError
from logshipper.settings.options import Grok, Input, Settings
from tests.support.request_lines import LINE

UTC = Settings(inputs=[Input(grok=Grok(timezone="UTC"))])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "a.test.toml"


def failures(file: Path, expected: str, line: str = LINE, settings: Settings = UTC) -> list[str]:
    file.write_text(f"[[test]]\nline = '{line}'\n{expected}\n")
    (test,) = read_tests(file).tests
    return PatternTester(settings).failures(test)


@pytest.mark.parametrize(
    "expected",
    [
        '[test.row]\nmethod = "GET"\nstatus = 200\nresTime = 5005\nmeasurement = "uwsgi_log"',
        "[test.row]\ntime = 2017-05-05T14:51:39Z",
        '[test.row]\ntime = "2017-05-05T16:51:39+02:00"',
        '[[test.rows]]\nuri = "/api/obj/124"',
    ],
)
def test_the_columns_that_are_named_are_compared(file: Path, expected: str) -> None:
    assert failures(file, expected) == []


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        ("[test.row]\nstatus = 404", "status is 200, expected 404"),
        ('[test.row]\nstatus = "200"', "status is 200, expected '200'"),
        ("[test.row]\nstatus = 200.0", "status is 200, expected 200.0"),
        ("[test.row]\nstats = 200", "there is no column stats; did you mean status?"),
        ("[test.row]\ntime = 2017-05-05T14:51:38Z", "expected 2017-05-05 14:51:38+00:00"),
        ("rows = []", "1 row, expected 0"),
        ('rejected = "no pattern"', "not rejected"),
        ("input = 1\nrows = []", "there is no input 1"),
    ],
)
def test_a_difference_is_named(file: Path, expected: str, said: str) -> None:
    (found,) = failures(file, expected)
    assert said in found


def test_lines_that_are_not_requests(file: Path) -> None:
    start = "*** Starting uWSGI 2.0.28 (64bit) on [Fri May  5 14:47:36 2017] ***"
    assert failures(file, 'rows = []\nevent = { kind = "start" }', start) == []
    assert failures(file, "events = []", start) == ["1 event, expected 0"]
    assert failures(file, 'rejected = "no pattern matches"\nrows = []', LINE[:80]) == []
    assert failures(file, "rows = []", LINE[:80]) == ["rejected: no pattern matches"]


def test_several_lines_are_read_together(file: Path) -> None:
    file.write_text(f"[[test]]\nlines = ['{LINE}', '{LINE}']\n[[test.rows]]\n[[test.rows]]\nstatus = 1\n")
    (test,) = read_tests(file).tests
    assert PatternTester(UTC).failures(test) == ["row 2: status is 200, expected 1"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no tests; add"),
        ("[[test]]\nrows = []", "line 1: a test has no line"),
        ("\n[[test]]\nline = 'a'", "line 2: this test expects nothing"),
        ("[[test]]\nline = 'a'\nrow = 1", "row is not a table of columns"),
        ("[[test]]\nlin = 'a'", "did you mean line?"),
        ("confg = 'a'", "did you mean config?"),
        ("[[test", "invalid TOML"),
    ],
)
def test_a_wrong_file_is_a_user_error(file: Path, text: str, said: str) -> None:
    file.write_text(text)
    with pytest.raises(UserError) as found:
        read_tests(file)
    assert said in str(found.value)


def test_the_settings_are_beside_the_file(file: Path) -> None:
    file.write_text("config = 'c.toml'\n[[test]]\nline = 'a'\nrows = []\n")
    assert read_tests(file).config == str(file.parent / "c.toml")
