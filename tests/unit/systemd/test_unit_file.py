"""The systemd unit, checked by systemd's own tools. It is not started: systemd may not be the init system."""

import subprocess
import sys
from pathlib import Path

from tests.support.needs import need
from tests.support.processes import ROOT

UNIT = ROOT / "systemd/logshipper.service"


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    program = need("systemd-analyze", package="systemd")
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=False)


def test_systemd_finds_no_fault_in_the_unit(tmp_path: Path) -> None:
    # The program it names has to be there for the check.
    unit = tmp_path / "logshipper.service"
    unit.write_text(UNIT.read_text().replace("/opt/logshipper/bin/logshipper", sys.executable))
    done = analyze("verify", str(unit))
    assert (done.returncode, done.stderr) == (0, "")


def test_the_exposure_of_the_service_is_low() -> None:
    done = analyze("security", "--offline=true", "--no-pager", "--threshold=20", str(UNIT))
    assert done.returncode == 0, done.stdout[-500:]
