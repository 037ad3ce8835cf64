"""What goes out to people holds no secret, and nothing that a terminal obeys."""

import base64
import json
import logging
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logshipper import printable as module
from logshipper.printable import PrintableFormatter, in_columns, keep_secret, printable, visible, without_secrets

SECRET = 's3cr+t/"\\ü='


@pytest.fixture(autouse=True)
def no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_secrets", set())


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, and über", "plain, and über"),
        ("\x1b[2J\x07", r"\x1b[2J\x07"),
        ("a\r\nb\tc\x7f\x9b0m", r"a\x0d\x0ab\x09c\x7f\x9b0m"),
        ("\u202egnp.exe\u2066", r"\u202egnp.exe\u2066"),
        ("a\u2028b\x85c", r"a\u2028b\x85c"),
        ("name\udcff", r"name\udcff"),
    ],
)
def test_control_characters_are_made_visible(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text(st.characters(exclude_categories=()), max_size=30))
def test_any_text_becomes_one_line_that_can_be_encoded(text: str) -> None:
    shown = visible(text)
    assert shown.encode() or not text
    assert len(shown.splitlines()) <= 1


@pytest.mark.parametrize(
    "written",
    [SECRET, quote(SECRET, safe=""), json.dumps(SECRET), repr(SECRET), base64.b64encode(SECRET.encode()).decode()],
)
def test_a_secret_is_not_shown_however_it_is_written(written: str) -> None:
    keep_secret(SECRET)
    shown = printable(f"the server said: Token {written}, {written}")
    assert "s3cr" not in shown
    assert written not in shown
    assert shown.count("***") == 2


def test_longer_secrets_are_replaced_first() -> None:
    for secret in ("user:pass", "pass", "user"):
        keep_secret(secret)
    assert without_secrets("user:pass, pass") == "***, ***"


def test_texts_too_short_to_be_secrets_are_kept() -> None:
    for secret in ("", "a", "abc"):
        keep_secret(secret)
    assert printable("a quick abc") == "a quick abc"


def test_a_message_is_one_line_whatever_it_quotes() -> None:
    keep_secret("t0ken-t0ken")
    made = PrintableFormatter("%(levelname)s %(message)s")
    record = logging.LogRecord(
        "x", logging.ERROR, "x.py", 1, "%s: %s", ("/logs/a\nINFO all is well\x1b[8m", "t0ken-t0ken"), None
    )
    assert made.format(record) == r"ERROR /logs/a\x0aINFO all is well\x1b[8m: ***"


def test_a_logged_traceback_keeps_its_lines_but_no_secret() -> None:
    keep_secret("t0ken-t0ken")
    try:
        raise ValueError("t0ken-t0ken\x1b[2J")
    except ValueError as error:
        record = logging.LogRecord("x", logging.ERROR, "x.py", 1, "bug", (), (type(error), error, None))
    shown = PrintableFormatter("%(message)s").format(record)
    assert shown == "bug\nValueError: ***\\x1b[2J"


@given(st.text())
def test_a_text_in_columns_has_as_many_characters_and_none_that_is_not_printable(text: str) -> None:
    shown = in_columns(text)
    assert len(shown) == len(text)
    assert shown.isprintable()
