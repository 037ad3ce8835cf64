"""Real uWSGI with every option that changes its log: exactly one row per request and one event per incident."""

import base64
import json
import os
import signal
import socket
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.needs import need
from tests.support.network import connects, free_port
from tests.support.processes import Server
from tests.support.uwsgi_cases import (
    DEFAULT,
    USUAL,
    Asked,
    RealUwsgi,
    ask_uwsgi,
    expected_row,
    kinds,
    parsed,
    row,
    settings_for,
)
from tests.support.waiting import DEADLINE, wait_until

COMBINED = '%(addr) - %(user) [%(ltime)] "%(method) %(uri) %(proto)" %(status) %(rsize) "%(referer)" "%(uagent)"'
AS_JSON = '{"method":"%(method)","uri":"%(uri)","status":%(status),"resSize":%(rsize),"t":%(tmsecs)}'


@pytest.fixture
def uwsgi(tmp_path: Path) -> Iterator[RealUwsgi]:
    server = RealUwsgi(tmp_path)
    yield server
    if server.server:
        server.server.kill()


def check(server: RealUwsgi, asked: tuple[Asked, ...], events: Counter[str], settings: Path | None = None) -> None:
    """End the server; its log has exactly these rows and these events, and nothing was rejected."""
    server.wait_logged(*asked)
    server.stop()
    requests, found, account = parsed(server.log, settings)
    assert Counter(map(row, requests)) == Counter(map(expected_row, asked))
    assert kinds(found) == events, [event.fields["message"] for event in found]
    assert "rejected 0" in account
    types = {(name, type(value)) for point in requests for name, value in point.fields.items()}
    assert len(types) == len({name for name, _ in types}), types


PLAIN_OPTIONS = {
    "nothing": [],
    "log-micros": ["log-micros = true"],
    "log-date": ["log-date = true"],
    "log-date with a format": ["log-date = %%Y-%%m-%%d %%H:%%M:%%S"],
    "log-prefix": ["log-prefix = shop"],
    "memory-report": ["memory-report = true"],
    "vhost": ["vhost = true"],
    "threads": ["enable-threads = true", "threads = 2"],
    "async": ["async = 4", "ugreen = true"],
    "log-master": ["log-master = true"],
    "log-master-stream": ["log-master = true", "log-master-stream = true"],
    "everything in front": ["log-date = true", "memory-report = true", "vhost = true", "log-micros = true"],
    "prefix encoder": ["log-encoder = prefix [shop] "],
    "a mule and a cron": ["mule = true", "enable-threads = true"],
    "thunder-lock": ["thunder-lock = true", "buffer-size = 32768", "post-buffering = 4096"],
}


@pytest.mark.parametrize("name", PLAIN_OPTIONS)
def test_the_default_format_is_parsed_with_every_option(uwsgi: RealUwsgi, name: str) -> None:
    uwsgi.options = PLAIN_OPTIONS[name]
    uwsgi.start()
    for asked in DEFAULT:
        uwsgi.ask(asked)
    check(uwsgi, DEFAULT, USUAL)


def test_lines_of_the_threaded_logger_are_parsed(uwsgi: RealUwsgi) -> None:
    """At its end uWSGI's master and its logger thread may both write from one buffer: goodbye twice, or in pieces."""
    uwsgi.options = ["threaded-logger = true"]
    uwsgi.start()
    for asked in DEFAULT:
        uwsgi.ask(asked)
    uwsgi.wait_logged(*DEFAULT)
    uwsgi.stop()
    requests, events, account = parsed(uwsgi.log)
    assert Counter(map(row, requests)) == Counter(map(expected_row, DEFAULT))
    seen = kinds(events)
    assert {kind: seen[kind] for kind in ("start", "worker_spawn")} == {"start": 1, "worker_spawn": 1}
    assert seen.keys() <= {"start", "worker_spawn", "stop", "app_output"}
    assert "rejected 0" in account


