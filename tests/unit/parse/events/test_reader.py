"""Events of a log: which lines form one, of what kind, and when it happened, however the log is cut."""

import json
from dataclasses import asdict
from datetime import UTC
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logshipper.parse.events.reader import LONGEST_TEXT, Event, EventReader
from logshipper.parse.events.tracebacks import MOST_OPEN
from logshipper.times.timestamps import time_parser

OWN, ISO = time_parser("ts-uwsgi", UTC), time_parser('ts-"2006-01-02 15:04:05"', UTC)
S = 1_000_000_000
NOON = 1_795_262_400  # 2026-11-21 12:00:00
REQUEST = "R"  # a request line; the number after it is in seconds after noon

LOG = """\
*** Starting uWSGI 2.0.30 (64bit) on [Sat Nov 21 12:00:00 2026] ***
your memory page size is 4096 bytes
spawned uWSGI worker 1 (pid: 7, cores: 1)
printed before any request
R10
printed, belongs to the next request
Traceback (most recent call last):
  File "/srv/app/views.py", line 3, in view
    raise ValueError("x")
ValueError: x
R20
Sat Nov 21 12:00:30 2026 - *** HARAKIRI ON WORKER 1 (pid: 7, try: 1, graceful: yes) ***
Sat Nov 21 12:00:30 2026 - HARAKIRI !!! worker 1 status !!!
Sat Nov 21 12:00:30 2026 - HARAKIRI [core 0] 10.0.0.1 - GET /slow since 1795262410
Sat Nov 21 12:00:30 2026 - HARAKIRI !!! end of worker 1 status !!!
Sat Nov 21 12:00:30 2026 - HARAKIRI triggered by worker 1 core 0 !!!
DAMN ! worker 1 (pid: 7) died, killed by signal 9 :( trying respawn ...
Respawned uWSGI worker 1 (new pid: 8)
R40
Sat Nov 21 12:00:41 2026 - SIGPIPE: writing to a closed pipe/socket/fd (probably the client disconnected) !!!
Sat Nov 21 12:00:41 2026 - uwsgi_response_write_body_do(): Broken pipe [core/writer.c line 341] during GET / (::1)
OSError: write error
R41
[2026-11-21 12:00:45,250] ERROR in app: logged by the application
R46
|app: 0|req: 9/9] what is left of a request
SIGINT/SIGTERM received...killing workers...
worker 1 buried after 1 seconds
last words
goodbye to uWSGI.
""".splitlines()

EXPECTED = [
    ("start", 0, "*** Starting uWSGI 2.0.30 (64bit) on [Sat Nov 21 12:00:00 2026] ***"),
    ("worker_spawn", 0, "spawned uWSGI worker 1 (pid: 7, cores: 1)"),
    ("app_output", 10, "printed before any request"),
    ("app_output", 20, "printed, belongs to the next request"),
    ("traceback", 20, "x"),
    ("harakiri", 30, "*** HARAKIRI ON WORKER 1 (pid: 7, try: 1, graceful: yes) ***"),
    ("worker_died", 30, "DAMN ! worker 1 (pid: 7) died, killed by signal 9 :( trying respawn ..."),
    ("worker_spawn", 30, "Respawned uWSGI worker 1 (new pid: 8)"),
    ("write_error", 41, "SIGPIPE: writing to a closed pipe/socket/fd (probably the client disconnected) !!!"),
    ("app_output", 45, "[2026-11-21 12:00:45,250] ERROR in app: logged by the application"),
    ("app_output", 46, "last words"),
    ("stop", 46, "goodbye to uWSGI."),
]


def reader() -> EventReader:
    return EventReader(lambda text: OWN.parse(text) if OWN.parse(text) is not None else ISO.parse(text))


def feed(one: EventReader, lines: list[str], first: int = 0) -> list[str | None]:
    kinds = []
    for offset, line in enumerate(lines, first):
        if line.startswith(REQUEST) and line[1:].isdigit():
            one.request((NOON + int(line[1:])) * S, offset)
        else:
            kinds.append(one.classify(line, offset))
    return kinds


