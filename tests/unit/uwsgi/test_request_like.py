"""Lines that look like requests in any format, and application output that does not."""

import pytest

from logshipper.uwsgi.request_like import looks_like_request


@pytest.mark.parametrize(
    "line",
    [
        "GET /a/b 200 5ms",
        '192.0.2.1 - - [10/Oct/2023:13:55:40 +0000] "GET /a HTTP/1.1" 200 12 "-" "curl"',
        "200 | 0.5 | POST | /a?b=c",
        "method=PUT uri=/a status=404 took=5",
        "[10/Oct/2023:13:55:40] shop.example.com DELETE https://shop.example.com/a (503)",
        "OPTIONS * 200",
        '"20505HTTP/1.1(uwsgi.initatus)205050pkt=259 uri:/a/b?x=1 status:200"',
        '{"method": "GET", "path": "/a", "status": 200}',
        '{"req": {"url": "/a"}, "response_code": "404"}',
        '{"request": "GET /a HTTP/1.1", "code": 500}',
        '{"uri": "/a", "ua": "a"b", "status": 200}',
        "{'request_path': '/a', 'http_status': 200}",
        "time=5 msg=done http.target=/a http.status_code=200",
        r'{"time": 1714557600, "msg": "{\"method\": \"GET\", \"path\": \"/a\", \"status\": 200}"}',
        r'{"method": "GET", "uri": "\/a\/b", "status": 200}',
        '{"RequestMethod": "GET", "RequestPath": "/a", "DownstreamStatus": 200}',
        'GET /hidden => "quote" HTTP/1.1\' 200',
    ],
)
def test_a_line_with_the_parts_of_a_request_looks_like_one(line: str) -> None:
    assert looks_like_request(line)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "hello",
        "listening on /run/app.sock",
        "GET ready in 200 ms",
        "GET /a took 200 ms",
        "cache miss for /x: 200 entries",
        "status: 200",
        '{"event": "started", "path": "/x"}',
        '{"level": "info", "status": 200}',
        r'{"level": "info", "msg": "{\"path\": \"/x\", \"size\": 200}"}',
        "[2026-11-21 12:00:45,250] ERROR in app: Exception on /a [GET]",
        "budget /a/b 404 found",
        "TARGET /a 200",
    ],
)
def test_application_output_does_not_look_like_a_request(line: str) -> None:
    assert not looks_like_request(line)
