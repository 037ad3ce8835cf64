"""Timestamps to nanoseconds: examples of each kind, then any moment compared with datetime."""

import time
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logshipper.errors import UserError
from logshipper.times.timestamps import TIME_KINDS, time_parser

BERLIN = ZoneInfo("Europe/Berlin")
S, MS, US = 1_000_000_000, 1_000_000, 1_000


def ns(*parts: int, zone: tzinfo = UTC, nanos: int = 0) -> int:
    year, month, day, hour, minute, second = (*parts, 0, 0, 0)[:6]
    return int(datetime(year, month, day, hour, minute, second, tzinfo=zone).timestamp()) * S + nanos


AT = ns(2017, 5, 5, 14, 51, 39)


@pytest.mark.parametrize(
    ("kind", "text", "time", "precision"),
    [
        ("ts-uwsgi", "[Fri May  5 14:51:39 2017]", AT, S),
        ("ts-uwsgi", "Fri May  5 14:51:39 2017", AT, S),
        ("ts-ansic", "Fri May  5 14:51:39 2017", AT, S),
        ("ts-unix", "Fri May  5 14:51:39 UTC 2017", AT, S),
        ("ts-unix", "Fri May  5 07:51:39 MST 2017", AT, S),
        ("ts-ruby", "Fri May 05 16:51:39 +0200 2017", AT, S),
        ("ts-rfc822", "05 May 17 14:51 GMT", AT - 39 * S, S),
        ("ts-rfc822z", "05 May 17 14:51 +0000", AT - 39 * S, S),
        ("ts-rfc850", "Friday, 05-May-17 14:51:39 GMT", AT, S),
        ("ts-rfc1123", "Fri, 05 May 2017 10:51:39 EDT", AT, S),
        ("ts-rfc1123z", "Fri, 05 May 2017 10:51:39 -0400", AT, S),
        ("ts-rfc3339", "2017-05-05T14:51:39Z", AT, S),
        ("ts-rfc3339", "2017-05-05T14:51:39.5Z", AT + 500 * MS, 100 * MS),
        ("ts-rfc3339nano", "2017-05-05T15:51:39.000000001+01:00", AT + 1, 1),
        ("ts-httpd", "05/May/2017:16:51:39 +0200", AT, S),
        ("ts-syslog", "May  5 14:51:39", AT, S),
        ("ts-epoch", "1493995899", AT, S),
        ("ts-epoch", "1493995899.123456789123", AT + 123_456_789, 1),
        ("ts-epoch", "1493995899.25", AT + 250 * MS, 10 * MS),
        ("ts-epochmilli", "1493995899007", AT + 7 * MS, MS),
        ("ts-epochmicro", "1493995899000007", AT + 7 * US, US),
        ("ts-epochnano", "1493995899000000007", AT + 7, 1),
        ('ts-"2006-01-02 15:04:05.000"', "2017-05-05 14:51:39,555", AT + 555 * MS, MS),
        ('ts-"02/01/2006 15:04:05"', "05/05/2017 14:51:39", AT, S),
        ('ts-"Jan 2 15:04:05"', "May 5 14:51:39", AT, S),
        ('ts-"2006-01-02 15:04:05 MST"', "2017-05-05 16:51:39 CEST", AT, S),
        ('ts-"RFC3339"', "2017-05-05T14:51:39Z", AT, S),
        ('ts-"stampmilli"', "May  5 14:51:39.120", AT + 120 * MS, MS),
        ('ts-"unix_us"', "1493995899000007", AT + 7 * US, US),
    ],
)
def test_each_kind_of_timestamp_is_read_with_its_precision(kind: str, text: str, time: int, precision: int) -> None:
    zone: tzinfo = BERLIN if "CEST" in text else UTC
    parser = time_parser(kind, zone, now=lambda: datetime(2017, 6, 1, tzinfo=UTC))
    assert parser.parse_precisely(text) == (time, precision)
    assert parser.parse(text) == time
    assert parser.variable or parser.precision == precision


@pytest.mark.parametrize("text", ["Fri, 05 May 2017 14:51:39 GMT", "05/May/2017:14:51:39 +0000",
                                  "2017-05-05T14:51:39Z", "Fri May  5 14:51:39 2017"])  # fmt: skip
def test_plain_ts_tries_every_named_layout(text: str) -> None:
    assert time_parser("ts", UTC).parse(text) == AT


@pytest.mark.parametrize("kind", TIME_KINDS)
@pytest.mark.parametrize(
    "text",
    [
        *("", "-", "foobar", "9" * 30, "9999-12-31T23:59:59Z", "Fri May  5 14:51:39 9999"),
        *("[Fri Feb 31 14:51:39 2017]", "[Fri May  5 14:51:6² 2017]"),
    ],
)
def test_text_that_is_not_a_timestamp_is_none(kind: str, text: str) -> None:
    assert time_parser(kind, UTC).parse(text) is None


