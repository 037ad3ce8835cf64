"""uWSGI's own messages: their kinds, with and without a date."""

import pytest

from logshipper.uwsgi.messages import SERVER, is_damaged_request, pid_of, prefix_of, recognise

MESSAGES = {
    "start": ["*** Starting uWSGI 2.0.30 (64bit) on [Sat Nov 21 03:10:12 2026] ***"],
    "stop": ["goodbye to uWSGI."],
    "reload": [
        "...gracefully killing workers...",
        "...brutally killing workers...",
        "*** /srv/touch has been touched... workers reload !!! ***",
        "*** /srv/touch has been touched... chain reload !!! ***",
        "chain reload starting...",
    ],
    "worker_spawn": [
        "spawned uWSGI worker 1 (pid: 7, cores: 1)",
        "spawned uWSGI worker 1 (and the only) (pid: 7, cores: 1)",
        "Respawned uWSGI worker 1 (new pid: 8)",
    ],
    "worker_died": [
        "DAMN ! worker 1 (pid: 7) died, killed by signal 9 :( trying respawn ...",
        "DAMN ! worker 1 (pid: 7) died :( trying respawn ...",
        "DAMN ! worker 1 (pid: 7) MISTERIOUSLY killed by signal 9 :( trying respawn ...",
        "OOPS ! failed loading app in worker 1 (pid 7)",
    ],
    "harakiri": ["*** HARAKIRI ON WORKER 1 (pid: 7, try: 1, graceful: yes) ***", "*** HARAKIRI ON MULE 1 (pid: 7) ***"],
    "listen_queue_full": ['*** uWSGI listen queue of socket "127.0.0.1:80" (fd: 3) full !!! (101/100) ***'],
    "write_error": [
        "SIGPIPE: writing to a closed pipe/socket/fd (probably the client disconnected) on request /x (ip ::1) !!!",
        "uwsgi_response_write_body_do(): Broken pipe [core/writer.c line 341] during GET /x (10.0.0.1)",
        "uwsgi_response_writev_headers_and_body_do() TIMEOUT !!!",
        "OSError: write error",
        "IOError: write error",
    ],
    "out_of_memory": [
        "*** EVIL RELOAD ON WORKER 1 RSS: 1048576 (pid: 7) ***",
        "!!! tried memory allocation of 1048576 bytes !!!",
        "malloc(): Cannot allocate memory [core/utils.c line 1780]",
    ],
    SERVER: [
        "*** WARNING: you are running uWSGI as root !!! (use the --uid flag) *** ",
        "your memory page size is 4096 bytes",
        "WSGI app 0 (mountpoint='') ready in 0 seconds on interpreter 0x7f pid: 7 (default app)",
        "SIGINT/SIGTERM received...killing workers...",
        "worker 1 killed successfully (pid: 7)",
        "...The work of process 7 is done. Seeya!",
        "spawned uWSGI master process (pid: 6)",
        "bind(): Address already in use [core/socket.c line 769]",
        "[uwsgi-daemons] spawning \"x\" (uid: 0 gid: 0)",
    ],
}  # fmt: skip
EACH = [(kind, text) for kind, texts in MESSAGES.items() for text in texts]


@pytest.mark.parametrize(("kind", "text"), EACH)
@pytest.mark.parametrize("before", ["", "Sat Nov 21 03:10:26 2026 - ", "2026-11-21 03:10:26 - ", "shop - "])
def test_the_kind_of_each_message_is_recognised(kind: str, text: str, before: str) -> None:
    found = recognise(before + text)
    assert found is not None
    assert (found.kind, found.text) == (kind, text)
    assert found.date == ("Sat Nov 21 03:10:26 2026" if before.startswith("Sat") else "")


def test_a_line_with_uwsgis_own_date_is_a_message() -> None:
    found = recognise("Sat Nov 21 03:10:26 2026 - something new")
    assert found is not None
    assert found.kind == SERVER


@pytest.mark.parametrize(
    "line", ["", "hello", "starting - soon", "worker done", "your name", "running a task now", "[INFO] os: x", "ready"]
)
def test_application_output_is_not_a_message(line: str) -> None:
    assert recognise(line) is None


@pytest.mark.parametrize(
    ("text", "pid"),
    [("spawned uWSGI worker 1 (pid: 7, cores: 1)", 7), ("Respawned uWSGI worker 1 (new pid: 8)", 8),
     ("OOPS ! failed loading app in worker 1 (pid 9)", 9), ("goodbye to uWSGI.", None)],
)  # fmt: skip
def test_the_process_id_is_read_from_a_message(text: str, pid: int | None) -> None:
    assert pid_of(text) == pid


def test_an_overlong_number_is_not_a_process_id() -> None:
    assert pid_of(f"spawned uWSGI worker 1 (pid: {'9' * 5_000}, cores: 1)") is None


@pytest.mark.parametrize(
    ("before", "other"),
    [("[shop] ", "[shop] "), ("2026-11-21 17952 | ", "2027-01-02 99999 | "), ("<Nov 21> ", "<Dec 31> ")],
)
def test_an_encoder_prefix_is_learned_from_the_first_message(before: str, other: str) -> None:
    import re

    learned = prefix_of(f"{before}*** Starting uWSGI 2.0.30 (64bit) on [x] ***")
    assert re.match(learned, f"{other}hello")
    assert not re.match(learned, "hello")


def test_a_date_is_not_learned_as_a_prefix() -> None:
    assert prefix_of("Sat Nov 21 03:10:26 2026 - *** Starting uWSGI 2.0.30") == ""
    assert prefix_of("*** Starting uWSGI 2.0.30") == ""


@pytest.mark.parametrize(
    ("line", "damaged"),
    [("|app: 0|req: 1/1] 10.0.0.1", True), ("GET /x => generated 5 by", True), ("[pid: 7", True),
     ("es (1 switches on core 0)", True), ("hello", False), ("pid: 7", False)],
)  # fmt: skip
def test_part_of_a_request_line_is_recognised(line: str, damaged: bool) -> None:
    assert is_damaged_request(line) is damaged
