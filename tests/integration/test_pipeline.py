"""The main job on real input: real uWSGI writes the log, the shipper reads it, real influxd stores the points."""

import json
import signal
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.support.influxd import Influxd
from tests.support.needs import need
from tests.support.pipeline import OURS, logshipper, settings, start
from tests.support.request_lines import LINE
from tests.support.uwsgi import Uwsgi
from tests.support.waiting import wait_until

TAGS = {"method": "GET", "uri": "/api/obj/124", "status_class": "2xx"}
FIELDS = {
    "pid": 13, "id": 0, "currentReq": 2, "totalReq": 2, "remoteAddr": "10.0.2.2", "CGIVar": 40, "CGISize": 672,
    "timestamp": "[Fri May  5 14:51:39 2017]", "resSize": 14, "resTime": 5005, "httpVer": 1.1, "status": 200,
    "headers": 2, "headersSize": 79, "coreInfo": "(1 switches on core 0)",
}  # fmt: skip
SECOND = 1493995899

TELEGRAF = r"""
[agent]
  interval = "10s"
  round_interval = true
  flush_interval = "100ms"

[[inputs.logparser]]
  files = ["{log}"]
  from_beginning = true
  name_override = "uwsgi_log"
  [inputs.logparser.grok]
    patterns = ["%{{UWSGI_LOG}}"]
    custom_patterns = '''
      UWSGI_LOG \[pid: %{{NUMBER:pid:int}}\|app: %{{NUMBER:id:int}}\|req: %{{NUMBER:currentReq:int}}/%{{NUMBER:totalReq:int}}\] %{{IP:remoteAddr}} \(%{{WORD:remoteUser}}?\) \{{%{{NUMBER:CGIVar:int}} vars in %{{NUMBER:CGISize:int}} bytes\}} %{{GREEDYDATA:timestamp}} %{{WORD:method:tag}} %{{URIPATHPARAM:uri:tag}} \=\> generated %{{NUMBER:resSize:int}} bytes in %{{NUMBER:resTime:int}} msecs \(HTTP/%{{NUMBER:httpVer:float}} %{{NUMBER:status:int}}\) %{{NUMBER:headers:int}} headers in %{{NUMBER:headersSize:int}} bytes %{{GREEDYDATA:coreInfo}}
    '''

[[outputs.influxdb]]
  urls = ["{url}"]
  database = "{database}"
  timeout = "5s"
"""  # noqa: E501


def expect_the_line(row: dict[str, object]) -> None:
    assert {name: row[name] for name in FIELDS} == FIELDS
    assert {name: row[name] for name in TAGS} == TAGS
    assert not row.get("remoteUser")


def test_parse_prints_the_line_as_a_point(tmp_path: Path) -> None:
    log = tmp_path / "uwsgi.log"
    log.write_text(LINE + "\n")
    printed = logshipper("parse", log).stdout
    head, rest = printed.split(" ", 1)
    fields, time = rest.rstrip("\n").rsplit(" ", 1)
    assert head.split(",")[0] == "uwsgi_log"
    assert {"method=GET", "uri=/api/obj/124"} < set(head.split(","))
    assert 'timestamp="[Fri May  5 14:51:39 2017]"' in fields
    assert 'coreInfo="(1 switches on core 0)"' in fields
    assert set(fields.split(",")) >= {"pid=13i", "id=0i", "httpVer=1.1", "status=200i", 'remoteAddr="10.0.2.2"'}
    assert "remoteUser" not in fields
    assert int(time) // 10**9 == SECOND


def test_the_line_becomes_a_row_in_influxdb(tmp_path: Path, influxd: Influxd, influx_db: str) -> None:
    (tmp_path / "uwsgi.log").write_text(LINE + "\n")
    config = settings(tmp_path, OURS, log=tmp_path / "uwsgi.log", url=influxd.url, database=influx_db)
    logshipper("run", "--once", "--config", config)
    (row,) = influxd.rows("SELECT * FROM uwsgi_log", influx_db)
    expect_the_line(row)
    assert row["time"] // 10**9 == SECOND


def test_sqlite_has_the_same_columns_as_influxdb(tmp_path: Path, influxd: Influxd, influx_db: str) -> None:
    log = tmp_path / "uwsgi.log"
    log.write_text(LINE + "\n")
    logshipper("run", "--once", log, "--to", f"sqlite:///{tmp_path}/requests.db")
    logshipper("run", "--once", "--config", settings(tmp_path, OURS, log=log, url=influxd.url, database=influx_db))
    connection = sqlite3.connect(tmp_path / "requests.db")
    connection.row_factory = sqlite3.Row
    (row,) = connection.execute("SELECT * FROM uwsgi_log").fetchall()
    connection.close()
    expect_the_line(dict(row))
    (in_influxdb,) = influxd.query("SELECT * FROM uwsgi_log", influx_db)
    assert row.keys() == in_influxdb["columns"]
    assert row["time"].startswith("2017-05-05T14:51:39.")


