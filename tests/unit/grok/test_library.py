"""The pattern files: each pattern parses its sample line; the UWSGI_LOG family parses whatever uWSGI writes."""

import re

import pytest

from logshipper import package_data
from logshipper.grok.expand import expand
from logshipper.grok.library import library

LIBRARY = library()
FAMILY = ("UWSGI_LOG", "UWSGI_LOG_MICROS", "UWSGI_LOG_VARIANT")


def samples() -> list[tuple[str, str]]:
    """Return (name, line above it) for every pattern of every file."""
    found = []
    for file in sorted(file for file in package_data.folder("grok_patterns").iterdir() if not file.suffix):
        above = ""
        for line in file.read_text("utf-8").splitlines():
            if line and not line.startswith("#"):
                found.append((line.split()[0], above.removeprefix("# ")))
            above = line
    return found


def compiled(name: str) -> tuple[re.Pattern[str], list[str]]:
    expression = expand(f"%{{{name}}}", LIBRARY)
    return re.compile(expression.text, re.ASCII), [capture.field for capture in expression.captures]


def parse(line: str, names: tuple[str, ...] = FAMILY) -> dict[str, str]:
    """Return the values of the first pattern that matches, without the empty ones."""
    for name in names:
        pattern, fields = compiled(name)
        if found := pattern.search(line):
            return {field: value for field, value in zip(fields, found.groups(), strict=True) if value}
    return {}


def test_the_pattern_files_are_found() -> None:
    assert len(samples()) > 40


@pytest.mark.parametrize(("name", "line"), samples(), ids=[name for name, _ in samples()])
def test_each_pattern_parses_the_line_above_it(name: str, line: str) -> None:
    pattern, _ = compiled(name)
    assert pattern.fullmatch(line)


PLAIN = (
    "[pid: 13|app: 0|req: 2/2] 10.0.2.2 () {40 vars in 672 bytes} [Fri May  5 14:51:39 2017] GET /api/obj/124"
    " => generated 14 bytes in 5005 msecs (HTTP/1.1 200) 2 headers in 79 bytes (1 switches on core 0)"
)
VALUES = {
    "pid": "13", "id": "0", "currentReq": "2", "totalReq": "2", "remoteAddr": "10.0.2.2", "CGIVar": "40",
    "CGISize": "672", "timestamp": "[Fri May  5 14:51:39 2017]", "method": "GET", "uri": "/api/obj/124",
    "resSize": "14", "resTime": "5005", "httpVer": "1.1", "status": "200", "headers": "2",
    "headersSize": "79", "coreInfo": "(1 switches on core 0)",
}  # fmt: skip
MEMORY = "{address space usage: 19705856 bytes/18MB} {rss usage: 11026432 bytes/10MB} "
HOSTILE_URI = "/a => generated 1 bytes in 2 msecs (HTTP/1.1 200) 3 headers in 4 bytes (5 switches on core 6)"


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("", "", {}),
        *[(" (HTTP", f" via {way}() (HTTP", {}) for way in ("sendfile", "route", "offload")],
        ("5005 msecs", "5005123 micros", {"resTime": None, "resTimeMicros": "5005123"}),
        ("5005 msecs", "7 micros via route()", {"resTime": None, "resTimeMicros": "7"}),
        ("app: 0|req: 2/2", "app: -|req: -/-", {"id": None, "currentReq": None, "totalReq": None}),
        ("(1 switches on core 0)", "(0 async switches on async core 3)",
         {"coreInfo": "(0 async switches on async core 3)"}),
        (" 2 headers in 79 bytes (1 switches on core 0)", "", {"headers": None, "headersSize": None, "coreInfo": None}),
        ("core 0)", "core 0) x-request-id: 2b6c", {}),
        ("[pid", "Fri May  5 14:51:38 2017 - [pid", {}),
        ("[pid", "[2017-05-05 14:51:38] - [pid", {}),
        ("[pid", MEMORY + "[pid", {}),
        ("[pid", "shop.example.org " + MEMORY + "[pid", {}),
        ("[pid", "a print without an end[pid", {}),
        ("app: 0|req: 2/2", "app: -1|req: -1/2", {"id": "-1", "currentReq": "-1"}),
        ("10.0.2.2", "", {"remoteAddr": None}),
        ("10.0.2.2", "2001:db8::17", {"remoteAddr": "2001:db8::17"}),
        ("10.0.2.2", "203.0.113.9, 10.0.2.2", {"remoteAddr": "203.0.113.9, 10.0.2.2"}),
        *[
            ("()", f"({user})", {"remoteUser": user})
            for user in ("ann@example.org", "Ann B.", "a (b) c", "a) {b", "\xc3\xa4", ") {1 vars in 2 bytes}")
        ],
        *[
            ("/api/obj/124", uri, {"uri": uri})
            for uri in ("/", "*", "/a b", '/"a"', "/\xc3\xa4\xff", "/%0a%", "/?y=1", "/[pid: 1|", HOSTILE_URI)
        ],
        ("/api/obj/124", "", {"uri": None}),
        *[("GET", method, {"method": method}) for method in ("PROPFIND", "M-SEARCH", "get", "\xff")],
        ("GET", "", {"method": None}),
        *[("HTTP/1.1", f"HTTP/{version}", {"httpVer": version}) for version in ("1.0", "2.0", "3", "2")],
        *[("HTTP/1.1", protocol, {"httpVer": None}) for protocol in ("", "-", "INCLUDED", "HTTP/x")],
    ],
)  # fmt: skip
def test_every_form_of_uwsgis_request_line_is_parsed(old: str, new: str, changed: dict[str, str | None]) -> None:
    expected = {key: value for key, value in {**VALUES, **changed}.items() if value is not None}
    assert parse(PLAIN.replace(old, new, 1)) == expected


