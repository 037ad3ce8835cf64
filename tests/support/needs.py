"""What a test needs from the machine: without it, the test is skipped and says what to install.

With CI=true in the environment nothing is skipped: a missing program fails the test.
"""

import os
import shutil
import sys
from pathlib import Path
from typing import NoReturn

import pytest

# Debian keeps servers in the sbin folders, which are not on an ordinary user's PATH; programs installed by pip
# (uwsgi, supervisord, datasette) are beside the interpreter.
PLACES = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])


def find(program: str) -> str | None:
    """Return the program's path, or None if it is not installed."""
    return shutil.which(program, path=PLACES)


def need(program: str, *, package: str) -> str:
    """Return the program's path; if missing, skip (with CI=true: fail), naming the Debian package."""
    found = find(program)
    if found is None:
        missing(f"{program} is missing: apt-get install {package}")
    return found


def need_root(why: str) -> None:
    """Skip (with CI=true: fail) unless the tests run as root; `why` says what root is needed for."""
    if os.geteuid() != 0:
        missing(f"needs root: {why}")


def missing(reason: str) -> NoReturn:
    """Skip the running test, or fail it if CI=true."""
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
