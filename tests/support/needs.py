"""What a test needs from the machine: a program is found, or the test skips and says what to install.

With CI=true in the environment nothing is skipped: a missing program is a failure.
"""

import os
import shutil
import sys
from pathlib import Path
from typing import NoReturn

import pytest

# Debian keeps servers in the sbin folders, which are not on an ordinary user's PATH; what pip installed
# (uwsgi, supervisord, datasette) lies beside the interpreter.
PLACES = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])


def find(program: str) -> str | None:
    """Return the program's path, or None where the machine does not have it."""
    return shutil.which(program, path=PLACES)


def need(program: str, *, package: str) -> str:
    """Return the program's path; without it skip (fail under CI=true), naming the Debian package."""
    found = find(program)
    if found is None:
        missing(f"{program} is missing: apt-get install {package}")
    return found


def need_root(why: str) -> None:
    """Skip (fail under CI=true) unless the tests run as root; `why` says what for."""
    if os.geteuid() != 0:
        missing(f"needs root: {why}")


def missing(reason: str) -> NoReturn:
    """Skip the test that is running, or fail it where everything has to be there."""
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