def test_times_before_and_after_a_clock_change_are_correct() -> None:
    parser = time_parser("ts-uwsgi", BERLIN)
    assert parser.parse("[Sun Mar 26 01:59:59 2017]") == ns(2017, 3, 26, 0, 59, 59)
    assert parser.parse("[Sun Mar 26 03:00:00 2017]") == ns(2017, 3, 26, 1, 0, 0)
    assert parser.parse("[Sun Oct 29 01:59:59 2017]") == ns(2017, 10, 28, 23, 59, 59)
    assert parser.parse("[Sun Oct 29 03:00:00 2017]") == ns(2017, 10, 29, 2, 0, 0)


def test_an_ambiguous_hour_is_taken_as_the_first() -> None:
    assert time_parser("ts-uwsgi", BERLIN).parse("[Sun Oct 29 02:30:00 2017]") == ns(2017, 10, 29, 0, 30, 0)


@pytest.mark.parametrize(
    ("text", "now", "year"),
    [
        ("May  5 14:51:39", datetime(2017, 6, 1), 2017),
        ("Dec 31 23:59:59", datetime(2018, 1, 1), 2017),
        ("Jan  1 00:00:10", datetime(2017, 12, 31, 23, 59), 2018),  # a clock that is a little ahead
        ("Feb 29 12:00:00", datetime(2018, 3, 1), 2016),
    ],
)
def test_a_missing_year_is_the_latest_one_not_in_the_future(text: str, now: datetime, year: int) -> None:
    parsed = time_parser("ts-syslog", UTC, now=lambda: now.replace(tzinfo=UTC)).parse(text)
    assert parsed is not None
    assert time.gmtime(parsed // S).tm_year == year


def test_a_zone_abbreviation_is_looked_up_in_the_logs_zone_first() -> None:
    text = "Fri May 05 14:51:39 CST 2017"
    assert time_parser("ts-unix", UTC).parse(text) == AT + 6 * 3600 * S
    assert time_parser("ts-unix", ZoneInfo("Asia/Shanghai")).parse(text) == AT - 8 * 3600 * S
    assert time_parser("ts-unix", UTC).parse("Fri May 05 14:51:39 XYZ 2017") is None


@pytest.mark.parametrize(
    ("kind", "fix"), [("ts-htpd", "did you mean ts-httpd?"), ("ts-", "did you mean"), ('ts-"foo"', "Go")]
)
def test_an_unknown_kind_is_a_user_error(kind: str, fix: str) -> None:
    with pytest.raises(UserError, match="time") as caught:
        time_parser(kind, UTC)
    assert fix in str(caught.value)


MOMENTS = st.datetimes(min_value=datetime(1700, 1, 1), max_value=datetime(2250, 1, 1))
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"])
LAYOUTS = {
    'ts-"2006-01-02 15:04:05.000000"': "%Y-%m-%d %H:%M:%S.%f",
    'ts-"02/Jan/2006:15:04:05.999999"': "%d/%b/%Y:%H:%M:%S.%f",
    'ts-"Mon January 2 2006 03:04:05.000000 PM"': "%a %B %d %Y %I:%M:%S.%f %p",
    'ts-"2006 002 150405,000000"': "%Y %j %H%M%S,%f",
}


@given(moment=MOMENTS, zone=ZONES, kind=st.sampled_from(sorted(LAYOUTS)))
def test_any_local_time_parses_as_with_datetime(moment: datetime, zone: str, kind: str) -> None:
    local = moment.replace(tzinfo=ZoneInfo(zone))
    expected = (local - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * US
    text = local.strftime(LAYOUTS[kind])
    assert time_parser(kind, ZoneInfo(zone)).parse(text) == expected


@given(moment=MOMENTS, zone=ZONES)
def test_any_ctime_parses_as_with_datetime(moment: datetime, zone: str) -> None:
    local = moment.replace(microsecond=0, tzinfo=ZoneInfo(zone))
    expected = (local - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1) * S
    parser = time_parser("ts-uwsgi", ZoneInfo(zone))
    assert parser.parse(f"[{local.ctime()}]") == expected
    assert time_parser("ts-ansic", ZoneInfo(zone)).parse(local.ctime()) == expected


@given(kind=st.sampled_from(TIME_KINDS), text=st.text(max_size=40))
def test_no_text_makes_a_parser_fail(kind: str, text: str) -> None:
    stamp = time_parser(kind, UTC).parse_precisely(text)
    assert stamp is None or (abs(stamp[0]) < 2**63 and 1 <= stamp[1] <= S)