FORMATS = {
    "a combined log-format": [f"log-format = {COMBINED}"],
    "a log-format with milliseconds": ["log-format = %(tmsecs) %(msecs)ms %(method) %(uri) %(status) %(rsize)"],
    "log-format and log-date": [
        "log-date = %%Y-%%m-%%d %%H:%%M:%%S",
        "log-format-strftime = true",
        "log-format = %(ftime) %(method) %(uri) %(status) %(rsize)",
    ],
    "a log-format of JSON": [f"log-format = {AS_JSON}"],
    "a json encoder": ['log-encoder = json {"t":${unix},"msg":"${msg}"}', "log-encoder = nl"],
    "a format encoder": ["log-encoder = format ${strftime:%%Y-%%m-%%d} ${unix} ${msgnl}"],
    "log-x-forwarded-for": ["log-x-forwarded-for = true"],
}


@pytest.mark.parametrize("name", FORMATS)
def test_formats_are_parsed_with_the_printed_settings(uwsgi: RealUwsgi, name: str) -> None:
    uwsgi.options = FORMATS[name]
    uwsgi.start()
    for asked in DEFAULT:
        uwsgi.ask(asked)
    check(uwsgi, DEFAULT, USUAL, settings_for(uwsgi.folder, uwsgi.ini))


VARIABLES = [
    *("uri", "method", "user", "addr", "host", "proto", "status", "rsize", "hsize", "size", "cl", "micros", "msecs"),
    *("secs", "tmsecs", "tmicros", "time", "ltime", "ftime", "ctime", "epoch", "pid", "wid", "switches", "vars"),
    *("core", "vsz", "rss", "vszM", "rssM", "pktsize", "modifier1", "modifier2", "headers", "werr", "rerr", "ioerr"),
    *("var.HTTP_X_THING", "var.NOTHING", "metric.worker.1.requests", "mine", "referer", "uagent"),
]


def test_a_log_format_with_every_variable_is_parsed(uwsgi: RealUwsgi) -> None:
    text = " ".join(f"{name}=<%({name})>" for name in VARIABLES)
    uwsgi.options = ["enable-metrics = true", "memory-report = true", f"log-format = {text}"]
    uwsgi.start()
    headers = {"X-Thing": "a, b <c>", "Referer": "http://x/?a=b", "User-Agent": 'Agent "7" <x>'}
    asked = (*DEFAULT, Asked("/variable", headers=headers))
    for one in asked:
        uwsgi.ask(one)
    settings = settings_for(uwsgi.folder, uwsgi.ini)
    check(uwsgi, asked, USUAL, settings)
    last = parsed(uwsgi.log, settings)[0][-1]
    assert last.fields["var_HTTP_X_THING"] == "a, b <c>"
    assert last.fields["agent"] == 'Agent "7" <x>'
    assert last.fields["mine"] == "a value"
    assert last.fields["httpVer"] == 1.1
    assert last.time is not None
    assert int(str(last.fields["tmsecs"])) == last.time // 1_000_000  # the time to the microsecond, and its slot below


def test_log_x_forwarded_for_keeps_the_whole_chain(uwsgi: RealUwsgi) -> None:
    uwsgi.options = ["log-x-forwarded-for = true"]
    uwsgi.start()
    asked = Asked(headers={"X-Forwarded-For": "203.0.113.9, 10.0.0.7"})
    uwsgi.ask(asked)
    check(uwsgi, (asked,), USUAL)
    assert parsed(uwsgi.log)[0][0].fields["remoteAddr"] == "203.0.113.9, 10.0.0.7"


def test_a_request_logger_with_its_own_encoder_is_parsed(uwsgi: RealUwsgi) -> None:
    uwsgi.options = ["req-logger = file:{folder}/requests.log", "log-req-encoder = prefix r: "]
    uwsgi.start()
    for asked in DEFAULT:
        uwsgi.ask(asked)
    uwsgi.log_name = "requests.log"
    check(uwsgi, DEFAULT, Counter(), settings_for(uwsgi.folder, uwsgi.ini))


