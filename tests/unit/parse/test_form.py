"""Line protocol and rows: whatever a log holds, both forms are the same points."""

import json
from functools import cache
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logshipper.parse.parser import Parser
from logshipper.settings.options import Grok, Input, Json, LogshipperSettings, Settings
from logshipper.wiring.parsers import build_parser
from tests.support.parsing import PATH, TELEGRAF, chunk
from tests.support.request_lines import LINE
from tests.support.rows import seen

PATTERNS = {
    "uwsgi": ["%{UWSGI_LOG}"],
    "telegraf": [TELEGRAF],
    "combined": ["%{COMBINED_LOG_FORMAT}"],
    "own": [r"^%{WORD:method:tag} %{NUMBER:a:float} %{DATA:s} ?%{INT:i:int}? %{GREEDYDATA:referer}$"],
}
LINES = {
    "uwsgi": [LINE, LINE.replace("124", '1?token=a&q="b\\'), LINE.replace("/api", "/caf\xc3\xa9"), "no request"],
    "telegraf": [LINE],
    "combined": ['1.2.3.4 - - [05/May/2017:14:51:39 +0000] "GET /a?b=c HTTP/1.1" 200 14 "http://x/" "A \\" B"'],
    "own": ['GET 1.50 a"b\\ 7 http://x?token=c"d', "GET 2 caf\xc3\xa9  x", "PUT 1.0 s 1 "],
}


@cache
@patch("time.time_ns", lambda: 1_700_000_000_000_000_000)
def parsers(name: str, limit: int = 10_000) -> tuple[Parser, Parser]:
    keys = Json(tag_keys=["t*"], string_fields=["s*"]) if name == "json" else None
    given = Input(grok=Grok(patterns=PATTERNS.get(name, ["%{UWSGI_LOG}"]), timezone="UTC"), files=[PATH], json=keys)
    own = LogshipperSettings(max_tag_values=limit, mask_ipv4=24)
    settings = Settings(inputs=[given], logshipper=own, global_tags={"zone": "\u00e9 ,="})
    return build_parser(settings, given), build_parser(settings, given, rows=True)


@patch("time.time_ns", lambda: 1_700_000_000_000_000_000)  # for lines without a time
def same(name: str, pieces: list[str], limit: int = 10_000) -> int:
    text, rows = parsers(name, limit)
    memory, row_memory = text.memory(PATH), rows.memory(PATH)
    offset = count = 0
    for piece in pieces:
        one, other = text.parse(chunk(piece, offset), memory), rows.parse(chunk(piece, offset), row_memory)
        assert seen(other.points) == seen(one.points)
        assert seen(other.events) == seen(one.events)
        assert (other.offsets, other.rejected, other.noise) == (one.offsets, one.rejected, one.noise)
        assert (other.tag_counts, other.event_state) == (one.tag_counts, one.event_state)
        count, offset = count + len(other.points), offset + len(piece)
    assert seen(rows.finish(row_memory)) == seen(text.finish(memory))
    return count


@pytest.mark.slow
@pytest.mark.parametrize("name", PATTERNS)
def test_whole_chunks_give_the_same_points_in_both_forms_with_or_without_a_cached_suffix(name: str) -> None:
    plain = [line for line in LINES[name] if line.isascii() and line != "no request"]
    pieces = ["".join(f"{line}\n" for line in plain) * 300] * 3
    assert same(name, pieces) == 900 * len(plain)


@pytest.mark.parametrize("name", PATTERNS)
@given(st.data())
def test_any_lines_in_any_chunks_give_the_same_points_in_both_forms(name: str, data: st.DataObject) -> None:
    odd = st.text(st.characters(max_codepoint=255, exclude_characters="\n"), max_size=30)
    lines = st.sampled_from(LINES[name]) | odd
    edited = st.tuples(st.sampled_from(LINES[name]), st.integers(0, 120), odd).map(
        lambda parts: parts[0][: parts[1]] + parts[2] + parts[0][parts[1] :]
    )
    pieces = st.lists(lines | edited, min_size=1, max_size=6).map(lambda found: "".join(f"{line}\n" for line in found))
    same(name, data.draw(st.lists(pieces, min_size=1, max_size=3)), data.draw(st.sampled_from([2, 10_000])))


objects = st.dictionaries(
    st.sampled_from(["t1", "t2", "s1", "\u00e9", "status", "uri", "msg", "a b", "resTimeSecs"]) | st.text(max_size=3),
    st.text(max_size=6) | st.integers(-(2**70), 2**70) | st.floats() | st.booleans() | st.just(LINE),
    max_size=5,
)


@given(st.lists(objects, min_size=1, max_size=5))
def test_json_objects_give_the_same_points_in_both_forms(found: list[dict[str, object]]) -> None:
    same("json", ["".join(json.dumps(one) + "\n" for one in found)])
