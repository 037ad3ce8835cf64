"""Why a line does not match: where it stops, what was expected there, and which pattern comes nearest."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logshipper.grok.expand import expand
from logshipper.grok.explain import Explainer, Probe
from logshipper.grok.library import library
from tests.support.request_lines import LINE

LIBRARY = library()
LOG, VARIANT, NGINX = (
    Probe(f"%{{{name}}}", LIBRARY) for name in ("UWSGI_LOG", "UWSGI_LOG_VARIANT", "NGINX_ACCESS_LOG")
)


@pytest.mark.parametrize(
    ("old", "new", "at", "expected"),
    [
        ("req: 2", "req: x", "x/2", "currentReq: a whole number"),
        ("[Fri", "[fri", "fri", "timestamp: a date such as [Fri May  5 14:51:39 2017]"),
        ("generated", "generatd", "d 14", "' => generated '"),
        ("14 bytes", "fourteen bytes", "fourteen", "resSize: a whole number"),
        ("msecs", "nsecs", "nsecs", "' msecs ('"),
        ("core 0)", "core 0) and more", " and more", "the end of the line"),
        ("[pid", "pid", "pid", "'[pid: '"),
    ],
)
def test_damage_is_found_at_its_exact_column(old: str, new: str, at: str, expected: str) -> None:
    line = LINE.replace(old, new, 1)
    reach = LOG.reach(line)
    assert not reach.complete
    assert line[reach.column :].startswith(at)
    assert reach.expected == expected


def test_a_matching_line_is_reached_to_its_end() -> None:
    reach = LOG.reach(LINE)
    assert reach.complete
    assert reach.column == len(LINE)


@given(st.integers(0, len(LINE) - 1), st.characters(codec="latin-1", exclude_characters="\n"))
def test_a_line_is_complete_if_and_only_if_its_pattern_matches(place: int, character: str) -> None:
    line = LINE[:place] + character + LINE[place + 1 :]
    reach = LOG.reach(line)
    pattern = re.compile(expand(LOG.pattern, LIBRARY).text, re.ASCII)
    assert reach.complete == bool(pattern.match(line)), line


def test_similar_failures_are_grouped_and_a_matching_pattern_suggested() -> None:
    explainer = Explainer([LOG], [NGINX])
    explainer.add(LINE.replace("generated", "generatd"), 3)
    explainer.add(LINE.replace("generated", "generatd").replace("124", "999"), 5)
    explainer.add('10.0.2.2 - - [05/May/2017:14:51:39 +0000] "GET /a HTTP/1.1" 200 14 "-" "curl"', 9)
    first, second = explainer.report()
    assert first.startswith("2 lines, first line 3:")
    assert "%{NGINX_ACCESS_LOG} matches this line" in second


@pytest.mark.parametrize("damage", ["[pid: ", "GET", "(HTTP", "core"])
def test_a_long_line_is_cut_so_that_the_mark_stays_below_its_column_in_80_columns(damage: str) -> None:
    line = LINE.replace(damage, "?", 1)
    explainer = Explainer([LOG])
    explainer.add(line, 1)
    _, shown, mark, *_ = explainer.report()[0].split("\n")
    assert len(shown) <= 80
    column = int(mark.rpartition(" ")[2]) - 1
    assert shown[mark.index("^") :].removesuffix("…") == line[column:][: len(shown.removesuffix("…")) - mark.index("^")]


@pytest.mark.parametrize("key", ["log", "MESSAGE"])
def test_a_line_inside_a_json_object_is_found_with_its_key(key: str) -> None:
    explainer = Explainer([LOG])
    explainer.add(json.dumps({"stream": "stderr", key: f"{LINE}\n", "n": 1}), 1)
    (said,) = explainer.report()
    assert f'set data_format = "json" and\n  json_message_key = "{key}"' in said


@pytest.mark.parametrize("line", ['{"log": "printed"}', '{"log": 1}', "{", "[1]", '{"a":' * 3000])
def test_other_json_has_no_such_key(line: str) -> None:
    explainer = Explainer([LOG])
    explainer.add(line, 1)
    assert "json_message_key" not in explainer.report()[0]