def test_the_minimal_record_of_an_oversize_request_is_parsed() -> None:
    line = (
        "[pid: 13|app: 0|req: 2/2] 0.0.0.0 () {40 vars in 672 bytes} [Fri May  5 14:51:39 2017] - -"
        " => generated 14 bytes in 5005 msecs (- 200) 2 headers in 79 bytes (1 switches on core 0)"
    )
    differs = {"remoteAddr": "0.0.0.0", "method": "-", "uri": "-"}
    assert parse(line) == {key: value for key, value in {**VALUES, **differs}.items() if key != "httpVer"}


@pytest.mark.parametrize(
    "line",
    [
        PLAIN[:-1], PLAIN + "x", PLAIN + " [pid: 13|app", PLAIN[1:], PLAIN.replace("2017", "17"), "",
        PLAIN.replace("msecs", "secs"),
        PLAIN.replace("14 bytes", "-14 bytes"), PLAIN.replace("[Fri", "[fri"),
        "spawned uWSGI worker 1 (pid: 7)",
    ],
)  # fmt: skip
def test_a_damaged_line_does_not_match(line: str) -> None:
    assert parse(line) == {}


@pytest.mark.parametrize(
    ("line", "changed"),
    [
        ("", {}),
        ("ann", {"remoteUser": "ann"}),
        ('"\\x16\\x03\\x01" 400', {"method": None, "uri": None, "httpVer": None, "status": "400"}),
        ('"" 400', {"method": None, "uri": None, "httpVer": None, "status": "400"}),
        (' "-" "a \\"b\\" c"', {"referer": None, "agent": 'a \\"b\\" c'}),
        (" 0.017", {"requestTime": "0.017"}),
    ],
)
def test_every_form_of_nginxs_access_log_is_parsed(line: str, changed: dict[str, str | None]) -> None:
    user = line if line.isalpha() else "-"
    request = line if line.endswith("400") else '"GET /a?b=c d HTTP/2.0" 200'
    agents = line if line.startswith(' "') else ' "http://x/" "curl/8"'
    after = line if line.startswith(" 0") else ""
    whole = f"10.0.2.2 - {user} [05/May/2017:14:51:39 +0000] {request} 14{agents}{after}"
    expected = {
        "remoteAddr": "10.0.2.2", "timestamp": "05/May/2017:14:51:39 +0000", "method": "GET",
        "uri": "/a?b=c d", "httpVer": "2.0", "status": "200", "resSize": "14", "referer": "http://x/",
        "agent": "curl/8", **changed,
    }  # fmt: skip
    assert parse(whole, ("NGINX_ACCESS_LOG",)) == {k: v for k, v in expected.items() if v is not None}


LONG = 65536
START = "[pid: 1|app: 1|req: 1/1] a (x) {1 vars in 1 bytes} [Fri May  5 14:51:39 2017] GET /"


@pytest.mark.parametrize("name", [*FAMILY, "NGINX_ACCESS_LOG", "COMMON_LOG_FORMAT", "COMBINED_LOG_FORMAT", "UNIXPATH"])
@pytest.mark.parametrize(
    ("start", "part"),
    [
        ("", "["), ("", "[pid: "), ("", "[pid: 1|app: 1|req: 1/1] a ("), ("", "1."), ("", "a-."), ("", "/a"),
        ("[pid: 1|app: 1|req: 1/1] ", " ("), ("[pid: 1|app: 1|req: 1/1] a (", ") {1 vars in 1 bytes} "),
        (START, " => generated 1 bytes in 1 msecs (HTTP/1.1 "), (START, " => generated "),
        ('127.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "', '" 200 5 "'),
    ],
)  # fmt: skip
def test_hostile_lines_take_linear_time(name: str, start: str, part: str) -> None:
    pattern, _ = compiled(name)
    line = (start + part * (LONG // len(part)))[:LONG] + "\\"
    assert name not in (*FAMILY, "NGINX_ACCESS_LOG") or not pattern.search(line)


def test_the_library_has_telegrafs_names() -> None:
    names = {
        "COMMON_LOG_FORMAT",
        "COMBINED_LOG_FORMAT",
        "HTTPD_ERRORLOG",
        "DURATION",
        "HOST",
        "NGUSER",
        "CLIENT",
    }
    assert names <= set(LIBRARY)
