"""Lines that are JSON objects: their values become points, and texts inside an envelope are parsed as lines."""

import json
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logshipper.model import Batch
from logshipper.parse.json_lines import WHOLE_NUMBERS, JsonReader, JsonRecord, JsonRules
from logshipper.parse.parser import Parser
from logshipper.settings.options import Agent, Grok, Input, Json, Settings
from logshipper.wiring.parsers import build_parser
from tests.support.line_protocol_reader import Point, points
from tests.support.parsing import PATH, chunk
from tests.support.request_lines import LINE


@cache
def parser(keys: str) -> Parser:
    """Return the parser for settings given as JSON; making it is expensive."""
    given = Input(grok=Grok(timezone="UTC"), files=[PATH], json=Json(**json.loads(keys)))
    return build_parser(Settings(agent=Agent(omit_hostname=True), inputs=[given]), given)


def parse(*lines: str, **keys: Any) -> Batch:
    given = parser(json.dumps(keys))
    return given.parse(chunk("".join(f"{line}\n" for line in lines).encode()), given.memory(""))


def made(batch: Batch) -> list[Point]:
    return list(points("".join(f"{line}\n" for line in batch.points).encode("latin-1").decode()))


def one(content: Any, **keys: Any) -> Point:
    (point,) = made(parse(json.dumps(content), **keys))
    return point


def test_numbers_become_floats_and_strings_are_kept_only_if_configured() -> None:
    assert one({"a": 1, "b": 2.5, "c": "text", "d": None, "e": True}).fields == {"a": 1.0, "b": 2.5}
    point = one({"a": 1, "c": "text", "e": True, "t": 7}, string_fields=["c", "e"], tag_keys=["t"])
    assert point.fields == {"a": 1.0, "c": "text", "e": "true"}
    assert point.tags == {"t": "7"}


def test_fields_of_the_request_line_keep_their_types() -> None:
    point = one({"status": 200, "resTime": "7", "big": 5}, integer_fields=["big"])
    assert point.fields == {"status": 200, "resTime": 7, "big": 5}
    assert all(isinstance(value, int) for value in point.fields.values())
    assert point.tags == {"status_class": "2xx"}


def test_nested_values_are_flattened() -> None:
    assert one({"a": {"b": 1, "c": [2, {"d": 3}]}}).fields == {"a_b": 1.0, "a_c_0": 2.0, "a_c_1_d": 3.0}


def test_string_fields_may_have_wildcards_and_name_key_sets_the_measurement() -> None:
    point = one({"n": "kind", "x_a": "1", "x_b": "2", "v": 3}, string_fields=["x_*"], name_key="n")
    assert point.measurement == "kind"
    assert point.fields == {"x_a": "1", "x_b": "2", "v": 3.0}


@pytest.mark.parametrize(
    ("value", "time_format", "nanoseconds"),
    [
        (1493995899, "unix", 1_493_995_899 * 10**9),
        (1493995899.5, "unix", 1_493_995_899 * 10**9 + 5 * 10**8),
        (1493995899007, "unix_ms", 1_493_995_899_007 * 10**6),
        ("1493995899000007", "unix_us", 1_493_995_899_000_007 * 10**3),
        ("2017-05-05T14:51:39Z", "2006-01-02T15:04:05Z07:00", 1_493_995_899 * 10**9),
        ("2017-05-05T14:51:39Z", "RFC3339", 1_493_995_899 * 10**9),
    ],
)
def test_the_time_key_is_read_in_the_given_time_format(value: Any, time_format: str, nanoseconds: int) -> None:
    point = one({"t": value, "a": 1}, time_key="t", time_format=time_format)
    assert point.time is not None
    assert 0 <= point.time - nanoseconds < 10**9
    assert point.fields == {"a": 1.0}


def test_an_empty_key_of_an_object_is_neither_its_time_nor_its_text() -> None:
    """Settings without a time key say it with an empty text."""
    assert one({"": 1, "a": 2}).fields == {"_": 1.0, "a": 2.0}
    assert one({"": LINE, "a": 2}, message_key="").fields == {"a": 2.0}


def test_a_uri_is_split_into_path_and_query() -> None:
    point = one({"uri": "/é?a=1&token=x", "status": 404}, tag_keys=["uri"])
    assert (point.tags["uri"], point.fields["query"]) == ("/é", "a=1")


