"""Go's layouts: what each element matches, according to the documentation of Go's package time."""

import pytest

from logshipper.errors import UserError
from logshipper.times.go_layout import Layout, Moment

DAY = (2017, 5, 5)


@pytest.mark.parametrize(
    ("layout", "text", "expected"),
    [
        ("2006-01-02 15:04:05", "2017-05-05 14:51:39", Moment(*DAY, 14, 51, 39)),
        ("2006/1/2 15:4:5", "2017/5/5 9:1:7", Moment(*DAY, 9, 1, 7)),
        ("20060102150405", "20170505145139", Moment(*DAY, 14, 51, 39)),
        ("January _2, 06 at 3:04PM", "may  5, 17 at 2:51PM", Moment(*DAY, 14, 51, 0)),
        ("Jan 2 2006 03:04:05 pm", "May 5 2017 12:00:00 am", Moment(*DAY, 0, 0, 0)),
        ("Monday, 02-Jan-06 15:04:05", "Friday, 05-May-69 14:51:39", Moment(1969, 5, 5, 14, 51, 39)),
        ("Jan _2 15:04:05", "May  5 14:51:39", Moment(None, 5, 5, 14, 51, 39)),
        ("Jan _2 15:04:05", "May 15 14:51:39", Moment(None, 5, 15, 14, 51, 39)),
        ("2006 002", "2017 125", Moment(*DAY, 0, 0, 0)),
        ("2006 __2", "2016  60", Moment(2016, 2, 29, 0, 0, 0)),
        ("15:04:05.000", "14:51:39.250", Moment(None, 1, 1, 14, 51, 39, 250_000_000, 3)),
        ("15:04:05.000", "14:51:39,250", Moment(None, 1, 1, 14, 51, 39, 250_000_000, 3)),
        ("15:04:05,000000", "14:51:39.000001", Moment(None, 1, 1, 14, 51, 39, 1000, 6)),
        ("15:04:05.999", "14:51:39", Moment(None, 1, 1, 14, 51, 39)),
        ("15:04:05.999", "14:51:39.1234", Moment(None, 1, 1, 14, 51, 39, 123_400_000, 4)),
        ("15:04:05", "14:51:39.12345678999", Moment(None, 1, 1, 14, 51, 39, 123_456_789, 9)),
        ("2006 Z07:00", "2017 Z", Moment(2017, 1, 1, 0, 0, 0, offset=0)),
        ("2006 Z07:00", "2017 +05:30", Moment(2017, 1, 1, 0, 0, 0, offset=19800)),
        ("2006 -0700", "2017 -0330", Moment(2017, 1, 1, 0, 0, 0, offset=-12600)),
        ("2006 -07", "2017 +02", Moment(2017, 1, 1, 0, 0, 0, offset=7200)),
        ("2006 Z070000", "2017 +010203", Moment(2017, 1, 1, 0, 0, 0, offset=3723)),
        ("2006 MST", "2017 CEST", Moment(2017, 1, 1, 0, 0, 0, zone_name="CEST")),
        ("2006   Jan", "2017 May", Moment(2017, 5, 1, 0, 0, 0)),
        ("log_2006", "log_2017", Moment(2017, 1, 1, 0, 0, 0)),
    ],
)
def test_every_layout_element_is_read_as_in_go(layout: str, text: str, expected: Moment) -> None:
    assert Layout(layout).moment(text) == expected


@pytest.mark.parametrize(
    ("layout", "text"),
    [
        ("2006-01-02", "2017-02-31"),  # no such day
        ("2006-01-02", "2017-13-01"),
        ("2006-01-02", "2017-5-05"),  # 01 has two digits
        ("2006-01-02", "2017-05-05 "),
        ("2006-01-02", ""),
        ("2006 __2", "2017 366"),
        ("15:04:05", "24:00:00"),
        ("15:04:05", "12:60:00"),
        ("15:04:05", "12:00:60"),  # as in Go, no leap seconds
        ("3:04PM", "13:00PM"),
        ("15:04:05.000", "14:51:39.25"),  # exactly three digits
        ("Jan 2", "Foo 2"),
        ("2006 -0700", "2017 Z"),
        ("2006", "٢٠١٧"),  # digits are ASCII
    ],
)
def test_text_that_does_not_match_the_layout_is_none(layout: str, text: str) -> None:
    assert Layout(layout).moment(text) is None


@pytest.mark.parametrize(
    ("layout", "variable", "digits"),
    [("15:04:05", True, 0), ("15:04:05.000", False, 3), ("15:04:05.999", True, 3), ("2006-01-02", False, 0)],
)
def test_a_layout_knows_whether_its_fraction_has_a_fixed_length(layout: str, variable: bool, digits: int) -> None:
    compiled = Layout(layout)
    assert (compiled.variable, compiled.digits) == (variable, digits)


@pytest.mark.parametrize("layout", ["%d/%b/%Y", "", "2006 2006", "1999-12-31T12:59:59", "2020-08-24 15:32:58"])
def test_an_invalid_layout_is_a_user_error(layout: str) -> None:
    with pytest.raises(UserError):
        Layout(layout)
