"""Whatever a line holds: it is accounted for, affects no other line, and each output stores or refuses its point.

EXAMPLES=100000 runs the long form.
"""

import json
import os
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logshipper.deliver.retry import DeliveryContext, deliver
from logshipper.outputs.file import FileOutput
from logshipper.outputs.protocol import Output
from logshipper.outputs.sqlite import SqliteOutput
from logshipper.parse.parser import Parser
from logshipper.points import AnyPoints
from logshipper.settings.options import Agent, Grok, Input, Json, LogshipperSettings, Settings
from logshipper.wiring.parsers import build_parser
from tests.support.parsing import PATH, TELEGRAF, chunk, chunks, texts
from tests.support.request_lines import LINE
from tests.support.rows import seen

LONG = settings(max_examples=int(os.environ.get("EXAMPLES", min(40, settings().max_examples))))
NOW = 1_795_662_270_123_456_789
HUGE = "9" * 400
FORMATS: dict[str, Input] = {
    "uwsgi": Input(grok=Grok(patterns=["%{UWSGI_LOG}"])),
    "telegraf": Input(grok=Grok(patterns=[TELEGRAF])),
    "numbers": Input(
        grok=Grok(
            patterns=[
                "^%{NOTSPACE:resTimeSecs:float} %{NOTSPACE:resTimeMicros:int} %{NOTSPACE:d:duration} %{NOTSPACE:t:tag}"
                " %{NOTSPACE:when:ts-epoch}$",
                "^%{NOTSPACE:f:float} %{NOTSPACE:m:measurement} %{NOTSPACE:status:int} %{GREEDYDATA:when:ts}$",
                "^%{NOTSPACE:a} %{NOTSPACE:b:int} %{GREEDYDATA:timestamp}",
            ]
        )
    ),
    "json": Input(
        grok=Grok(patterns=["%{UWSGI_LOG}"]),
        json=Json(tag_keys=["method", "uri", "t*"], string_fields=["s*", "agent"], time_key="time", name_key="name"),
    ),
}
odd = st.sampled_from([
    "1e308", "-1e308", "1e400", HUGE, f"-{HUGE}", f"0.{HUGE}", f"1e{HUGE}", "0x" + "f" * 300, "nan", "inf", "-0", "1_0",
    "²", "٣", "1h" * 200, f"{HUGE}h", "9e18s", "253402300800", "9" * 19, "-" + "9" * 19, "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59-23:59", "31/Dec/9999:23:59:59 -9959", "Mon Feb 30 24:61:61 0000", "\0", "\r", "\x1b[2J", '"',
    "\\", "%", "%00%ff", "?" * 30, "=@+-", "\x80\xff", "Traceback (most recent call last):", "KeyError: 1",
    '  File "a.py", line 9, in f', "*** HARAKIRI ON WORKER 1 (pid: 2, try: 1) ***", LINE, "{", '{"', "[pid: 1|",
])  # fmt: skip
text = st.text(st.characters(max_codepoint=255, exclude_characters="\n"), max_size=40)
cells = odd | text | st.integers().map(str) | st.floats().map(repr)
by_words = st.lists(cells, max_size=8).map(" ".join)
by_request = st.tuples(cells, st.sampled_from(LINE.split(" "))).map(lambda pair: LINE.replace(pair[1], pair[0], 1))
leaves: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers() | st.floats() | odd | st.text(max_size=10)
    | st.sampled_from([10**400, 1e308, "\ud800", "\U0001f600"])
)  # fmt: skip
keys = st.sampled_from(["resTimeSecs", "resTimeMicros", "status", "uri", "time", "name", "msg", "method", "t1", "s1"])
nested = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys | st.text(max_size=9), inner, max_size=3),
)
by_json = st.dictionaries(keys | st.text(max_size=9), nested, max_size=5).map(json.dumps)
lines = by_words | by_request | by_json | odd


@cache
def parser(name: str, rows: bool = False) -> Parser:
    own = LogshipperSettings(max_tag_values=5, mask_ipv4=24, mask_ipv6=48)
    return build_parser(Settings(agent=Agent(omit_hostname=True), logshipper=own), FORMATS[name], rows=rows)