def summary(events: list[Event]) -> list[tuple[str, int, str]]:
    return [
        (event.kind, (event.time or 0) // S - NOON, event.message) for event in sorted(events, key=lambda e: e.offset)
    ]


def test_a_log_gives_the_expected_events() -> None:
    one = reader()
    kinds = feed(one, LOG)
    events = one.take(final=True)
    assert summary(events) == EXPECTED
    assert kinds.count(None) == 1
    assert kinds.count("traceback") == 4
    assert kinds.count("harakiri") == 5
    assert kinds.count("write_error") == 3


def test_an_event_of_several_lines_keeps_all_of_their_text() -> None:
    one = reader()
    feed(one, LOG)
    events = {event.kind: event for event in one.take(final=True)}
    raised, harakiri, broken = events["traceback"], events["harakiri"], events["write_error"]
    assert (raised.exception, raised.frame) == ("ValueError", "/srv/app/views.py:3 in view")
    assert raised.text.splitlines() == LOG[6:10]
    assert "GET /slow since 1795262410" in harakiri.text
    assert harakiri.pid == 7
    assert broken.text.splitlines()[-1] == "OSError: write error"
    assert events["stop"].text == ""


@given(st.lists(st.integers(0, len(LOG)), max_size=6))
def test_cuts_and_restarts_do_not_change_the_events(cuts: list[int]) -> None:
    bounds = sorted({0, len(LOG), *cuts})
    one, found = reader(), []
    for first, end in pairwise(bounds):
        feed(one, LOG[first:end], first)
        found += one.take()
        state = json.loads(json.dumps(one.state()))
        one = reader()
        one.restore(state)
    assert summary(found + one.take(final=True)) == EXPECTED


def test_an_application_event_waits_for_its_request() -> None:
    one = reader()
    feed(one, ["R1", "printed"])
    assert one.take() == []
    feed(one, ["R2"], 2)
    assert summary(one.take()) == [("app_output", 2, "printed")]


def test_a_server_event_does_not_wait() -> None:
    one = reader()
    feed(one, ["R1", "DAMN ! worker 1 (pid: 7) died :( trying respawn ..."])
    assert summary(one.take()) == [("worker_died", 1, "DAMN ! worker 1 (pid: 7) died :( trying respawn ...")]


def test_an_unfinished_traceback_is_closed_later_as_unknown() -> None:
    one = reader()
    feed(one, ["R1", *LOG[6:8]])
    one.request((NOON + 2) * S, 100_000)
    assert [(event.kind, event.exception) for event in one.take()] == [("traceback", "unknown")]


def test_a_write_error_inside_a_traceback_is_a_write_error() -> None:
    one = reader()
    feed(one, [*LOG[6:9], "OSError: write error", "R1"])
    assert [event.kind for event in one.take()] == ["write_error"]


def test_waiting_events_are_limited_and_long_texts_clipped() -> None:
    one = reader()
    feed(one, ["R1", *["x" * 100_000] * 3, *["y"] * 2_000])
    events = one.take()
    assert len(one.waiting) <= 1_001
    assert max(len(event.message) for event in events) == LONGEST_TEXT


def test_an_encoder_prefix_is_removed() -> None:
    one = reader()
    lines = [f"[shop 17] {line}" if not line.startswith("R") else line for line in LOG]
    lines[2] = lines[2].replace("17", "99")
    feed(one, lines)
    assert [event.kind for event in one.take(final=True)][:2] == ["start", "worker_spawn"]


@given(st.lists(st.text(st.characters(exclude_characters="\n"), max_size=40), max_size=50))
def test_no_line_makes_the_reader_fail(lines: list[str]) -> None:
    one = reader()
    kinds = feed(one, lines)
    one.take(final=True)
    json.dumps(one.state())
    assert len(kinds) <= len(lines)


def test_a_log_of_tracebacks_only_keeps_every_one_in_bounded_memory() -> None:
    one = reader()
    feed(one, ["R1", *[line for _ in range(500) for line in LOG[6:10]], "R2"])
    assert len(one.tracebacks.opened) <= MOST_OPEN
    events = one.take()
    assert [event.offset for event in events] == [1 + 4 * number for number in range(500)]
    assert {event.text for event in events} == {"\n".join(LOG[6:10])}


@given(st.lists(st.sampled_from(LOG), max_size=30))
def test_the_state_contains_all_open_events(lines: list[str]) -> None:
    one = reader()
    feed(one, lines)
    state = json.loads(json.dumps(one.state()))
    assert state["waiting"] == [asdict(event) for event in one.waiting]
    assert state["group"] == (asdict(one.group) if one.group else None)
    again = reader()
    again.restore(state)
    assert again.tracebacks.opened == one.tracebacks.opened


RAISED = [*LOG[6:10]]


@pytest.mark.parametrize(
    ("prefix", "time"),
    [
        ("Nov 21 12:00:07 www1 demo[12893]: ", 7),
        ("<30>Nov 21 12:00:07 www1 demo: ", 7),
        ("2026-11-21 12:00:07.250 18 ERROR nova.api [req-1 - -] ", 7),
        ("web-1  | ", 20),
        ("2026-11-21 12:00:07.123456789  ", 7),
        ("[2026-11-21 12:00:07] ", 7),
        ("[pod/web-7d9/uwsgi] ", 20),
    ],
)
def test_a_traceback_after_a_prefix_is_one_event(prefix: str, time: int) -> None:
    one = reader()
    kinds = feed(one, ["R1", *[prefix + line for line in RAISED], "R20"])
    (event,) = one.take()
    assert kinds == ["traceback"] * 4
    assert (event.text.splitlines(), event.exception) == (RAISED, "ValueError")
    assert (event.time or 0) // S - NOON == time


def test_a_coloured_traceback_is_one_event_without_its_colours() -> None:
    """Python 3.13 and later colour them where FORCE_COLOR is set."""
    one = reader()
    coloured = [
        "Traceback (most recent call last):",
        '  File \x1b[35m"/srv/app/views.py"\x1b[0m, line \x1b[35m3\x1b[0m, in \x1b[35mview\x1b[0m',
        '    \x1b[31mraise\x1b[0m ValueError("x")',
        "\x1b[1;35mValueError\x1b[0m: \x1b[35mx\x1b[0m",
    ]
    assert feed(one, ["R1", *coloured, "R20"]) == ["traceback"] * 4
    (event,) = one.take()
    assert (event.text.splitlines(), event.exception) == (RAISED, "ValueError")
    assert event.frame == "/srv/app/views.py:3 in view"


def test_a_prefix_without_a_year_takes_the_year_of_the_lines_around_it() -> None:
    one = reader()
    one.request((NOON - 366 * 86_400) * S, 0)
    feed(one, ["Nov 21 12:00:07 www1 demo[12893]: printed"], 1)
    (event,) = one.take()
    assert (event.message, (event.time or 0) // S - NOON) == ("printed", 7 - 365 * 86_400)


def test_a_server_message_after_a_prefix_is_recognised() -> None:
    one = reader()
    feed(one, ["R1", "Nov 21 12:00:07 www1 demo[9]: DAMN ! worker 1 (pid: 7) died :( trying respawn ..."])
    assert summary(one.take()) == [("worker_died", 7, "DAMN ! worker 1 (pid: 7) died :( trying respawn ...")]


def test_a_line_that_looks_like_a_request_gives_no_event() -> None:
    one = reader()
    assert feed(one, ["GET /a 200", "printed", "Nov 21 12:00:07 www1 demo[9]: GET /a 200"]) == [
        None,
        "app_output",
        None,
    ]


def test_open_events_are_counted() -> None:
    one = reader()
    feed(one, ["printed", *LOG[6:8]])
    assert one.count_open() == 2
    one.take(final=True)
    assert one.count_open() == 0


@pytest.mark.parametrize(
    "line",
    [
        '192.0.2.1 - *** Starting uWSGI 2.0 [26/Nov/2026] "GET /a HTTP/1.1" 404 0 "-" "curl" 5ms',
        '{"path":"/a","status":200,"ua":"*** Starting uWSGI 2.0.20 (64bit) on [Thu Nov 26 02:39:32 2026] ***"}',
        '192.0.2.1 - goodbye to uWSGI. "GET /a HTTP/1.1" 200 0 "-" "curl" 5ms',
    ],
)
def test_a_client_that_imitates_uwsgis_messages_hides_no_request(line: str) -> None:
    reader = EventReader(lambda text: None)
    assert reader.classify(line, 0) is None
    assert (reader.prefix, reader.take(final=True)) == ("", [])


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("shop - uwsgi_response_write_body_do(): Broken pipe [core/writer.c line 331] during GET /a (192.0.2.1)",
         "write_error"),
        ("HARAKIRI [core 0] 192.0.2.1 - GET /a/200 since 1700000000", "server"),
    ],
)  # fmt: skip
def test_a_server_message_may_quote_a_request(line: str, kind: str) -> None:
    assert EventReader(lambda text: None).classify(line, 0) == kind


def test_waiting_events_share_a_budget_of_bytes_even_across_a_restart() -> None:
    one = reader()
    for number in range(100):
        feed(one, [f"{number} {'x' * 200_000}"], number)
        restored = reader()
        restored.restore(json.loads(json.dumps(one.state())))
        restored._ready, one = one._ready, restored
    assert len(json.dumps(one.state())) < 600_000
    assert len(one.take(final=True)) == 100
