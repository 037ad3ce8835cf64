"""The systemd units, checked by systemd's own tools. They are not started: systemd may not be the init system."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.needs import need
from tests.support.processes import ROOT

UNITS = sorted((ROOT / "systemd").glob("*.service"))


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    program = need("systemd-analyze", package="systemd")
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("file", UNITS, ids=lambda file: file.name)
def test_systemd_finds_no_fault_in_the_unit(file: Path, tmp_path: Path) -> None:
    # The program it names has to be there for the check.
    unit = tmp_path / file.name
    unit.write_text(file.read_text().replace("/opt/logshipper/bin/logshipper", sys.executable))
    done = analyze("verify", str(unit))
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("file", UNITS, ids=lambda file: file.name)
def test_the_exposure_of_the_service_is_low(file: Path) -> None:
    done = analyze("security", "--offline=true", "--no-pager", "--threshold=20", str(file))
    assert done.returncode == 0, done.stdout[-500:]
