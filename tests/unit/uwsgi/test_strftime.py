"""strftime formats: the expression matches their output, and the Go layout reads the same moment."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logshipper.times.timestamps import time_parser
from logshipper.uwsgi.strftime import date_format

FORMATS = [
    "%Y-%m-%d %H:%M:%S",
    "%F %T",
    "%d/%b/%Y:%H:%M:%S %z",
    "%c",
    "[%a %b %e %H:%M:%S %Y]",
    "%D %r",
    "%A, %d %B %y %I.%M.%S %p",
    "%Y %j %H%M%S",
    "%Y%%%m%%%d %H:%M:%S %Z",
]


@given(
    moment=st.datetimes(datetime(1970, 1, 1), datetime(2068, 1, 1)),
    text=st.sampled_from(FORMATS),
)
def test_any_moment_in_any_format_can_be_read_back(moment: datetime, text: str) -> None:
    moment = moment.replace(microsecond=0, tzinfo=UTC)
    written, form = moment.strftime(text), date_format(text)
    assert re.fullmatch(form.expression, written, re.ASCII)
    assert time_parser(f'ts-"{form.layout}"', UTC).parse(written) == int(moment.timestamp()) * 1_000_000_000


@pytest.mark.parametrize("text", ["%s", "%Y week %W", "at 5 %H:%M", 'a "%H" b', "no date"])
def test_a_format_that_go_cannot_express_has_no_layout(text: str) -> None:
    form = date_format(text)
    assert form.layout == ""
    assert re.fullmatch(form.expression, datetime(2017, 5, 5, tzinfo=UTC).strftime(text), re.ASCII)
