"""Prefixes that syslog, journald, containers and loggers add to a line."""

import pytest

from logshipper.uwsgi.line_prefix import Prefixed, carried, logged

TEXT = "Traceback (most recent call last):"


@pytest.mark.parametrize(
    ("prefix", "date"),
    [
        ("Aug 10 09:43:27 www1 demo[12893]: ", "Aug 10 09:43:27"),
        ("Aug  1 09:43:27 www1 uwsgi: ", "Aug  1 09:43:27"),
        ("<30>Aug 10 09:43:27 www1 devstack@keystone.service[8]: ", "Aug 10 09:43:27"),
        ("Aug 10 09:43:27.123456 www1.example.com demo[12893]: ", "Aug 10 09:43:27"),
        ("2024-04-17T00:19:30.123456+02:00 www1 demo[12893]: ", "2024-04-17T00:19:30+02:00"),
        ("2024-04-17T00:19:30+0000 www1 demo[12893]: ", "2024-04-17T00:19:30+00:00"),
        ("<34>1 2024-04-17T00:19:30.003Z www1 demo 12893 - - ", "2024-04-17T00:19:30Z"),
        ('<34>1 2024-04-17T00:19:30.003Z www1 demo 12893 ID47 [x@1 a="b"] ', "2024-04-17T00:19:30Z"),
        ("2024-04-17T00:19:30.123456789Z stderr F ", "2024-04-17T00:19:30Z"),
        ("2024-04-17T00:19:30.123456789Z ", "2024-04-17T00:19:30Z"),
        ("2024-04-17 00:19:30.123456789  ", "2024-04-17 00:19:30"),
        ("2024-04-17T00:19:30.123456+00:00 app[web.1]: ", "2024-04-17T00:19:30+00:00"),
        ("[pod/web-7d9/uwsgi] ", ""),
        ("@4000000066b7178100000000 ", ""),
        ("web-1  | ", ""),
        ("shop_web_1  | ", ""),
    ],
)
def test_the_prefix_of_a_carrier_is_removed_and_dates_the_line(prefix: str, date: str) -> None:
    assert carried(prefix + TEXT) == Prefixed(TEXT, date)


@pytest.mark.parametrize(
    "line",
    [TEXT, "", "2024-04-17 00:19:30,123 INFO demo: started", "2024-04-17T00:19:30.123Z started", "@home text",
     "2024-04-17 00:19:30.123456789 started", "[pod] text", "2024-04-17T00:19:30Z [x]: text",
     "2024-04-17 00:19:30 started", "May be: wrong",
     "a | b", "<b>bold</b>", "[pid: 18|app: 0|req: 1/1] 192.0.2.77 () {58"],
)  # fmt: skip
def test_other_lines_have_no_carrier(line: str) -> None:
    assert carried(line) is None


@pytest.mark.parametrize(
    "prefix",
    ["2018-03-05 16:19:05.123 12345 ERROR nova.compute [req-7 - - -] ", "2018-03-05 16:19:05.123 18 INFO uwsgi ",
     "2018-03-05 16:19:05,123 18 CRITICAL oslo_messaging.rpc.server [-] "],
)  # fmt: skip
def test_the_prefix_of_an_oslo_logger_is_removed(prefix: str) -> None:
    assert logged(prefix + TEXT) == Prefixed(TEXT, "2018-03-05 16:19:05")


@pytest.mark.parametrize("date", ["2018-03-05 16:19:05", "2018-03-05T16:19:05.123", "2018-03-05 16:19:05,123"])
def test_a_date_in_brackets_before_each_line_is_removed(date: str) -> None:
    found = logged(f"[{date}] {TEXT}")
    assert found is not None
    assert found.text == TEXT
    assert found.date == "2018-03-05 16:19:05"


def test_a_date_without_process_and_level_is_not_a_loggers_prefix() -> None:
    assert logged("2018-03-05 16:19:05,123 INFO started") is None
