"""Telegraf's grok semantics as a table: a pattern, a line, and its point."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest

from logshipper.errors import UserError
from logshipper.model import Chunk
from logshipper.settings.options import Agent, Grok, Input, Settings
from logshipper.wiring.parsers import build_parser
from tests.support.line_protocol_reader import Point, points

S, MS, US = 1_000_000_000, 1_000_000, 1_000
AT = 1_493_995_899 * S  # 2017-05-05 14:51:39 UTC


@dataclass(frozen=True)
class Row:
    """`time` is without the unique digits; None for a point with the time of arrival."""

    name: str
    pattern: str
    line: str
    fields: dict[str, Any]
    tags: dict[str, str] = field(default_factory=dict)
    time: int | None = None
    custom: str = ""
    measurement: str = "m"
    timezone: str = "UTC"


MODIFIERS = [
    Row("no modifier is a string", "%{NUMBER:a} %{WORD:b}", "1 x", {"a": "1", "b": "x"}),
    Row("a name is needed to be captured", "%{NUMBER} %{WORD:b}", "1 x", {"b": "x"}),
    Row("string", "%{NUMBER:a:string}", "1.50", {"a": "1.50"}),
    Row("int", "%{NUMBER:a:int}", "-42", {"a": -42}),
    Row("int with a sign", "%{NUMBER:a:int} %{WORD:b}", "+42 x", {"a": 42, "b": "x"}),
    Row("int in hexadecimal", "%{NOTSPACE:a:int} %{WORD:b}", "0x1F x", {"a": 31, "b": "x"}),
    Row("int in binary", "%{NOTSPACE:a:int} %{WORD:b}", "0b101 x", {"a": 5, "b": "x"}),
    Row("an invalid int is left out", "%{NOTSPACE:a:int} %{WORD:b}", "1.5 x", {"b": "x"}),
    Row("an int beyond 64 bits is left out", "%{NUMBER:a:int} %{WORD:b}", "9223372036854775808 x", {"b": "x"}),
    Row("float", "%{NUMBER:a:float}", "1.25", {"a": 1.25}),
    Row("a whole float", "%{NUMBER:a:float}", "3", {"a": 3.0}),
    Row("float with an exponent", "%{NOTSPACE:a:float}", "1e3", {"a": 1000.0}),
    Row("an invalid float is left out", "%{NOTSPACE:a:float} %{WORD:b}", "nan x", {"b": "x"}),
    Row("tag", "%{WORD:a:tag} %{WORD:b}", "x y", {"b": "y"}, {"a": "x"}),
    Row("drop", "%{WORD:a:drop} %{WORD:b}", "x y", {"b": "y"}),
    Row("duration", "%{NOTSPACE:a:duration}", "5.432ms", {"a": 5_432_000}),
    Row("duration of parts", "%{NOTSPACE:a:duration}", "1h2m3.5s", {"a": 3_723_500_000_000}),
    Row("duration in microseconds", "%{DURATION:a:duration}", "5.432µs", {"a": 5432}),
    Row("an invalid duration is left out", "%{NOTSPACE:a:duration} %{WORD:b}", "5x y", {"b": "y"}),
    Row("measurement", "%{WORD:a:measurement} %{WORD:b}", "other y", {"b": "y"}, measurement="other"),
    Row("an empty value is left out", "<%{DATA:a}> %{WORD:b}", "<> y", {"b": "y"}),
    Row("a name of a regular expression", "(?P<a>x+) %{WORD:b}", "xx y", {"a": "xx", "b": "y"}),
    Row("modifiers in custom patterns", "%{PAIR}", "1 x", {"a": 1}, {"b": "x"},
        custom="PAIR %{INT:a:int} %{WORD:b:tag}"),
    Row("custom patterns inside each other", "%{A}", "1 x", {"n": 1}, {"w": "x"},
        custom="A %{B} %{C}\nB %{D}\nC %{WORD:w:tag}\nD %{INT:n:int}"),
    Row("a pattern is searched for within the line", "%{INT:a:int}ms", "took 42ms in all", {"a": 42}),
    Row("spaces around a pattern are ignored", "\n  %{INT:a:int}\n", "42", {"a": 42}),
]  # fmt: skip

ONE_NAME_TWICE = [
    Row("of one name the last value", "%{WORD:a} %{WORD:a}", "x y", {"a": "y"}),
    Row("of one name the last value that is not empty", "<%{DATA:a}> <%{DATA:a}>", "<x> <>", {"a": "x"}),
    Row("alternatives", "(?:a=%{WORD:v}|b=%{INT:v})", "b=5", {"v": "5"}),
    Row("the last type", "%{WORD:n} %{WORD:y} %{NUMBER:n:int} %{WORD:z}", "a b 5 c", {"n": 5, "y": "b", "z": "c"}),
    Row("the last type, before a name without one", "%{NUMBER:n:int} %{NUMBER:n}", "1 2", {"n": 2}),
    Row("a field that becomes a tag", "%{WORD:n} %{WORD:n:tag} %{INT:i:int}", "x y 1", {"i": 1}, {"n": "y"}),
    Row("a tag that becomes a field", "%{WORD:n:tag} %{WORD:n:string}", "x y", {"n": "y"}),
    Row("a value that is dropped", "%{WORD:n} %{WORD:n:drop} %{WORD:z}", "x y z", {"z": "z"}),
    Row("two times of one name", "(?:%{NUMBER:t:ts-epoch}|-) (?:%{NUMBER:t:ts-epoch}|-) %{INT:a:int}",
        "1493995898 1493995899 1", {"a": 1}, time=AT),
    Row("three values", "%{WORD:a} %{DATA:a}; %{DATA:a};", "x y; ;", {"a": "y"}),
    Row("a field like the one that a query becomes", "%{WORD:query} %{NOTSPACE:uri:tag}", "x /a?b=1",
        {"query": "x", "query_1": "b=1"}, {"uri": "/a"}),
    Row("micros twice", "%{INT:resTimeMicros:int} %{INT:resTimeMicros:int}", "1 2000",
        {"resTimeMicros": 2000, "resTime": 2}),
]  # fmt: skip

TIMES = [
    Row("ts-ansic", "%{GREEDYDATA:t:ts-ansic};%{INT:a:int}", "Fri May  5 14:51:39 2017;1", {"a": 1}, time=AT),
    Row("ts-unix", "%{GREEDYDATA:t:ts-unix};%{INT:a:int}", "Fri May  5 07:51:39 MST 2017;1", {"a": 1}, time=AT),
    Row("ts-ruby", "%{GREEDYDATA:t:ts-ruby};%{INT:a:int}", "Fri May 05 16:51:39 +0200 2017;1", {"a": 1}, time=AT),
    Row("ts-rfc822", "%{GREEDYDATA:t:ts-rfc822};%{INT:a:int}", "05 May 17 14:51 UTC;1", {"a": 1}, time=AT - 39 * S),
    Row("ts-rfc822z", "%{GREEDYDATA:t:ts-rfc822z};%{INT:a:int}", "05 May 17 14:51 +0000;1", {"a": 1}, time=AT - 39 * S),
    Row("ts-rfc850", "%{GREEDYDATA:t:ts-rfc850};%{INT:a:int}", "Friday, 05-May-17 14:51:39 UTC;1", {"a": 1}, time=AT),
    Row("ts-rfc1123", "%{GREEDYDATA:t:ts-rfc1123};%{INT:a:int}", "Fri, 05 May 2017 14:51:39 UTC;1", {"a": 1}, time=AT),
    Row("ts-rfc1123z", "%{GREEDYDATA:t:ts-rfc1123z};%{INT:a:int}", "Fri, 05 May 2017 10:51:39 -0400;1", {"a": 1},
        time=AT),
    Row("ts-rfc3339", "%{NOTSPACE:t:ts-rfc3339} %{INT:a:int}", "2017-05-05T14:51:39Z 1", {"a": 1}, time=AT),
    Row("ts-rfc3339nano", "%{NOTSPACE:t:ts-rfc3339nano} %{INT:a:int}", "2017-05-05T14:51:39.000000007Z 1", {"a": 1},
        time=AT + 7),
    Row("ts-httpd", r"\[%{HTTPDATE:t:ts-httpd}\] %{INT:a:int}", "[05/May/2017:16:51:39 +0200] 1", {"a": 1}, time=AT),
    Row("ts-epoch", "%{NUMBER:t:ts-epoch} %{INT:a:int}", "1493995899 1", {"a": 1}, time=AT),
    Row("ts-epoch with a fraction", "%{NUMBER:t:ts-epoch} %{INT:a:int}", "1493995899.123456789 1", {"a": 1},
        time=AT + 123_456_789),
    Row("ts-epochmilli", "%{NUMBER:t:ts-epochmilli} %{INT:a:int}", "1493995899007 1", {"a": 1}, time=AT + 7 * MS),
    Row("ts-epochnano", "%{NUMBER:t:ts-epochnano} %{INT:a:int}", "1493995899000000007 1", {"a": 1}, time=AT + 7),
    Row("a Go layout", '%{TIMESTAMP_ISO8601:t:ts-"2006-01-02 15:04:05"} %{INT:a:int}', "2017-05-05 14:51:39 1",
        {"a": 1}, time=AT),
    Row("a comma before the fraction", '%{TIMESTAMP_ISO8601:t:ts-"2006-01-02 15:04:05.000"} %{INT:a:int}',
        "2017-05-05 14:51:39,555 1", {"a": 1}, time=AT + 555 * MS),
    Row("plain ts learns the layout", r"\[%{HTTPDATE:t:ts}\] %{INT:a:int}", "[05/May/2017:14:51:39 +0000] 1", {"a": 1},
        time=AT),
    Row("timezone", '%{DATA:t:ts-"2006-01-02 15:04:05"};%{INT:a:int}', "2017-05-05 16:51:39;1", {"a": 1}, time=AT,
        timezone="Europe/Berlin"),
    Row("a zone in the line comes first", "%{NOTSPACE:t:ts-rfc3339} %{INT:a:int}", "2017-05-05T14:51:39Z 1", {"a": 1},
        time=AT, timezone="Europe/Berlin"),
]  # fmt: skip

CLF = '127.0.0.1 user-identifier frank [10/Oct/2000:13:55:36 -0700] "GET /apache_pb.gif HTTP/1.0" 200 2326'
CLF_FIELDS = {
    "client_ip": "127.0.0.1", "ident": "user-identifier", "auth": "frank", "request": "/apache_pb.gif",
    "http_version": 1.0, "resp_bytes": 2326,
}  # fmt: skip
CLF_TAGS = {"verb": "GET", "resp_code": "200"}
CLF_TIME = 971_211_336 * S
BUILT_IN = [
    Row("COMMON_LOG_FORMAT", "%{COMMON_LOG_FORMAT}", CLF, CLF_FIELDS, CLF_TAGS, CLF_TIME),
    Row("an IPv6 address", "%{COMMON_LOG_FORMAT}", CLF.replace("127.0.0.1", "2001:db8::7334"),
        {**CLF_FIELDS, "client_ip": "2001:db8::7334"}, CLF_TAGS, CLF_TIME),
    Row("a short IPv6 address", "%{COMMON_LOG_FORMAT}", CLF.replace("127.0.0.1", "::1"),
        {**CLF_FIELDS, "client_ip": "::1"}, CLF_TAGS, CLF_TIME),
    Row("no bytes", "%{COMMON_LOG_FORMAT}", CLF.replace("2326", "-"),
        {key: value for key, value in CLF_FIELDS.items() if key != "resp_bytes"}, CLF_TAGS, CLF_TIME),
    Row("no request", "%{COMMON_LOG_FORMAT}", '1.2.3.4 - - [10/Oct/2000:13:55:36 -0700] "\\x16\\x03" 400 226',
        {"client_ip": "1.2.3.4", "ident": "-", "auth": "-", "resp_bytes": 226}, {"resp_code": "400"}, CLF_TIME),
    Row("COMBINED_LOG_FORMAT", "%{COMBINED_LOG_FORMAT}", CLF + ' "-" "Mozilla/5.0 (X11)"',
        {**CLF_FIELDS, "referrer": "-", "agent": "Mozilla/5.0 (X11)"}, CLF_TAGS, CLF_TIME),
    Row("a pattern around it", r"\[httpd\] %{COMBINED_LOG_FORMAT} %{UUID:u:drop} %{NUMBER:us:int}",
        f'[httpd] {CLF} "-" "X" 6f61bc44-321b-11e6-8050-000000000000 2513',
        {**CLF_FIELDS, "referrer": "-", "agent": "X", "us": 2513}, CLF_TAGS, CLF_TIME),
    Row("HTTPD20_ERRORLOG", "%{HTTPD_ERRORLOG}",
        "[Mon Aug 26 22:14:00 2019] [error] [client 10.0.2.2] File does not exist: /a",
        {"timestamp": "Mon Aug 26 22:14:00 2019", "clientip": "10.0.2.2", "errormsg": "File does not exist: /a"},
        {"loglevel": "error"}, 1_566_857_640 * S),
    Row("HTTPD24_ERRORLOG", "%{HTTPD_ERRORLOG}",
        "[Wed Oct 11 14:32:52 2017] [core:error] [pid 35708:tid 4328636416] [client 72.15.9.7:1234] AH00128: File: /a",
        {"timestamp": "Wed Oct 11 14:32:52 2017", "module": "core", "pid": 35708, "tid": 4328636416,
         "client": "72.15.9.7", "clientport": "1234", "errorcode": "AH00128", "message": "File: /a"},
        {"loglevel": "error"}, 1_507_732_372 * S),
    Row("HTTPD24_ERRORLOG with microseconds", "%{HTTPD24_ERRORLOG}",
        "[Wed Oct 11 14:32:52.871121 2017] [core:error] [pid 7:tid 4] AH00128: File: /a",
        {"timestamp": "Wed Oct 11 14:32:52.871121 2017", "module": "core", "pid": 7, "tid": 4, "errorcode": "AH00128",
         "message": "File: /a"}, {"loglevel": "error"}, 1_507_732_372 * S + 871_121 * US),
    Row("EXAMPLE_LOG", "%{EXAMPLE_LOG}", "[04/Jun/2016:12:41:45 +0100] 1.25 200 192.168.1.1 5.432µs",
        {"myfloat": 1.25, "clientip": "192.168.1.1", "response_time_ns": 5432}, {"response_code": "200"},
        1_465_040_505 * S),
    Row("HOST and HOSTPORT", "%{HOST:h} %{HOSTPORT:p}", "a.example.org b.example.org:80",
        {"h": "a.example.org", "p": "b.example.org:80"}),
    Row("NGUSER", "%{NGUSER:u}", "ann.b+shop@example.org", {"u": "ann.b+shop@example.org"}),
    Row("QS and URIPATHPARAM", "%{QS:q} %{URIPATHPARAM:u}", '"a b" /x?y=[1]', {"q": '"a b"', "u": "/x?y=[1]"}),
    Row("IP", "%{IP:a} %{IP:b}", "10.0.0.1 fe80::1", {"a": "10.0.0.1", "b": "fe80::1"}),
    Row("LOGLEVEL and UUID", "%{LOGLEVEL:l:tag} %{UUID:u}", "WARNING 6f61bc44-321b-11e6-8050-000000000000",
        {"u": "6f61bc44-321b-11e6-8050-000000000000"}, {"l": "WARNING"}),
]  # fmt: skip


def parse(*lines: str, unique: Literal["auto", "disable"] = "auto", **options: Any) -> tuple[list[Point], list[str]]:
    """Return the points of the lines, and the reasons of rejected ones."""
    grok = Grok(unique_timestamp=unique, **{"measurement": "m", "timezone": "UTC", **options})
    settings = Settings(agent=Agent(omit_hostname=True), inputs=[Input(files=["x"], grok=grok)])
    parser = build_parser(settings, settings.inputs[0])
    data = "".join(f"{line}\n" for line in lines).encode()
    batch = parser.parse(Chunk("", 12345, 0, data, len(data)), parser.memory(""))
    text = "".join(f"{point}\n" for point in batch.points).encode("latin-1").decode()
    return list(points(text)), [line.reason for line in batch.rejected]


@pytest.mark.parametrize("row", [*MODIFIERS, *ONE_NAME_TWICE, *TIMES, *BUILT_IN], ids=lambda row: row.name)
def test_a_line_becomes_the_point_that_telegraf_would_write(row: Row) -> None:
    found, rejected = parse(
        row.line, unique="disable", patterns=[row.pattern], custom_patterns=row.custom, timezone=row.timezone
    )
    assert rejected == []
    assert [(point.measurement, point.tags, point.fields) for point in found] == [
        (row.measurement, row.tags, row.fields)
    ]
    assert row.time is None or found[0].time == row.time
    assert {name: type(value) for name, value in found[0].fields.items()} == {
        name: type(value) for name, value in row.fields.items()
    }


def test_patterns_are_tried_in_order() -> None:
    found, rejected = parse("x 1", "2 y", "!", patterns=["%{INT:a:int} %{WORD:b}", "%{WORD:c} %{INT:d:int}"])
    assert [point.fields for point in found] == [{"a": 2, "b": "y"}, {"c": "x", "d": 1}]
    assert rejected == ["no pattern matches"]


def test_custom_patterns_can_use_and_override_those_of_pattern_files(tmp_path: Path) -> None:
    file = tmp_path / "patterns"
    file.write_text("# a comment\nMINE %{WORD:a}\nOTHER %{INT:n:int}\n")
    found, _ = parse("1", patterns=["%{MINE}"], custom_patterns="MINE %{OTHER}", custom_pattern_files=[str(file)])
    assert found[0].fields == {"n": 1}


@pytest.mark.parametrize(
    ("kind", "stamp", "precision"),
    [("ts-epoch", "1493995899", S), ("ts-epochmilli", "1493995899007", MS), ("ts-epoch", "1493995899.25", 10 * MS)],
)
def test_unique_timestamp_uses_the_digits_below_the_timestamps_precision(kind: str, stamp: str, precision: int) -> None:
    lines = [f"{stamp} {number % 2}" for number in range(500)]
    pattern = f"%{{NUMBER:t:{kind}}} %{{INT:a:int}}"
    found, _ = parse(*lines, patterns=[pattern])
    exact, _ = parse(*lines, unique="disable", patterns=[pattern])
    assert len({point.time for point in exact}) == 1
    times = [point.time or 0 for point in found]
    assert len(set(times)) == 500
    assert {time // precision for time in times} == {(exact[0].time or 0) // precision}


@pytest.mark.parametrize(
    ("pattern", "custom", "message"),
    [
        ("%{NUMBR:a}", "", "did you mean NUMBER?"),
        ("%{NUMBER:a:integer}", "", "the modifier :integer of a is not known"),
        ("%{NUMBER:a:ts-htpd}", "", "did you mean ts-httpd?"),
        ("%{NUMBER:a:ts-epoch} %{NUMBER:b:ts-epoch}", "", "more than one value has a ts modifier"),
        ("%{A}", "A %{B}\nB %{A}", "refers to itself"),
        ("%{NUMBER:a", "", "the pattern names no value"),
        ("(%{NUMBER:a}", "", "invalid regular expression"),
    ],
)
def test_an_invalid_pattern_is_an_error_with_the_reason(pattern: str, custom: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        parse("x", patterns=[pattern], custom_patterns=custom)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("pattern", "line", "name"),
    [
        ("%{UWSGI_NUMBER:a:int}", "1", "uwsgi_log"),
        (
            "%{NGINX_ACCESS_LOG}",
            '::1 - - [05/May/2017:14:51:39 +0000] "GET / HTTP/2.0" 200 5 "-" "-"',
            "nginx_access_log",
        ),
        ("%{INT:a:int}", "1", "logparser"),
    ],
)
def test_the_default_measurement_is_named_after_the_pattern_or_the_plugin(pattern: str, line: str, name: str) -> None:
    assert parse(line, patterns=[pattern], measurement="")[0][0].measurement == name


@pytest.mark.parametrize(
    ("patterns", "plugin", "name"),
    [
        (["%{INT:a:int}"], "tail", "tail"),
        (["%{INT:a:int}"], "logparser", "logparser"),
        (["%{COMBINED_LOG_FORMAT}", "%{INT:a:int}"], "tail", "tail"),
        (["%{WORD:m:measurement}|%{INT:a:int}"], "tail", "tail"),
        (["%{UWSGI_LOG}", "%{INT:a:int}"], "tail", "uwsgi_log"),
    ],
)
def test_without_a_common_pattern_name_the_measurement_is_named_after_the_plugin(
    patterns: list[str], plugin: Literal["tail", "logparser"], name: str
) -> None:
    given = Input(files=["x"], grok=Grok(patterns=patterns), plugin=plugin)
    assert build_parser(Settings(inputs=[given]), given).rules.prefix.measurement == name


# -- where this program differs from Telegraf, on purpose -----------------------------------------------


def test_an_invalid_timestamp_rejects_the_line_instead_of_inventing_a_time() -> None:
    found, rejected = parse("foo 1", patterns=["%{WORD:t:ts-epoch} %{INT:a:int}"])
    assert found == []
    assert rejected == ["no time: 'foo' is not a date"]


def test_a_leading_zero_does_not_mean_octal() -> None:
    assert parse("010 x", patterns=["%{INT:a:int} %{WORD:b}"])[0][0].fields["a"] == 10


def test_a_line_of_tags_only_gets_a_count_field() -> None:
    found, _ = parse("x", patterns=["%{WORD:a:tag}"])
    assert (found[0].tags, found[0].fields) == ({"a": "x"}, {"count": 1})


def test_of_alternatives_with_the_same_name_the_matching_one_is_used() -> None:
    found, _ = parse("x", "1", patterns=["(?:%{INT:a}|%{WORD:a})"])
    assert [point.fields for point in found] == [{"a": "x"}, {"a": "1"}]


def test_a_value_named_timestamp_is_the_time_if_it_is_a_date() -> None:
    found, _ = parse("2017-05-05 14:51:39|1", unique="disable", patterns=[r"%{DATA:timestamp}\|%{INT:a:int}"])
    assert found[0].time == AT
    assert found[0].fields == {"timestamp": "2017-05-05 14:51:39", "a": 1}