def test_requests_answered_by_sendfile_or_a_route_are_parsed(uwsgi: RealUwsgi) -> None:
    (uwsgi.folder / "a.css").write_text("0123456789")
    uwsgi.workers = 2  # one of them asks the other
    uwsgi.options = [
        "static-map = /static={folder}",
        "route = ^/routed break:200 Routed",
        f"route = ^/passed http:127.0.0.1:{uwsgi.port},x,/asked",
    ]
    uwsgi.start()
    asked = [Asked("/static/a.css", size=10), Asked("/routed", size=0), Asked("/passed")]
    for one in asked:
        uwsgi.ask(one)
    uwsgi.wait_for("GET /passed =>")
    requests = parsed(uwsgi.log)[0]
    passed = next(one for one in requests if one.tags["uri"] == "/passed")
    assert passed.fields["resSize"] >= 5  # type: ignore[operator] # with the headers that were passed on
    asked[2] = Asked("/passed", size=int(str(passed.fields["resSize"])))
    check(uwsgi, (Asked("/asked"), *asked), USUAL + Counter(worker_spawn=1))
    assert " via sendfile() " in uwsgi.log.read_text()
    assert " via route() " in uwsgi.log.read_text()


def test_static_files_sent_by_offload_threads_are_parsed(uwsgi: RealUwsgi) -> None:
    (uwsgi.folder / "a.css").write_text("0123456789")
    uwsgi.options = ["static-map = /static={folder}", "offload-threads = 1", "file-serve-mode = offload"]
    uwsgi.start()
    uwsgi.ask(Asked("/static/a.css", size=10))
    uwsgi.wait_for("GET /static/a.css =>")
    uwsgi.stop()
    requests, events, account = parsed(uwsgi.log)
    # The thread that sends the file counts the bytes, not uWSGI.
    assert [row(one)[:4] for one in requests] == [("GET", "/static/a.css", "", 200)]
    assert " via offload() " in uwsgi.log.read_text()
    assert (kinds(events), "rejected 0" in account) == (USUAL, True), [event.fields["message"] for event in events]


def test_a_log_of_failures_only_is_parsed(uwsgi: RealUwsgi) -> None:
    uwsgi.options = ["disable-logging = true", "log-4xx = true", "log-5xx = true"]
    uwsgi.start()
    for asked in DEFAULT:
        uwsgi.ask(asked)
    check(uwsgi, tuple(asked for asked in DEFAULT if asked.status >= 400), USUAL)


def test_a_uri_too_long_for_the_line_gives_a_minimal_record(uwsgi: RealUwsgi) -> None:
    uwsgi.options = ["buffer-size = 32768"]
    uwsgi.start()
    uwsgi.ask(Asked("/" + "a" * 3800))
    uwsgi.ask(Asked("/" + "b" * 5000))
    uwsgi.wait_for("=> generated", 2)
    uwsgi.stop()
    requests, _, account = parsed(uwsgi.log)
    assert [(one.tags["uri"][:2], one.fields["status"]) for one in requests] == [("(o", 200), ("-", 200)]
    assert requests[0].fields["uri_full"] == "/" + "a" * 3800
    assert "httpVer" not in requests[1].fields
    assert "rejected 0" in account


def test_ipv6_addresses_are_parsed(uwsgi: RealUwsgi) -> None:
    uwsgi.socket_option = "http-socket = [::1]:{port}"
    uwsgi.start()
    uwsgi.ask(Asked(), host="::1")
    check(uwsgi, (Asked(),), USUAL)
    assert parsed(uwsgi.log)[0][0].fields["remoteAddr"] == "::1"


def test_values_that_only_a_proxy_can_send_are_parsed(uwsgi: RealUwsgi) -> None:
    uwsgi.socket_option = "uwsgi-socket = 127.0.0.1:{port}"
    uwsgi.start()
    usual: dict[str, str | bytes] = {
        "REQUEST_METHOD": "GET", "REQUEST_URI": "/x", "PATH_INFO": "/x", "REMOTE_ADDR": "10.0.0.9",
        "SERVER_PROTOCOL": "HTTP/1.1", "SERVER_NAME": "x", "SERVER_PORT": "80",
    }  # fmt: skip
    changes: list[dict[str, str | bytes]] = [
        {"REMOTE_USER": "ann@example.org"}, {"REMOTE_USER": "Ann (B.) C"}, {"REMOTE_ADDR": ""},
        {"SERVER_PROTOCOL": "HTTP/2.0"}, {"SERVER_PROTOCOL": ""}, {"REQUEST_METHOD": "PROPFIND"},
        {"REQUEST_URI": '/a b "c" => generated 7 bytes', "REMOTE_USER": ") {1 vars in 2 bytes}"},
        {"REQUEST_URI": "/é".encode()},
    ]  # fmt: skip
    for change in changes:
        ask_uwsgi(("127.0.0.1", uwsgi.port), {**usual, **change})
    uwsgi.wait_for(" msecs (", len(changes))
    uwsgi.stop()
    requests, events, account = parsed(uwsgi.log)
    assert len(requests) == len(changes), uwsgi.log.read_text()
    assert (kinds(events), "rejected 0" in account) == (USUAL, True), [event.fields["message"] for event in events]
    seen = Counter((one.tags["method"], one.tags["uri"].encode("latin-1").decode()) for one in requests)
    assert seen == Counter({("GET", "/x"): 5, ("PROPFIND", "/x"): 1, ("GET", '/a b "c" => generated 7 bytes'): 1,
                            ("GET", "/é"): 1})  # fmt: skip
    users = {one.fields.get("remoteUser") for one in requests}
    assert users == {None, "ann@example.org", "Ann (B.) C", ") {1 vars in 2 bytes}"}
    assert sum("remoteAddr" not in one.fields for one in requests) == 1
    assert {one.fields.get("httpVer") for one in requests} == {1.1, 2.0, None}


