"""Points on standard output: one that takes no more is an error in one line."""

import subprocess
import sys
from pathlib import Path

WRITE = "from logshipper.stdout import write_out; write_out(b'a 1\\n')"


def test_bytes_are_written_at_once() -> None:
    assert subprocess.run([sys.executable, "-c", WRITE], check=True, capture_output=True).stdout == b"a 1\n"


def test_a_full_disk_is_an_error_and_nothing_is_said_at_the_end() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", WRITE], check=False, stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.returncode == 1
    assert "RunError: standard output: cannot write: No space left on device" in done.stderr.splitlines()[-1]
