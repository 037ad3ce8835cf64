"""Events as points beside the requests of a log, the same across chunks and restarts."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logshipper.points import Points, as_text
from tests.support.line_protocol_reader import Point, points
from tests.support.parsing import chunk, chunks, parser
from tests.support.request_lines import LINE

LATER = LINE.replace("14:51:39", "14:51:45")
LOG = [
    "*** Starting uWSGI 2.0.30 (64bit) on [Fri May  5 14:51:30 2017] ***",
    "spawned uWSGI worker 1 (pid: 13, cores: 1)",
    LINE,
    "printed, with a ?token=abc&a=1",
    "Traceback (most recent call last):",
    '  File "/srv/app.py", line 3, in view',
    "    raise ValueError('x')",
    "ValueError: x",
    LATER,
    "no newline" + LATER.replace("124", "125"),
    "DAMN ! worker 1 (pid: 13) died :( trying respawn ...",
    "|app: 0|req: a damaged line",
    "last words",
    "goodbye to uWSGI.",
]
AT = int(datetime(2017, 5, 5, 14, 51, 0, tzinfo=UTC).timestamp())


def read(found: list[str]) -> list[Point]:
    return list(points("".join(f"{line}\n" for line in found)))


def everything(cuts: list[int], restarts: bool = False) -> tuple[list[str], list[str], list[str]]:
    """Return the requests, the events and the rejected lines; `restarts` makes a new memory after each chunk."""
    given = parser()
    memory = given.memory("/a.log")
    requests: list[str] = []
    events: list[str] = []
    rejected: list[str] = []
    for part in chunks(LOG, cuts):
        batch = given.parse(part, memory)
        requests += as_text(batch.points)
        events += as_text(batch.events)
        rejected += [aside.line.decode() for aside in batch.rejected]
        if restarts:
            state = json.loads(json.dumps(batch.event_state))
            memory = given.memory("/a.log", memory.tag_limit.values(batch.tag_counts), state)
    return sorted(requests), sorted([*events, *map(str, memory.events.finish())]), rejected


@pytest.mark.parametrize(
    "state", [[1, 2], "boo", {"1": "boo"}, {"1": {"open": 5}}, {"abc": {}}, {"1": [[]]},
              {"1": {"last": 0, "prefix": "", "waiting": [{"x": 1}], "group": None, "tracebacks": []}}],
)  # fmt: skip
def test_open_events_that_somebody_has_edited_in_a_checkpoint_are_left_out(state: Any) -> None:
    given = parser()
    memory = given.memory("/a.log", None, state)
    assert memory.events.count_open() == 0
    assert len(given.parse(chunk("".join(f"{line}\n" for line in LOG)), memory).points) == 3


def test_requests_become_points_and_other_lines_become_events() -> None:
    requests, events, rejected = everything([])
    assert len(requests) == 3
    assert rejected == ["|app: 0|req: a damaged line"]
    found = {(one.tags["kind"], (one.time or 0) // 10**9 - AT) for one in read(events)}
    assert found == {
        ("start", 30), ("worker_spawn", 30), ("app_output", 45), ("traceback", 45), ("worker_died", 45),
        ("app_output", 45), ("stop", 45),
    }  # fmt: skip
    assert len(events) == 7


def test_a_traceback_becomes_a_point_with_exception_and_frame() -> None:
    raised = next(one for one in read(everything([])[1]) if one.tags["kind"] == "traceback")
    assert raised.measurement == "uwsgi_event"
    assert raised.tags == {"kind": "traceback", "exception": "ValueError", "path": "/a.log"}
    assert raised.fields == {"message": "x", "frame": "/srv/app.py:3 in view", "text": "\n".join(LOG[4:8])}


def test_secret_parameters_are_removed_from_events() -> None:
    messages = {one.fields["message"] for one in read(everything([])[1])}
    assert "printed, with a ?a=1" in messages


@pytest.mark.slow
@given(st.lists(st.integers(0, len(LOG)), max_size=8), st.booleans())
def test_cuts_and_restarts_do_not_change_the_points(cuts: list[int], restarts: bool) -> None:
    assert everything(cuts, restarts) == everything([])


def test_events_of_the_same_second_have_different_times() -> None:
    given = parser()
    memory = given.memory("/a.log")
    text = LINE + "\n" + "the same\n" * 500 + LINE + "\n"
    events = read([*given.parse(chunk(text), memory).events])
    assert len({one.time for one in events}) == 500


def test_the_open_events_of_a_rotated_copy_are_written() -> None:
    given = parser()
    memory = given.memory("/a.log")
    first = given.parse(chunk(f"{LINE}\nlast words\n", fingerprint=1), memory)
    assert first.events == Points()
    second = given.parse(chunk(f"{LATER}\n", fingerprint=2), memory)
    assert [one.fields["message"] for one in read([*second.events])] == ["last words"]


def test_events_are_counted_by_kind_even_if_switched_off() -> None:
    from dataclasses import replace

    from logshipper.parse.parser import Parser

    given = parser()
    silent = Parser(replace(given.rules, events=replace(given.rules.events, written=False)))
    batch = silent.parse(chunk("\n".join(LOG) + "\n"), silent.memory("/a.log"))
    assert batch.events == Points()
    assert batch.noise["traceback"] == 4


def test_an_unknown_line_in_a_log_of_requests_only_is_rejected() -> None:
    given = parser("%{COMMON_LOG_FORMAT}")
    batch = given.parse(chunk("hello\n*** Starting uWSGI 2.0.30\n"), given.memory("/a.log"))
    assert [aside.line for aside in batch.rejected] == [b"hello"]
    assert batch.noise == {"start": 1}


def test_lines_with_nul_or_invalid_utf8_are_rejected() -> None:
    given = parser()
    batch = given.parse(chunk(b"\xff\xfe\na\0b\n" + LINE.encode() + b"\n"), given.memory("/a.log"))
    assert [aside.line for aside in batch.rejected] == [b"\xff\xfe", b"a\0b"]
    assert batch.events == Points()
