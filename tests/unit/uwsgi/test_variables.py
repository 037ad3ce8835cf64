"""The variables of uWSGI's log-format: the field name of each, and which gives the time."""

import re

import pytest

from logshipper.grok.library import library
from logshipper.uwsgi.variables import FTIME, variable


@pytest.mark.parametrize(
    ("name", "field", "modifier"),
    [
        ("status", "status", "int"),
        ("rsize", "resSize", "int"),
        ("msecs", "resTime", "int"),
        ("micros", "resTimeMicros", "int"),
        ("secs", "resTimeSecs", "float"),
        ("uri", "uri", "tag"),
        ("method", "method", "tag"),
        ("proto", "httpVer", "float"),
        ("var.HTTP_X_THING", "var_HTTP_X_THING", ""),
        ("metric.worker.1.requests", "metric_worker_1_requests", "int"),
        ("mine", "mine", ""),
    ],
)
def test_a_variable_has_the_same_name_as_in_the_default_format(name: str, field: str, modifier: str) -> None:
    found = variable(name)
    assert (found.field, found.modifier) == (field, modifier)


def test_more_precise_times_rank_first() -> None:
    names = ["epoch", "ltime", "time", "tmicros", "ctime", "tmsecs"]
    assert sorted(names, key=lambda name: variable(name).rank) == [
        "tmicros",
        "tmsecs",
        "ctime",
        "ltime",
        "time",
        "epoch",
    ]
    assert all(variable(name).time for name in names)


@pytest.mark.parametrize("name", ["user", "addr", "referer", "uagent", "host", "var.NOTHING"])
def test_a_dash_can_mean_no_value(name: str) -> None:
    assert variable(name).dash


def test_ftime_is_read_in_the_format_of_log_date() -> None:
    assert variable("ftime").grok == variable("ltime").grok
    own = variable("ftime", "%Y-%m-%d %H:%M:%S")
    assert (own.grok, own.time) == (FTIME, 'ts-"2006-01-02 15:04:05"')
    assert re.fullmatch(own.shape, "2017-05-05 14:51:39")


def test_every_pattern_used_for_a_variable_exists() -> None:
    known = library()
    names = ["status", "secs", "tmicros", "tmsecs", "ctime", "ltime", "time", "epoch", "metric.x"]
    assert all(variable(name).grok in known for name in names)