def test_a_line_inside_an_envelope_is_parsed_like_any_other() -> None:
    batch = parse(json.dumps({"t": 1, "msg": LINE + "\n"}), json.dumps({"t": 1, "msg": "goodbye to uWSGI."}))
    assert made(batch)[0].tags["uri"] == "/api/obj/124"
    assert batch.noise == {"stop": 1}
    assert batch.lines == 2


def test_lines_that_are_not_json_objects_are_treated_as_plain_lines() -> None:
    batch = parse("*** Starting uWSGI 2.0.30 on x ***", "[1]", "{broken", "", LINE)
    assert len(batch.points) == 1
    assert batch.noise == {"start": 1, "app_output": 2}


def test_an_object_that_cannot_become_a_point_is_rejected_unchanged() -> None:
    bad_time = '{"t": "never", "a": 1}'
    with_nul = '{"a": 1, "s": "\\u0000"}'
    nothing = '{"s": null}'
    batch = parse(bad_time, with_nul, nothing, '{"a": 1}', time_key="t", string_fields=["s"])
    assert len(batch.points) == 1
    assert {aside.line.decode() for aside in batch.rejected} == {bad_time, with_nul, nothing}
    assert batch.lines == len(batch.points) + len(batch.rejected) + sum(batch.noise.values())


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20)


@given(st.dictionaries(texts, st.one_of(texts, st.integers(), st.floats(allow_nan=False), st.booleans()), max_size=8))
def test_any_object_gives_a_point_that_can_be_read(content: dict[str, Any]) -> None:
    batch = parse(json.dumps({**content, "always": 1}), string_fields=["*"])
    found = made(batch)
    assert len(found) + len(batch.rejected) + sum(batch.noise.values()) == 1
    for key, value in content.items():
        if found and isinstance(value, str) and key.isidentifier() and key not in ("time", "always", *WHOLE_NUMBERS):
            assert found[0].fields.get(key) == value


HOSTILE = [
    "a\nuwsgi_log x=1i 1\n",
    "a\rb",
    "b\\",
    "\\ ",
    "a\\,b",
    "a\\=1i,b",
    "time",
    "{x}",
    "'''",
    '"',
    "a=b,c d",
    "__import__('os')",
]


@pytest.mark.parametrize("key", HOSTILE)
def test_a_hostile_key_writes_nothing_but_its_own_field(key: str) -> None:
    point = one({key: 1, "other": 2})
    assert len(point.fields) == 2
    assert "\n" not in "".join(point.fields)
    assert "time" not in point.fields


def test_an_object_with_too_many_values_is_rejected() -> None:
    batch = parse(json.dumps({f"k{number}": number for number in range(201)}))
    assert [aside.reason for aside in batch.rejected] == ["more than 200 values"]


@given(st.text(max_size=60))
def test_no_line_makes_the_reader_fail(line: str) -> None:
    found = JsonReader(JsonRules()).read(line.encode(errors="replace").decode("latin-1"))
    assert found is None or isinstance(found, JsonRecord | list)


@pytest.mark.parametrize("line", ['{"a": 1, "agent": "say "x""}', '{"a": 1', '{ "a": tru}', '{"a": 1}}'])
def test_broken_json_is_rejected_and_never_output(line: str) -> None:
    batch = parse(line, '{"a": 1}')
    assert [(one.reason, one.line.decode()) for one in batch.rejected] == [("broken JSON", line)]
    assert batch.noise == {}
    assert len(batch.points) == 1


def test_a_line_without_a_time_takes_the_time_of_its_envelope() -> None:
    given = Input(
        grok=Grok(patterns=["^%{WORD:method:tag} %{NOTSPACE:uri:tag}$"], timezone="UTC"),
        files=[PATH],
        json=Json(message_key="m", time_key="t"),
    )
    made_by = build_parser(Settings(agent=Agent(omit_hostname=True), inputs=[given]), given)
    lines = ['{"t": 1493995899, "m": "GET /a\\nGET /b"}', '{"t": "never", "m": "GET /c"}']
    batch = made_by.parse(chunk("\n".join(lines).encode() + b"\n"), made_by.memory(""))
    times = {point.tags["uri"]: (point.time or 0) // 10**9 for point in made(batch)}
    assert (times["/a"], times["/b"]) == (1493995899, 1493995899)
    assert times["/c"] > 1_700_000_000
