"""A wrong password: no line is given up because of it, and it is shown nowhere."""

import json
import signal
import subprocess
import sys
import urllib.parse
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.influxd import Influxd
from tests.support.network import fetch, free_port
from tests.support.request_lines import line
from tests.support.shipper import OUTPUT, Shipper
from tests.support.waiting import DEADLINE, wait_until

COMMAND = [str(Path(sys.executable).parent / "logshipper")]


CONFIG = """\
[[inputs.logparser]]
  files = ["{files}"]
  from_beginning = true
  [inputs.logparser.grok]
    patterns = ["{pattern}"]
[[outputs.{kind}]]
  {output}
"""


def config(folder: Path, **values: str) -> Path:
    known = {"files": f"{folder}/a.log", "pattern": "%{UWSGI_LOG}", "kind": "file", "output": ""}
    file = folder / "c.toml"
    file.write_text(CONFIG.format(**{**known, **values}))
    return file


def test_a_wrong_password_is_reported_and_loses_nothing(tmp_path: Path, own_influxd: "type[Influxd]") -> None:
    """No line is dropped, and no output contains the password."""
    server = own_influxd(settings={"HTTP_AUTH_ENABLED": "true"})  # type: ignore[call-arg]
    server.query("CREATE USER admin WITH PASSWORD 'right' WITH ALL PRIVILEGES")
    log = tmp_path / "a.log"
    log.write_text("one\n")
    output = f'urls = ["{server.url}"]\n  username = "admin"\n  password = "wr0ng-secret"'
    file = config(tmp_path, kind="influxdb", output=output, pattern="%{WORD:letter}")
    shipper = subprocess.Popen(
        [*COMMAND, "run", "--config", file, "--state-dir", tmp_path / "state"], stderr=subprocess.PIPE, text=True
    )
    try:
        assert shipper.stderr
        while "HTTP 401" not in (line := shipper.stderr.readline()):
            assert line
    finally:
        shipper.terminate()
        assert shipper.wait(DEADLINE) == 0
    rest = line + shipper.stderr.read()
    assert "check the token or the password" in rest
    assert "written 0" in rest
    assert "wr0ng-secret" not in rest


LOGIN = 'username = "admin"\n  password = "{}"'


@pytest.mark.parametrize("wrong", ["password", "url"])
def test_a_reload_that_corrects_it_says_that_lines_are_delivered_again(
    wrong: str, tmp_path: Path, own_influxd: Callable[..., Influxd]
) -> None:
    server = own_influxd(settings={"HTTP_AUTH_ENABLED": "true"})
    server.query("CREATE USER admin WITH PASSWORD 'right' WITH ALL PRIVILEGES")
    (tmp_path / "app.log").write_text(line())
    right = OUTPUT.format(url=server.url, database="web", more=LOGIN.format("right"))
    bad = {
        "password": right.replace("right", "wr0ng"),
        "url": right.replace(server.url, f"http://127.0.0.1:{free_port()}"),
    }
    one = Shipper(tmp_path, [tmp_path / "app.log"], bad[wrong]).start()
    try:
        one.wait_for("nothing is lost, retrying")
        one.output = right
        one.write_config()
        one.signal(signal.SIGHUP)
        one.wait_for(f"influxdb {server.url} web: delivering again after ")
        wait_until(lambda: _count(server) == 1)
    finally:
        assert one.stop() == 0


def _count(server: Influxd) -> int:
    """Return how many requests the database has; the server wants a password."""
    form = {"u": "admin", "p": "right", "db": "web", "q": "SELECT count(status) FROM uwsgi_log"}
    _, body = fetch(f"{server.url}/query?{urllib.parse.urlencode(form)}")
    return int(json.loads(body)["results"][0]["series"][0]["values"][0][1])


@pytest.mark.parametrize("how", ["reload", "restart"])
def test_what_was_written_while_the_url_was_wrong_is_shipped_though_the_log_is_read_from_its_end(
    how: str, tmp_path: Path, influxd: Influxd, influx_db: str
) -> None:
    log = tmp_path / "app.log"
    log.write_text(line())
    wrong = f"http://127.0.0.1:{free_port()}"
    one = Shipper(tmp_path, [log], OUTPUT.format(url=wrong, database=influx_db, more=""), from_beginning=False).start()
    try:
        with log.open("a") as appended:
            appended.write(line(number=2) + line(number=3))
        one.wait_for("nothing is lost, retrying")
        if how == "restart":
            assert one.stop() == 0
        one.output = OUTPUT.format(url=influxd.url, database=influx_db, more="")
        one.write_config()
        if how == "restart":
            one.start()
        else:
            one.signal(signal.SIGHUP)
        wait_until(lambda: influxd.count(influx_db) == 2)
        assert one.said(f"influxdb {influxd.url} {influx_db}: continuing 1 log where its earlier address stood") == 1
    finally:
        assert one.stop() == 0
