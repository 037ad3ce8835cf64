"""Field names that would collide: `time`, and those of the tags."""

import json
import logging

import pytest

from logshipper.parse.encoder import Column
from logshipper.parse.field_names import _say, renamed, without_time_tag
from logshipper.settings.options import Agent, Grok, Input, Json, Settings
from logshipper.wiring.parsers import build_parser
from tests.support.line_protocol_reader import points
from tests.support.parsing import PATH, chunk


def names(fields: list[str], tags: list[str]) -> list[str]:
    columns = [Column(index, name, "string", False, True) for index, name in enumerate(fields, 1)]
    return [column.field for column in renamed(columns, tags)]


def test_a_field_named_time_or_like_a_tag_gets_the_next_free_number() -> None:
    assert names(["time", "host", "n", "host_1", "host"], ["host", "uri"]) == [
        "time_1",
        "host_2",
        "n",
        "host_1",
        "host_2",
    ]


def test_other_names_are_unchanged() -> None:
    assert names(["Time", "timer", "a"], ["b"]) == ["Time", "timer", "a"]


def test_a_tag_named_time_gets_the_next_free_number() -> None:
    columns = [Column(1, "time", "tag", False, True), Column(2, "time_1", "int", True, True)]
    assert [column.field for column in without_time_tag(columns)] == ["time_2", "time_1"]
    assert without_time_tag(columns[1:]) == tuple(columns[1:])


def test_a_pattern_with_a_tag_named_time_gives_a_point_that_databases_take() -> None:
    given = Input(files=[PATH], grok=Grok(patterns=["^%{WORD:time:tag} %{NUMBER:n:int}$"]))
    parser = build_parser(Settings(agent=Agent(hostname="h"), inputs=[given]), given)
    batch = parser.parse(chunk(b"a 1\n"), parser.memory(""))
    (point,) = points("".join(f"{text}\n" for text in batch.points))
    assert point.tags["time_1"] == "a"
    assert "time" not in point.tags


@pytest.mark.parametrize(
    "given",
    [
        Input(files=[PATH], grok=Grok(patterns=["^%{WORD:host} %{WORD:time} %{NUMBER:n:int}$"])),
        Input(files=[PATH], json=Json(string_fields=["host", "time"], integer_fields=["n"])),
    ],
    ids=["pattern", "json"],
)
def test_fields_of_patterns_and_json_are_renamed_and_logged_once(
    given: Input, caplog: pytest.LogCaptureFixture
) -> None:
    _say.cache_clear()
    line = json.dumps({"host": "a", "time": "b", "n": 1}) if given.json else "a b 1"
    for _ in range(2):
        parser = build_parser(Settings(agent=Agent(hostname="h"), inputs=[given]), given)
        with caplog.at_level(logging.WARNING):
            batch = parser.parse(chunk(f"{line}\n".encode()), parser.memory(""))
    (point,) = points("".join(f"{text}\n" for text in batch.points))
    assert point.tags["host"] == "h"
    assert {"host_1": "a", "time_1": "b", "n": 1}.items() <= point.fields.items()
    assert sorted(record.getMessage() for record in caplog.records) == [
        "the field host is written as host_1: a tag has that name",
        "the field time is written as time_1: databases keep that name for the point's time",
    ]
