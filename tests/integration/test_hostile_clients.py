"""Clients that try to hide their requests: through ten formats of real uWSGI, each is a row or rejected and kept."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from logshipper.model import Chunk
from logshipper.wiring.command_line import CommandLine
from logshipper.wiring.parsers import build_parser
from tests.support.uwsgi_cases import RealUwsgi, ask_uwsgi
from tests.support.waiting import wait_until

REQUESTS = 200
FIRST = 7000  # the number in the first uri: no counter of uWSGI gets there
TEXT = '%(addr) - %(user) [%(ltime)] "%(method) %(uri) %(proto)" %(status) %(size) "%(referer)" "%(uagent)" %(msecs)ms'
AS_JSON = (
    '{"method":"%(method)","path":"%(uri)","status":%(status),"ms":%(msecs),"ua":"%(uagent)","ref":"%(referer)",'
    '"user":"%(user)","addr":"%(addr)","time":%(epoch)}'
)
ENCODER = 'json {"ts":"${strftime:%%Y-%%m-%%dT%%H:%%M:%%S%%z}","message":"${msg}","source":"uwsgi"}'


@dataclass(frozen=True)
class Format:
    """A configuration: its options, its request log, and which part of the requests it logs."""

    options: tuple[str, ...] = ()
    log: str = "uwsgi.log"
    logged: int = REQUESTS


FORMATS = {
    "the default line": Format(),
    "a text of one's own": Format((f"log-format = {TEXT}",)),
    "JSON by log-format": Format((f"log-format = {AS_JSON}",)),
    "JSON by an encoder": Format((f"log-encoder = {ENCODER}", "log-encoder = nl")),
    "microseconds, a date and X-Forwarded-For": Format(
        ("log-micros = true", "log-date = true", "log-x-forwarded-for = true")
    ),
    "only errors": Format(("disable-logging = true", "log-4xx = true"), logged=REQUESTS // 2),
    "a log for requests": Format(("req-logger = file:{folder}/requests.log",), "requests.log"),
    "a log for requests, by its other name": Format(("logger-req = file:{folder}/requests.log",), "requests.log"),
    "virtual hosts": Format(("vhost = true",)),
    "syslog's prefix": Format(("log-date = %%b %%d %%H:%%M:%%S web1 uwsgi[1]:",)),
}
# What a client may send to break a line, or to make it look like another one.
HOSTILE = [
    '"', "\\", '\\"', '" 200 "', '"}', '","status":500,"x":"', "\x01", "\x7f", "\xff\xfe", "é", "{}", "%00", "\t", "'",
    " - - ", "=> ", "] GET /x => generated 1 bytes in 1 msecs (HTTP/1.1 200)", "(HTTP/1.1 200)", "${msg}", "%(uri)",
    "Traceback (most recent call last):", "*** Starting uWSGI", "[pid: 1|app: 0|req: 1/1]", "DAMN ! worker 1 (pid: 1)",
    "HARAKIRI", "null", "-", '"status": 200', "x" * 3000, "<script>", "",
]  # fmt: skip


def requests() -> Iterator[dict[str, str | bytes]]:
    """Yield uWSGI's variables of each request, half of them errors; the same ones each time."""
    dice = random.Random(15)

    def text(*between: str) -> bytes:
        return (dice.choice(HOSTILE) + dice.choice(["", *between]) + dice.choice(HOSTILE)).encode("latin-1")

    for number in range(REQUESTS):
        yield {
            "REQUEST_METHOD": dice.choice(["GET", "POST", "DELETE"]),
            "REQUEST_URI": f"/{FIRST + number}".encode() + text("?token=s", "%22", " ", ";"),
            "PATH_INFO": "/status/404" if number % 2 else "/",
            "SERVER_PROTOCOL": "HTTP/1.1", "SERVER_NAME": "shop", "SERVER_PORT": "80", "REMOTE_ADDR": "192.0.2.1",
            "REMOTE_USER": text("ann") if number % 3 == 0 else "",
            "HTTP_HOST": "shop", "HTTP_USER_AGENT": text("curl"), "HTTP_REFERER": text("/a"),
            "HTTP_X_FORWARDED_FOR": "198.51.100.7" if number % 2 else '"',
        }  # fmt: skip


def outcome(given: CommandLine, log: Path) -> tuple[int, int]:
    """Return how many rows the log becomes, and how many lines are rejected."""
    settings = given.load(shipping=False).settings
    parser = build_parser(settings, settings.inputs[0])
    data = log.read_bytes()
    batch = parser.parse(Chunk(str(log), 1, 0, data, len(data)), parser.memory(str(log)))
    return len(batch.points), len(batch.rejected)


@pytest.mark.parametrize("name", FORMATS)
def test_every_hostile_request_becomes_a_row_or_is_rejected(name: str, tmp_path: Path) -> None:
    made = FORMATS[name]
    server = RealUwsgi(tmp_path, (*made.options, "buffer-size = 32768"), "socket = 127.0.0.1:{port}", log_name=made.log)
    try:
        server.start()
        for variables in requests():
            ask_uwsgi(("127.0.0.1", server.port), variables)
        # uWSGI logs a request after it has answered it.
        last = f"/{FIRST + REQUESTS - 1}"
        wait_until(lambda: last in server.log.read_text("latin-1"), what="the last request in the log")
        server.stop()
    finally:
        if server.server:
            server.server.kill()
    rows, rejected = outcome(CommandLine(ini=str(server.ini)), server.log)
    assert rows + rejected == made.logged
    assert rows > made.logged / 2
    assert sum(outcome(CommandLine(), server.log)) == made.logged  # without the format too
