"""Values of settings: types, durations, and variables of the environment."""

import dataclasses
from typing import Any

import pytest

from logshipper.settings.options import Agent, InfluxDB1, SelectionSettings
from logshipper.settings.values import InvalidValueError, duration, expand, option_value


def option(kind: Any, name: str) -> "dataclasses.Field[Any]":
    return next(field for field in dataclasses.fields(kind) if field.name == name)


@pytest.mark.parametrize(
    ("text", "seconds"), [("5s", 5), ("250ms", 0.25), ("1m30s", 90), ("1.5h", 5400), (2, 2), ("10us", 1e-5), ("0s", 0)]
)
def test_durations_are_read_as_seconds(text: str | int, seconds: float) -> None:
    assert duration("timeout", text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "5", "soon", "5 s", "s", -1, True, []])
def test_an_invalid_duration_is_refused(text: Any) -> None:
    with pytest.raises(InvalidValueError, match="is not a duration"):
        duration("timeout", text)


@pytest.mark.parametrize(
    ("kind", "name", "value", "fix"),
    [
        (Agent, "debug", "yes", "true or false"),
        (Agent, "metric_batch_size", True, "a whole number"),
        (Agent, "hostname", 1, "a string"),
        (SelectionSettings, "namepass", "a", "a list"),
        (SelectionSettings, "namepass", [1], "a list"),
        (SelectionSettings, "tagpass", {"a": "b"}, "a table of lists"),
        (InfluxDB1, "http_headers", {"a": 1}, "a table of strings"),
        (InfluxDB1, "content_encoding", "zip", 'use one of "auto", "gzip", "identity"'),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_with_the_right_one(kind: Any, name: str, value: Any, fix: str) -> None:
    with pytest.raises(InvalidValueError) as caught:
        option_value(option(kind, name), value, {})
    assert fix in caught.value.fix


def test_variables_are_replaced_in_lists_and_tables_too() -> None:
    value = {"a": ["$A", "${B:-b}", 1], "c": "x$A"}
    assert expand(value, {"A": "1"}) == {"a": ["1", "b", 1], "c": "x1"}
    assert expand("$NOT", {}, keep_unset=True) == "$NOT"
    with pytest.raises(InvalidValueError, match="NOT is not set"):
        expand("$NOT", {})


def test_a_reference_to_telegrafs_secret_store_is_refused_and_no_password() -> None:
    password = option(InfluxDB1, "password")
    with pytest.raises(InvalidValueError, match="password refers to a secret store") as caught:
        option_value(password, "@{vault:influx}", {})
    assert "password_file" in caught.value.fix
    assert option_value(password, "$PASSWORD", {"PASSWORD": "@{vault:influx}"}) == "@{vault:influx}"
