"""`logshipper` in a fork of the test run: a process of its own, without the time to import everything."""

import logging
import multiprocessing
import os
import shlex
import sys
import time
from pathlib import Path

from logshipper.cli import main
from tests.support.waiting import DEADLINE

# Settings without a mistake, for a folder with app.log.
TAIL = """\
[[inputs.tail]]
files = ["app.log"]
from_beginning = true
data_format = "grok"
[[outputs.file]]
files = ["out.lp"]
[logshipper]
state_dir = "state"
metrics_address = ""
"""


def call(folder: Path, arguments: list[str]) -> None:
    """Be `logshipper` with these arguments, in a process of its own; what it says goes to the file `said`."""
    os.chdir(folder)
    said = os.open("said", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for descriptor in (1, 2):
        os.dup2(said, descriptor)
    sys.stdout, sys.stderr = (open(number, "w", closefd=False) for number in (1, 2))  # noqa: SIM115
    os.environ["TZ"] = "UTC"
    time.tzset()
    logging.root.handlers.clear()  # those of the test run
    sys.argv = ["logshipper", *arguments]
    main()


def run(folder: Path, command: str) -> tuple[int, str]:
    """Run `logshipper` in the folder; return its exit code and what it said, which is never a traceback.

    A fork spares the time to import everything a hundred times.
    """
    process = multiprocessing.get_context("fork").Process(target=call, args=(folder, shlex.split(command)))
    process.start()
    process.join(DEADLINE)
    if process.is_alive():
        process.kill()
    said = (folder / "said").read_text()
    assert "Traceback" not in said
    return process.exitcode if process.exitcode is not None else -1, said
