"""uWSGI's log encoders: each changes a line's pattern as it changes the line."""

import re

import pytest

from logshipper.errors import UserError
from logshipper.uwsgi.encoders import Encoded, encoded

PATTERN = r"GET /\w+"


@pytest.mark.parametrize(
    ("encoder", "line"),
    [
        ("prefix [shop] ", "[shop] GET /a"),
        ("prefix a.b ", "a.b GET /a"),
        ("nl", "GET /a"),
        ("format ${msg} end", "GET /a end"),
        ("format ${unix} ${msgnl}", "1494000000 GET /a"),
        ("format ${strftime:%Y-%m-%d} ${msg}", "2017-05-05 GET /a"),
        ("format:main ${micros}: ${msg}", "1494000000123456: GET /a"),
    ],
)
def test_an_encoded_line_matches_the_encoded_pattern(encoder: str, line: str) -> None:
    found = encoded(encoder, Encoded((PATTERN,)))
    assert found.message_key == ""
    assert re.fullmatch(found.patterns[0], line)


def test_literal_text_in_an_encoder_stays_literal() -> None:
    (pattern,) = encoded("prefix a.b ", Encoded((PATTERN,))).patterns
    assert not re.fullmatch(pattern, "axb GET /a")


@pytest.mark.parametrize("line", ["GET /a", "<end>GET /a"])
def test_a_suffix_may_begin_the_next_line(line: str) -> None:
    (pattern,) = encoded("suffix <end>", Encoded((PATTERN,))).patterns
    assert re.fullmatch(pattern, line)


def test_each_pattern_is_encoded() -> None:
    assert encoded("prefix x ", Encoded(("a", "b"))).patterns == ("x a", "x b")


def test_a_json_template_gives_the_keys_of_message_and_time() -> None:
    found = encoded('json {"t":${unix},"msg":"${msg}"}', Encoded((PATTERN,)))
    assert found == Encoded((PATTERN,), message_key="msg", time_key="t", time_format="unix")


@pytest.mark.parametrize("encoder", ['json {"t":${unix}}', "gzip", "zlib:x", "base64"])
def test_an_encoder_that_does_not_write_lines_is_a_user_error(encoder: str) -> None:
    with pytest.raises(UserError):
        encoded(encoder, Encoded((PATTERN,)))