def test_a_file_written_for_telegraf_runs_unchanged(tmp_path: Path, influxd: Influxd, influx_db: str) -> None:
    log = tmp_path / "uwsgi.log"
    log.write_text(f"*** Starting uWSGI 2.0.31 ***\n{LINE}\n{LINE}\n")
    config = settings(tmp_path, TELEGRAF, log=log, url=influxd.url, database=influx_db)
    done = logshipper("run", "--once", "--config", config, "--state-dir", tmp_path / "state")
    rows = influxd.rows("SELECT * FROM uwsgi_log", influx_db)
    assert len(rows) == 2
    for row in rows:
        expect_the_line(row)
        assert row["time"] // 10**9 == SECOND
    assert "interval has no effect here" in done.stderr
    # from_beginning never means reading everything again at each start.
    again = logshipper("run", "--once", "--config", config, "--state-dir", tmp_path / "state")
    assert "read 0, written 0" in again.stderr


def load(url: str, requests: int) -> None:
    tool = need("ab", package="apache2-utils")
    command = [tool, "-q", "-n", str(requests), "-c", "16", url]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "Failed requests:        0" in done.stdout


def count_lines(log: Path) -> int:
    return log.read_bytes().count(b" => generated ")


def test_ten_thousand_requests_become_ten_thousand_rows(
    tmp_path: Path, uwsgi: Callable[..., Uwsgi], influxd: Influxd, influx_db: str
) -> None:
    server = uwsgi(workers=4)
    config = settings(tmp_path, OURS, log=server.log, url=influxd.url, database=influx_db)
    shipper = start(config, tmp_path / "shipper.out")
    try:
        load(f"{server.url}/", 10_000)  # one method and uri, thousands a second
        wait_until(lambda: influxd.count(influx_db) == 10_000)
    finally:
        shipper.stop()
    assert count_lines(server.log) == 10_000
    # Shipping the same file again, from an empty checkpoint, adds no point.
    logshipper("run", "--once", "--config", config, "--state-dir", tmp_path / "another")
    assert influxd.count(influx_db) == 10_000


def test_a_killed_shipper_continues_and_loses_nothing(
    tmp_path: Path, uwsgi: Callable[..., Uwsgi], influxd: Influxd, influx_db: str
) -> None:
    server = uwsgi(workers=4)
    config = settings(tmp_path, OURS, log=server.log, url=influxd.url, database=influx_db)
    for _ in range(3):
        shipper = start(config, tmp_path / "shipper.out")
        before = influxd.count(influx_db)
        load(f"{server.url}/", 1000)
        wait_until(lambda before=before: influxd.count(influx_db) > before)  # type: ignore[misc]
        shipper.kill()
    shipper = start(config, tmp_path / "shipper.out")
    load(f"{server.url}/", 500)
    try:
        wait_until(lambda: influxd.count(influx_db) == 3500)
    finally:
        shipper.stop()
    assert count_lines(server.log) == influxd.count(influx_db) == 3500


def test_signals_stop_the_shipper_cleanly(tmp_path: Path, influxd: Influxd, influx_db: str) -> None:
    log = tmp_path / "uwsgi.log"
    log.write_text(f"{LINE}\n" * 3)
    config = settings(tmp_path, OURS, log=log, url=influxd.url, database=influx_db)
    for number in (signal.SIGTERM, signal.SIGINT):
        shipper = start(config, tmp_path / f"shipper{number}.out")
        wait_until(lambda shipper=shipper: "following 1 log" in shipper.output())  # type: ignore[misc]
        wait_until(lambda: influxd.count(influx_db) == 3)
        assert shipper.stop(how=number) == 0
        assert "Traceback" not in shipper.output()
        assert "in flight 0" in shipper.output()


def test_the_shipper_prints_its_account_and_keeps_rejected_lines(tmp_path: Path) -> None:
    log = tmp_path / "uwsgi.log"
    log.write_text(f"*** Starting uWSGI ***\n{LINE}\n{LINE[:80]}\n")
    done = logshipper("run", "--once", log, "--to", f"sqlite:///{tmp_path}/requests.db", expected=1)
    assert "read 3, written 1, rejected 1" in done.stderr
    assert "not a request 1" in done.stderr
    (kept,) = tmp_path.glob("requests.db.state/*/quarantine/*.lines")
    assert kept.read_text() == f"{LINE[:80]}\n"
    note = json.loads(kept.with_suffix(".reasons").read_text())
    assert note["reason"] == "no pattern matches"