def test_requests_without_an_application_are_parsed(uwsgi: RealUwsgi) -> None:
    uwsgi.application = "need-app = false"
    uwsgi.start()
    asked = Asked("/nowhere", status=500, size=21)
    uwsgi.ask(asked)
    check(uwsgi, (asked,), USUAL)
    assert parsed(uwsgi.log)[0][0].fields["id"] == -1


def test_requests_through_nginx_have_the_same_user_in_both_logs(uwsgi: RealUwsgi) -> None:
    nginx, port, folder = need("nginx", package="nginx-light"), free_port(), uwsgi.folder
    uwsgi.socket_option = "uwsgi-socket = {folder}/uwsgi.sock"
    uwsgi.options = ["chmod-socket = 666"]
    uwsgi.start()
    (folder / "users").write_text("ann:{PLAIN}secret\n")
    (folder / "nginx.conf").write_text(
        f"{'user root; ' * (os.geteuid() == 0)}daemon off; pid {folder}/nginx.pid;\n"
        f"error_log {folder}/error.log; events {{}}\n"
        f"http {{ access_log {folder}/access.log combined; client_body_temp_path {folder}/t1;"
        f" uwsgi_temp_path {folder}/t2; proxy_temp_path {folder}/t3; fastcgi_temp_path {folder}/t4;\n"
        f" scgi_temp_path {folder}/t5;\n"
        f" server {{ listen 127.0.0.1:{port}; location / {{ auth_basic x; auth_basic_user_file {folder}/users;\n"
        "  uwsgi_pass unix:" + str(folder / "uwsgi.sock") + ";\n"
        + "".join(
            f"  uwsgi_param {name} {value};\n"
            for name, value in {
                "QUERY_STRING": "$query_string", "REQUEST_METHOD": "$request_method", "REQUEST_URI": "$request_uri",
                "PATH_INFO": "$document_uri", "SERVER_PROTOCOL": "$server_protocol", "REMOTE_ADDR": "$remote_addr",
                "REMOTE_USER": "$remote_user", "SERVER_NAME": "$server_name", "SERVER_PORT": "$server_port",
                "CONTENT_LENGTH": "$content_length", "CONTENT_TYPE": "$content_type",
            }.items()
        )
        + " } } }\n"
    )  # fmt: skip
    proxy = Server([nginx, "-c", str(folder / "nginx.conf"), "-p", str(folder)], folder / "nginx.out").start()
    try:
        proxy.wait_ready(lambda: connects(port))
        headers = {"Authorization": "Basic " + base64.b64encode(b"ann:secret").decode()}
        asked = (Asked("/a%20b?c=d", headers=headers), Asked("/post", "POST", body=b"x" * 100, headers=headers))
        http_port, uwsgi.port = uwsgi.port, port
        for one in asked:
            uwsgi.ask(one)
        uwsgi.port = http_port
    finally:
        proxy.stop()
    check(uwsgi, asked, USUAL)
    assert {one.fields["remoteUser"] for one in parsed(uwsgi.log)[0]} == {"ann"}
    settings = folder / "nginx.toml"
    settings.write_text(
        f'[[inputs.tail]]\n  files = ["{folder}/access.log"]\n  data_format = "grok"\n'
        '  grok_patterns = ["%{NGINX_ACCESS_LOG}"]\n  name_override = "uwsgi_log"\n[[outputs.file]]\n'
    )
    requests, _, account = parsed(folder / "access.log", settings)
    # nginx counts what it sends, with the marks of chunks.
    assert [row(one)[:4] for one in requests] == [expected_row(one)[:4] for one in asked]
    assert {one.fields["remoteUser"] for one in requests} == {"ann"}
    assert "rejected 0" in account


