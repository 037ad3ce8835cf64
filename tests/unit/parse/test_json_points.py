"""JSON records become points, or are rejected with a reason."""

import gc
import json
from collections.abc import Callable
from datetime import UTC
from functools import partial
from typing import Any

import pytest

from logshipper.parse.json_lines import MOST_VALUES, JsonReader, JsonRecord, JsonRules
from logshipper.parse.json_points import JsonInput, JsonPoints
from logshipper.parse.prefix_cache import CacheBudget, PrefixRules
from logshipper.parse.redaction import PrivacyRules, mask_for
from logshipper.parse.tag_limit import TOO_MANY_MEASUREMENTS, TOO_MANY_NAMES, Limits, TagLimit
from logshipper.times.time_cache import ArrivalTimes, TimeCache
from logshipper.times.timestamps import time_parser

SECOND = 1_000_000_000
READER = JsonReader(JsonRules(tag_keys=["host"], string_fields=["text", "remoteUser"], time_key="t"))
MANY = Limits(100)
PRIVACY = PrivacyRules(32, 128, True, ())


def json_points(
    keep_field: Callable[[str], bool] = lambda name: True, limits: Limits = MANY, reader: JsonReader = READER
) -> JsonPoints:
    stamps, arrival = TimeCache(time_parser("ts-epoch", UTC).parse), ArrivalTimes(lambda: 99 * SECOND)
    given = JsonInput(reader, stamps, SECOND, arrival, partial(mask_for, PRIVACY))
    rules = PrefixRules("m", {}, keep_field=keep_field)
    return JsonPoints(given, rules, {}, TagLimit(limits), CacheBudget())


def record(**content: Any) -> JsonRecord:
    found = READER.read(json.dumps(content))
    assert isinstance(found, JsonRecord)
    return found


def encode(*records: JsonRecord, given: JsonPoints | None = None) -> dict[int, str]:
    numbered = [(100 * number, one) for number, one in enumerate(records)]
    made = (given or json_points()).encode(numbered, 0)
    return dict(zip(made.offsets, map(str, made.points), strict=True))


def rejected(*records: JsonRecord) -> dict[int, str]:
    return dict(json_points().encode([(100 * number, one) for number, one in enumerate(records)], 0).rejected)


def body(point: str) -> str:
    """Return a point without its time."""
    return point.rpartition(" ")[0]


class TestNamesFromLines:
    """Each is a column or a table somewhere, so a stranger's lines may not bring any number of them."""

    NAMED = JsonReader(JsonRules(tag_keys=["t*"], name_key="n"))

    def encoded(self, limits: Limits, *contents: dict[str, Any]) -> tuple[list[int], list[tuple[int, str]]]:
        """Return the numbers of the lines that became points, and of those that did not with the reasons."""
        found = [(number, self.NAMED.read(json.dumps(content))) for number, content in enumerate(contents)]
        made = json_points(limits=limits, reader=self.NAMED).encode(found, 0)  # type: ignore[arg-type]
        return sorted(made.offsets), made.rejected

    def test_a_line_with_one_measurement_too_many_is_rejected(self) -> None:
        lines = [{"n": name, "a": 1} for name in "xyzx"]
        assert self.encoded(Limits(9, measurements=2), *lines) == ([0, 1, 3], [(2, TOO_MANY_MEASUREMENTS)])

    def test_a_line_with_one_name_too_many_is_rejected(self) -> None:
        lines = [{"a": 1}, {"a": 1, "b": 2}, {"a": 1, "c": 3}, {"b": 2}]
        assert self.encoded(Limits(9, names=2), *lines) == ([0, 1, 3], [(2, TOO_MANY_NAMES)])

    def test_tags_count_as_names_and_the_measurement_does_not(self) -> None:
        lines = [{"n": "x", "t1": "v", "a": 1}, {"n": "x", "t2": "v", "a": 1}]
        assert self.encoded(Limits(9, names=2), *lines) == ([0], [(1, TOO_MANY_NAMES)])

    def test_in_a_chunk_of_many_shapes_the_order_of_the_lines_decides_which_tag_values_are_admitted(self) -> None:
        reader = JsonReader(JsonRules(tag_keys=["t"]))
        contents: list[dict[str, Any]] = [{"t": "1", "a": 1}, {"t": "2", "b": 1}, {"t": "3", "a": 1}]
        found = [(number, reader.read(json.dumps(content))) for number, content in enumerate(contents)]
        points = json_points(limits=Limits(2), reader=reader).encode(found, 0).points  # type: ignore[arg-type]
        assert [str(point).split(" ")[0] for point in points] == ["m,t=1", "m,t=2", "m,t=(other)"]

    def test_the_encoders_of_shapes_that_do_not_come_again_are_given_back(self) -> None:
        given = json_points(limits=Limits(9, names=10**6))
        for number in range(1200):
            encode(record(**{f"a{number}": 1}), given=given)
        gc.collect()
        assert sum(member() is not None for member in given.budget.members) <= 500

    def test_wide_shapes_are_fewer(self) -> None:
        given = json_points(limits=Limits(9, names=10**6))
        for number in range(200):
            encode(record(**{f"a{number}_{index}": 1 for index in range(100)}), given=given)
        assert len(given._encoders) <= 100


def test_each_point_belongs_to_the_offset_of_its_record() -> None:
    found = encode(record(a=1, t=7), record(text="x", t=7), record(a=2, t=7))
    assert {offset: body(point) for offset, point in found.items()} == {0: "m a=1.0", 100: 'm text="x"', 200: "m a=2.0"}


def test_a_record_without_a_time_gets_its_arrival_time() -> None:
    found = encode(record(a=1, t=7), record(a=1))
    assert [int(point.rpartition(" ")[2]) // SECOND for point in found.values()] == [7, 99]


def test_records_of_the_same_second_get_different_times() -> None:
    found = encode(*[record(a=1, t=7)] * 50)
    assert len({point.rpartition(" ")[2] for point in found.values()}) == 50


def test_tags_are_written_before_fields() -> None:
    assert body(encode(record(a=1, host="web", t=7))[0]) == "m,host=web a=1.0"


def test_private_values_are_hidden() -> None:
    point = encode(record(a=1, remoteUser="ann", t=7))[0]
    assert point.startswith("m a=1.0")
    assert "ann" not in point


def test_excluded_fields_are_left_out() -> None:
    assert body(encode(record(a=1, b=2, t=7), given=json_points(lambda name: name != "b"))[0]) == "m a=1.0"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({}, "no field has a value"),
        ({"unknown": "text that nobody asked for"}, "no field has a value"),
        ({f"n{number}": number for number in range(MOST_VALUES + 1)}, f"more than {MOST_VALUES} values"),
    ],
)
def test_a_record_that_cannot_become_a_point_is_rejected_with_a_reason(content: dict[str, Any], reason: str) -> None:
    assert rejected(record(**content)) == {0: reason}


def test_a_bad_record_does_not_affect_the_others() -> None:
    records = [record(a=1, t=7), record(a=1, t="no time"), record(a=3, t=7)]
    assert (sorted(encode(*records)), list(rejected(*records))) == ([0, 200], [100])
