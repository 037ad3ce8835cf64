"""From options to patterns: a line that uWSGI would write is parsed into its values."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logshipper.errors import UserError
from logshipper.grok.expand import expand
from logshipper.grok.library import library
from logshipper.uwsgi.format_pattern import format_pattern
from logshipper.uwsgi.logformat import request_log
from logshipper.uwsgi.options import Options
from logshipper.uwsgi.snippet import whole_settings

LIBRARY = library()
COMBINED = '%(addr) - %(user) [%(ltime)] "%(method) %(uri) %(proto)" %(status) %(size) "%(referer)" "%(uagent)"'
VALUES = {
    "addr": "203.0.113.9, 10.0.2.2", "user": "Ann [B]", "ltime": "05/May/2017:14:51:39 +0000", "method": "GET",
    "uri": '/a b"c?d=e f', "proto": "HTTP/1.1", "status": "200", "size": "93", "referer": "http://x/",
    "uagent": 'Mozilla/5.0 "(X11)"',
}  # fmt: skip


def written(text: str, values: dict[str, str]) -> str:
    return re.sub(r"%\(([^)]+)\)", lambda found: values[found[1]], text)


def parse(pattern: str, line: str) -> dict[str, str] | None:
    expression = expand(f"^{pattern}$", LIBRARY)
    found = re.compile(expression.text, re.ASCII).search(line)
    names = [capture.field for capture in expression.captures]
    return {key: value for key, value in zip(names, found.groups(), strict=True) if value} if found else None


def modifiers(pattern: str) -> dict[str, str]:
    return {capture.field: capture.modifier for capture in expand(pattern, LIBRARY).captures}


def test_values_may_contain_the_delimiters_of_the_format() -> None:
    assert parse(format_pattern(COMBINED).text, written(COMBINED, VALUES)) == {
        "remoteAddr": "203.0.113.9, 10.0.2.2", "remoteUser": "Ann [B]", "ltime": "05/May/2017:14:51:39 +0000",
        "method": "GET", "uri": '/a b"c?d=e f', "httpVer": "1.1", "status": "200", "size": "93",
        "referer": "http://x/", "agent": 'Mozilla/5.0 "(X11)"',
    }  # fmt: skip


def test_a_dash_means_no_value() -> None:
    line = written(COMBINED, {**VALUES, "user": "-", "referer": "-", "uagent": "-x-", "proto": "-"})
    found = parse(format_pattern(COMBINED).text, line)
    assert found is not None
    assert {"remoteUser", "referer", "httpVer"} & set(found) == set()
    assert found["agent"] == "-x-"


@given(uri=st.text(st.characters(codec="latin-1", exclude_characters="\n\r"), max_size=60))
def test_any_uri_between_method_and_protocol_is_read(uri: str) -> None:
    found = parse(format_pattern(COMBINED).text, written(COMBINED, {**VALUES, "uri": uri}))
    if not re.search(r' (HTTP/[\d.]+|[^ /]*)" ', f"{uri} "):
        assert found is not None
        assert found.get("uri", "") == uri


@pytest.mark.parametrize(
    ("text", "field", "modifier"),
    [
        ("%(epoch) %(tmsecs) %(tmicros)", "tmicros", 'ts-"unix_us"'),
        ("%(epoch) %(tmsecs) %(ltime)", "tmsecs", "ts-epochmilli"),
        ("[%(ctime)] %(epoch)", "timestamp", "ts-ansic"),
        ("%(ltime) %(time)", "ltime", "ts-httpd"),
        ("%(time) %(epoch)", "startTime", "ts-epoch"),
        ("%(epoch) %(uri)", "epoch", "ts-epoch"),
        ("%(ftime) %(uri)", "ftime", "ts-httpd"),
    ],
)
def test_the_time_comes_from_the_most_precise_variable(text: str, field: str, modifier: str) -> None:
    found = modifiers(format_pattern(text).text)
    assert found[field] == modifier
    assert sum(one.startswith("ts") for one in found.values()) == 1


def test_ftime_follows_log_date_with_log_format_strftime() -> None:
    options = [("log-format", "%(ftime)|%(uri)"), ("log-date", "%Y/%m/%d"), ("log-format-strftime", "")]
    log = request_log(options)
    patterns = {**LIBRARY, "UWSGI_FTIME": log.custom_patterns.removeprefix("UWSGI_FTIME ")}
    captures = {one.field: one.modifier for one in expand(log.patterns[0], patterns).captures}
    assert captures["ftime"] == 'ts-"2006/01/02"'


def test_a_repeated_variable_is_one_field() -> None:
    assert parse(format_pattern("%(uri) %(status) %(uri)").text, "/a 200 /a") == {"uri": "/a", "status": "200"}


def test_other_variables_become_fields_of_their_own() -> None:
    text = "%(var.HTTP_X) %(metric.worker.1.requests) %(mine)|"
    assert modifiers(format_pattern(text).text) == {
        "var_HTTP_X": "", "metric_worker_1_requests": "int", "mine": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("options", "patterns"),
    [
        ([], ("%{UWSGI_LOG}", "%{UWSGI_LOG_VARIANT}")),
        ([("log-micros", "true")], ("%{UWSGI_LOG_MICROS}", "%{UWSGI_LOG_VARIANT}")),
        ([("log-micros", "false")], ("%{UWSGI_LOG}", "%{UWSGI_LOG_VARIANT}")),
        ([("memory-report", "true")], ("%{UWSGI_LOG_VARIANT}",)),
        ([("vhost", "")], ("%{UWSGI_LOG_VARIANT}",)),
        ([("log-x-forwarded-for", "1")], ("%{UWSGI_LOG_VARIANT}",)),
        ([("log-date", "%Y")], ("%{UWSGI_LOG}", "%{UWSGI_LOG_VARIANT}")),
        ([("log-encoder", "nl")], ("%{UWSGI_LOG}", "%{UWSGI_LOG_VARIANT}")),
    ],
)
def test_options_change_the_pattern_of_the_default_format(options: Options, patterns: tuple[str, ...]) -> None:
    assert request_log(options).patterns == patterns


@pytest.mark.parametrize(
    ("encoder", "line"),
    [
        ("prefix [web] ", "[web] /a 200"),
        ("suffix  end", " end/a 200"),
        ("suffix  end", "/a 200"),
        ("format ${strftime:%Y-%m-%d %H:%M} (${unix}) ${msg} <${micros}>", "2017-05-05 14:51 (14) /a 200 <7>"),
        ("format:requests ${msgnl}", "/a 200"),
    ],
)
def test_encoders_wrap_the_pattern(encoder: str, line: str) -> None:
    log = request_log([("log-format", "%(uri) %(status)"), ("log-encoder", encoder)])
    assert parse(log.patterns[0], line) == {"uri": "/a", "status": "200"}


def test_a_request_logger_uses_its_own_encoders() -> None:
    options = [("log-encoder", "prefix x"), ("req-logger", "file:/log/r.log"), ("log-req-encoder", "prefix y ")]
    log = request_log([("log-format", "%(uri)"), *options])
    assert log.patterns == ("^y %{GREEDYDATA:uri:tag}$",) or parse(log.patterns[0], "y /a") == {"uri": "/a"}
    assert log.files == ("/log/r.log",)


def test_a_json_format_is_read_by_its_literal_parts() -> None:
    text = '{"m":"%(method)","s":%(status),"t":%(tmsecs),"took":%(secs),"who":"%(user)","agent":"%(uagent)"}'
    log = request_log([("log-format", text)])
    assert log.data_format == "grok"
    line = '{"m":"GET","s":200,"t":1493995899007,"took":0.5,"who":"-","agent":"say "x", {y}"}'
    assert parse(log.patterns[0].strip("^$"), line) == {
        "method": "GET", "status": "200", "tmsecs": "1493995899007", "resTimeSecs": "0.5", "agent": 'say "x", {y}',
    }  # fmt: skip


def test_whole_settings_include_an_output() -> None:
    log = request_log([("log-format", "%(status) %(uri)"), ("logto", "/log/a.log")])
    assert whole_settings(log).splitlines() == [
        "[[inputs.tail]]",
        "  files = ['/log/a.log']",
        "  from_beginning = true",
        '  data_format = "grok"',
        "  grok_patterns = ['^%{UWSGI_NUMBER:status:int} %{DATA:uri:tag}$']",
        "",
        "[[outputs.sqlite]]",
        '  path = "requests.db"',
    ]


@pytest.mark.parametrize(
    ("template", "key", "time"),
    [
        ('{"timestamp":"${strftime:%Y-%m-%d %H:%M:%S%z}","message":"${msg}"}', "message",
         ("timestamp", "2006-01-02 15:04:05-0700")),
        ('{"at":${unix},"log":"${msg}"}', "log", ("at", "unix")),
        ('{"at":"${unix}","log":"${msgnl}"}', "log", ("at", "unix")),
        ('{"us": ${micros}, "msg": "${msg}", "at": ${unix}}', "msg", ("us", "unix_us")),
        ('{"source":"uwsgi","text":"${msg}"}', "text", ("", "")),
        ('{"week":"${strftime:%Y week %W}","text":"${msg}"}', "text", ("", "")),
    ],
)  # fmt: skip
def test_the_template_of_a_json_encoder_gives_the_keys_of_line_and_time(
    template: str, key: str, time: tuple[str, str]
) -> None:
    log = request_log([("log-encoder", f"json {template}"), ("log-encoder", "nl")])
    assert (log.message_key, (log.time_key, log.time_format), log.notes) == (key, time, ())


def test_text_around_the_line_in_a_json_template_is_part_of_the_pattern() -> None:
    log = request_log([("log-format", "%(uri)"), ("log-encoder", 'json {"m":"uwsgi: ${msg}."}')])
    assert log.patterns == (r"^uwsgi: %{DATA:uri:tag}\.$",)
    assert "add log-encoder = nl" in log.notes[0]


def test_a_json_encoder_makes_the_data_format_json() -> None:
    log = request_log([("log-encoder", 'json {"t":${unix},"msg":"${msg}"}')])
    assert (log.data_format, log.patterns[0]) == ("json", "%{UWSGI_LOG}")


@pytest.mark.parametrize(
    "options",
    [
        [("log-format", "nothing")],
        [("log-encoder", "gzip")],
        [("log-encoder", 'json {"t":${unix}}')],
        [("log-encoder", 'json {"a":{"t":"${msg}"}}')],
        [("log-encoder", 'json {"t":"${msg}"')],
        [("log-encoder", 'json {"t":"${msg}"}'), ("log-encoder", "prefix x")],
        [("log-format", "%(pid)%(wid)")],
    ],
)
def test_an_unreadable_format_is_a_user_error(options: Options) -> None:
    with pytest.raises(UserError):
        request_log(options)


def test_disable_logging_is_noted() -> None:
    assert "disable-logging" in request_log([("disable-logging", "true")]).notes[0]


@pytest.mark.parametrize(
    ("part", "note"),
    [("$(APP)", "log-format has $(APP), which is not set here"), ("@(exec://id)", "log-format has @(…)")],
)
def test_what_only_uwsgi_knows_is_noted(part: str, note: str) -> None:
    found = request_log([("log-format", f"{part} %(method) %(uri) %(status)")])
    assert [one.startswith(note) for one in found.notes] == [True]


def test_encoders_may_be_for_a_logger_of_some_name() -> None:
    found = request_log(
        [
            ("req-logger", "one file:/log/a.log"),
            ("log-req-encoder", 'json:one {"m":"${msg}"}'),
            ("log-req-encoder", "nl:one"),
        ]
    )
    assert (found.message_key, found.files, found.notes) == ("m", ("/log/a.log",), ())