# -- events -----------------------------------------------------------------------------------------


def test_application_output_and_tracebacks_become_events(uwsgi: RealUwsgi) -> None:
    uwsgi.start()
    asked = [
        Asked("/print"),
        Asked("/unended"),
        Asked("/raise", status=500, size=0),
        Asked("/chained", status=500, size=0),
    ]
    for one in asked:
        try:
            uwsgi.ask(one)
        except OSError:  # uWSGI closes the connection without an answer
            assert one.status == 500
    uwsgi.wait_for("GET /chained")
    check(uwsgi, tuple(asked), USUAL + Counter(app_output=1, traceback=2))
    events = parsed(uwsgi.log)[1]
    raised, chained = (event for event in events if event.tags["kind"] == "traceback")
    assert raised.tags["exception"] == "ValueError"
    assert raised.fields["message"] == "on purpose"
    assert str(raised.fields["frame"]).endswith(" in inner")
    assert chained.tags["exception"] == "LookupError"
    text = str(chained.fields["text"])
    assert "ValueError: on purpose\n\nThe above exception was the direct cause" in text
    assert text.endswith("LookupError: second")


def test_harakiri_becomes_an_event(uwsgi: RealUwsgi) -> None:
    uwsgi.options = ["harakiri = 1"]
    uwsgi.start()
    with pytest.raises(OSError, match=r".*"):
        uwsgi.ask(Asked("/sleep/20?x=1"))
    uwsgi.wait_for("Respawned uWSGI worker")
    uwsgi.ask(Asked())
    check(uwsgi, (Asked(),), USUAL + Counter(harakiri=1, worker_died=1, worker_spawn=1))
    event = next(event for event in parsed(uwsgi.log)[1] if event.tags["kind"] == "harakiri")
    assert "GET /sleep/20?x=1 since" in str(event.fields["text"])
    assert isinstance(event.fields["pid"], int)


def test_a_killed_worker_becomes_an_event(uwsgi: RealUwsgi) -> None:
    uwsgi.start()
    with pytest.raises(OSError, match=r".*"):
        uwsgi.ask(Asked("/die"))
    uwsgi.wait_for("Respawned uWSGI worker")
    uwsgi.ask(Asked())
    check(uwsgi, (Asked(),), USUAL + Counter(worker_died=1, worker_spawn=1))


def test_a_full_listen_queue_becomes_an_event(uwsgi: RealUwsgi) -> None:
    uwsgi.options = ["listen = 2"]
    uwsgi.start()
    go_on = uwsgi.folder / "go-on"
    held = [socket.create_connection(("127.0.0.1", uwsgi.port), timeout=DEADLINE)]
    held[0].sendall(f"GET /wait-for{go_on} HTTP/1.0\r\n\r\n".encode())
    for _ in range(6):
        waiting = socket.socket()
        waiting.setblocking(False)
        waiting.connect_ex(("127.0.0.1", uwsgi.port))
        held.append(waiting)
    uwsgi.wait_for("listen queue of socket")
    for one in held:
        one.close()
    go_on.touch()
    uwsgi.wait_for("GET /wait-for")
    uwsgi.stop()
    found = kinds(parsed(uwsgi.log)[1])
    assert found.pop("listen_queue_full") >= 1
    assert found - Counter(write_error=found["write_error"]) == USUAL, uwsgi.log.read_text()


