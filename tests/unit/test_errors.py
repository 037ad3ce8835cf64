"""Errors that a user can fix: one line with what, where and the fix."""

import pickle

import pytest

from logshipper.errors import Location, RunError, UserError


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (UserError("no bucket"), "no bucket"),
        (UserError("no bucket", where="a.toml, line 7"), "a.toml, line 7: no bucket"),
        (UserError("no bucket", fix='bucket = "b"'), 'no bucket; bucket = "b"'),
        (UserError("no bucket", where="a.toml", fix='bucket = "b"'), 'a.toml: no bucket; bucket = "b"'),
        (UserError("two\nlines", fix="one\nmore"), "two lines; one more"),
    ],
)
def test_an_error_is_always_one_line(error: UserError, line: str) -> None:
    assert str(error) == line


def test_errors_in_settings_and_usage_exit_with_2_and_later_errors_with_1() -> None:
    assert (UserError("x").exit_code, RunError("x").exit_code) == (2, 1)
    assert isinstance(RunError("x"), UserError)


def test_an_error_can_be_pickled_without_losing_its_fix() -> None:
    sent = pickle.loads(pickle.dumps(UserError("what", where=Location("a.toml", 3), fix="this")))
    assert (str(sent), sent.fix) == ("a.toml, line 3: what; this", "this")
