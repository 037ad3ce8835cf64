"""The servers that other tests rely on."""

from collections.abc import Callable
from pathlib import Path

from tests.support.influxd import Influxd
from tests.support.network import connects, fetch
from tests.support.uwsgi import Uwsgi
from tests.support.waiting import wait_until


def test_influxd_keeps_its_data_when_it_is_killed(own_influxd: Callable[..., Influxd]) -> None:
    server = own_influxd()
    server.create("logs")
    assert fetch(f"{server.url}/write?db=logs&precision=ns", b"uwsgi_log,uri=/ status=200i 1")[0] == 204
    server.kill()
    server.start()
    assert server.rows("SELECT * FROM uwsgi_log", "logs") == [{"time": 1, "uri": "/", "status": 200}]
    assert server.count("logs") == 1


def test_each_test_gets_an_empty_database(influxd: Influxd, influx_db: str) -> None:
    assert influxd.query("SHOW MEASUREMENTS", influx_db) == []


def test_uwsgi_logs_a_request(uwsgi: Callable[..., Uwsgi], tmp_path: Path) -> None:
    (tmp_path / "tiny.py").write_text(
        "def app(environ, start_response):\n    start_response('200 OK', [])\n    return [b'hello']\n"
    )
    server = uwsgi(module="tiny:app", options=["--pythonpath", str(tmp_path)])
    assert fetch(f"{server.url}/some/path") == (200, b"hello")
    wait_until(lambda: "GET /some/path => generated 5 bytes" in server.log.read_text())
    server.stop()
    assert not connects(server.port)
