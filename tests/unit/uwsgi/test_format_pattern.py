"""The pattern of a log-format: roles of CGI variables, and adjacent values."""

import re

import pytest

from logshipper.errors import UserError
from logshipper.grok.expand import expand
from logshipper.grok.library import library
from logshipper.uwsgi.format_pattern import format_pattern

LIBRARY = library()


def parse(pattern: str, line: str) -> dict[str, str] | None:
    expression = expand(f"^{pattern}$", LIBRARY)
    found = re.compile(expression.text, re.ASCII).search(line)
    names = [capture.field for capture in expression.captures]
    return {key: value for key, value in zip(names, found.groups(), strict=True) if value} if found else None


def modifiers(pattern: str) -> dict[str, str]:
    return {capture.field: capture.modifier for capture in expand(pattern, LIBRARY).captures}


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("REMOTE_ADDR", "remoteAddr"), ("REMOTE_USER", "remoteUser"), ("REQUEST_URI", "uri"), ("PATH_INFO", "uri"),
        ("REQUEST_METHOD", "method"), ("HTTP_USER_AGENT", "agent"), ("HTTP_X_FORWARDED_FOR", "forwardedFor"),
        ("HTTP_X_REAL_IP", "realIp"), ("QUERY_STRING", "queryString"), ("HTTP_X", "var_HTTP_X"),
    ],
)  # fmt: skip
def test_a_cgi_variable_is_named_after_its_role(name: str, field: str) -> None:
    assert list(modifiers(format_pattern(f"%(var.{name})|%(status)").text)) == [field, "status"]


def test_the_path_is_not_a_second_uri() -> None:
    assert list(modifiers(format_pattern("%(var.PATH_INFO) %(uri)").text)) == ["var_PATH_INFO", "uri"]


@pytest.mark.parametrize(
    ("text", "line", "found", "unread"),
    [
        ("%(pid)%(proto)(x)%(ioerr)", "12HTTP/1.1(x)5", {"pid": "12", "httpVer": "1.1", "ioerr": "5"}, ""),
        ("%(status)%(uri)", "200/a", {"status": "200", "uri": "/a"}, ""),
        ("%(method)%(uri) %(status)", "GET/a 200", {"method": "GET", "uri": "/a", "status": "200"}, ""),
        ("[%(ctime)%(uri)", "[Fri May  5 14:51:39 2017/a", {"timestamp": "Fri May  5 14:51:39 2017", "uri": "/a"}, ""),
        ("%(pid)%(wid) %(uri)", "127 /a", {"uri": "/a"}, "%(pid), %(wid)"),
        ("%(uri)%(status) %(method)", "/a1200 GET", {"method": "GET"}, "%(uri), %(status)"),
        ("%(uri)%(uagent)|%(status)", "/acurl|200", {"status": "200"}, "%(uri), %(uagent)"),
        ("%(pid)%(wid)%(core) %(pid)", "1230 12", {"pid": "12"}, "%(pid), %(wid), %(core)"),
        ("%(msecs)%(micros)us %(secs)", "55000us 0.1", {"resTimeSecs": "0.1"}, "%(msecs), %(micros)"),
        ("%(proto)%(status) %(uri)", "HTTP/1.1200 /a", {"uri": "/a"}, "%(proto), %(status)"),
    ],
)
def test_adjacent_values_are_read_only_if_it_is_certain_where_one_ends(
    text: str, line: str, found: dict[str, str], unread: str
) -> None:
    made = format_pattern(text)
    assert parse(made.text, line) == found
    assert made.notes == ((f"nothing separates {unread}, so they are not read; put spaces between them in log-format",)
                          if unread else ())  # fmt: skip


@pytest.mark.parametrize("text", ["no variable", "%(pid)%(wid)", "%(uri)%(status)"])
def test_a_format_without_a_readable_variable_is_a_user_error(text: str) -> None:
    with pytest.raises(UserError):
        format_pattern(text)