@pytest.fixture(autouse=True, scope="module")
def one_moment() -> Iterator[None]:
    """Stop the clock: a line without a time gets the current one, which must be the same for both forms."""
    with patch("time.time_ns", return_value=NOW):
        parser.cache_clear()
        yield
    parser.cache_clear()


def stored(points: AnyPoints, output: Output[Any]) -> None:
    deliver(points, 1000, output, DeliveryContext(lambda event: None))
    output.close()


@pytest.mark.parametrize("name", FORMATS)
@LONG
@given(given_lines=st.lists(lines, min_size=1, max_size=6), cuts=st.lists(st.integers(0, 5), max_size=2))
def test_any_line_is_accounted_for_and_its_point_stored(name: str, given_lines: list[str], cuts: list[int]) -> None:
    parse, parse_rows = parser(name), parser(name, rows=True)
    memory, row_memory = parse.memory(PATH), parse_rows.memory(PATH)
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as folder:
        clean = [line.encode(errors="replace").decode("latin-1").replace("\n", " ") for line in given_lines]
        for piece in chunks(clean, cuts):
            batch = parse.parse(piece, memory)
            assert batch.lines == len(batch.points) + len(batch.rejected) + sum(batch.noise.values())
            assert [one for one in batch.rejected if "cannot be parsed" in one.reason] == []
            json.dumps(batch.event_state)
            stored(batch.written(), FileOutput([f"{folder}/points"]))
            rows = parse_rows.parse(piece, row_memory)
            assert seen(rows.written()) == seen(batch.written())
            assert (rows.rejected, rows.noise) == (batch.rejected, batch.noise)
            stored(rows.written(), SqliteOutput(Path(folder) / "points.db"))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"resTimeSecs": 1e308}', "the response time is too large"),
        ('{"resTimeSecs": 1e300, "status": 200}', "the response time is too large"),
        ('{"a":' * 100 + "1" + "}" * 100, "nested deeper than 32 levels"),
        ('{"a":' * 20_000 + "1" + "}" * 20_000, "broken JSON"),
        ('{"a":' + "[" * 40 + "]" * 40 + "}", "nested deeper than 32 levels"),
        ('{"a":' + "[" * 100_000 + "}", "broken JSON"),
        (json.dumps({"k" * 5000: {str(n): n for n in range(150)}}), "the names of nested values are too long"),
        (json.dumps({"k" * 500: {f"{n}": n for n in range(99)}}), "the names of nested values are too long"),
        ('{"status": 1' + "0" * 5000 + "}", "broken JSON"),
    ],
    ids=["1e308", "1e300", "deep", "deeper", "lists", "bracket bomb", "long names", "names", "digits"],
)
def test_a_hostile_object_is_rejected_and_its_neighbours_are_not(line: str, reason: str) -> None:
    good = '{"status": 200}'
    parse = parser("json")
    batch = parse.parse(chunk(f"{good}\n{line}\n{good}\n"), parse.memory(PATH))
    assert len(batch.points) == 2
    assert [one.reason[: len(reason)] for one in batch.rejected] == [reason]
    assert batch.rejected[0].line.decode() == line


@pytest.mark.parametrize("text", ["1e308 1 1h x 1", f"1 1 {HUGE}h x 1", "1 1 9e300h x 1", f"1 1 {'9' * 300}s x 1"])
def test_a_huge_number_costs_at_most_its_own_line(text: str) -> None:
    parse = parser("numbers")
    batch = parse.parse(chunk(f"1 1 1h x 1\n{text}\n1 1 1h x 1\n"), parse.memory(PATH))
    assert len(batch.points) + len(batch.rejected) == 3
    assert len(batch.points) >= 2
    assert not any("cannot be parsed" in one.reason for one in batch.rejected)


def test_half_a_surrogate_pair_becomes_a_replacement_character() -> None:
    parse = parser("json")
    batch = parse.parse(chunk('{"s1": "a\\ud800b", "t1": "\\udfff", "k\\ud83d": 1}\n'), parse.memory(PATH))
    assert texts(batch).body.decode().count("\ufffd") == 3
