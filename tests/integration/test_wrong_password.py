"""A wrong password: no line is given up because of it, and it is shown nowhere."""

import subprocess
import sys
from pathlib import Path

from tests.support.influxd import Influxd
from tests.support.waiting import DEADLINE

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