def test_a_disconnected_client_becomes_a_write_error(uwsgi: RealUwsgi) -> None:
    uwsgi.start()
    client = socket.create_connection(("127.0.0.1", uwsgi.port), timeout=DEADLINE)
    client.sendall(b"GET /large HTTP/1.0\r\n\r\n")
    client.recv(1)
    client.close()
    uwsgi.wait_for("GET /large =>")
    uwsgi.stop()
    requests, events, account = parsed(uwsgi.log)
    assert [one.tags["uri"] for one in requests] == ["/large"]
    assert kinds(events) == USUAL + Counter(write_error=1), uwsgi.log.read_text()
    assert "rejected 0" in account


@pytest.mark.parametrize("how", ["hang-up", "touch-workers-reload", "chain"])
def test_a_reload_becomes_an_event(uwsgi: RealUwsgi, how: str) -> None:
    touched = uwsgi.folder / "touched"
    touched.write_text("")
    uwsgi.options = {
        "hang-up": [],
        "touch-workers-reload": ["touch-workers-reload = {folder}/touched"],
        "chain": ["touch-chain-reload = {folder}/touched", "lazy-apps = true"],
    }[how]
    uwsgi.start()
    assert uwsgi.server
    uwsgi.ask(Asked())
    spawned = 1
    if how == "hang-up":
        os.kill(uwsgi.server.pid, signal.SIGHUP)
        uwsgi.wait_for("spawned uWSGI worker", 2)
        expected = USUAL + Counter(reload=1, start=1, worker_spawn=spawned)
    else:
        os.utime(touched, (2**31, 2**31))
        uwsgi.wait_for("Respawned uWSGI worker")
        expected = USUAL + Counter(reload=1, worker_spawn=1)
    uwsgi.ask(Asked("/after"))
    check(uwsgi, (Asked(), Asked("/after")), expected)


def test_running_out_of_memory_becomes_an_event(uwsgi: RealUwsgi) -> None:
    uwsgi.options = ["evil-reload-on-rss = 1", "memory-report = true"]
    uwsgi.start()
    uwsgi.ask(Asked())
    uwsgi.wait_for("EVIL RELOAD ON WORKER")
    uwsgi.wait_for("Respawned uWSGI worker")
    wait_until(uwsgi.is_up)
    uwsgi.stop()
    requests, events, account = parsed(uwsgi.log)
    assert [one.tags["uri"] for one in requests] == ["/plain"]
    found = kinds(events)
    assert found["out_of_memory"] >= 1
    assert set(found) == {"start", "stop", "worker_spawn", "worker_died", "out_of_memory"}
    assert "rejected 0" in account


def test_a_worker_replaced_at_max_requests_does_not_count_as_died(uwsgi: RealUwsgi) -> None:
    uwsgi.options = ["max-requests = 2", "min-worker-lifetime = 0"]
    uwsgi.start()
    for _ in range(2):
        uwsgi.ask(Asked())
    uwsgi.wait_for("Respawned uWSGI worker")
    uwsgi.ask(Asked())
    check(uwsgi, (Asked(),) * 3, USUAL + Counter(worker_spawn=1))


def test_tracebacks_of_several_workers_are_kept_apart(uwsgi: RealUwsgi) -> None:
    uwsgi.workers = 4
    uwsgi.start()
    load = need("ab", package="apache2-utils")
    done = subprocess.run(
        [load, "-n", "2000", "-c", "8", f"http://127.0.0.1:{uwsgi.port}/raise"], capture_output=True, check=False
    )
    assert b"Complete requests:      2000" in done.stdout, done.stdout + done.stderr
    uwsgi.wait_for("GET /raise", 2000)
    uwsgi.stop()
    requests, events, account = parsed(uwsgi.log)
    assert len(requests) == 2000
    assert kinds(events) == Counter(start=1, worker_spawn=4, stop=1, traceback=2000), account
    assert {event.tags.get("exception") for event in events} == {None, "ValueError"}


def test_the_time_of_a_json_format_comes_from_its_key(uwsgi: RealUwsgi) -> None:
    uwsgi.options = [f"log-format = {AS_JSON}"]
    uwsgi.start()
    uwsgi.ask(Asked())
    uwsgi.wait_logged(Asked())
    uwsgi.stop()
    line = next(line for line in uwsgi.log.read_text().splitlines() if line.startswith("{"))
    requests, _, _ = parsed(uwsgi.log, settings_for(uwsgi.folder, uwsgi.ini))
    assert requests[0].time is not None
    assert requests[0].time // 1_000_000 == json.loads(line)["t"]
