"""uWSGI's worker processes and the files in which they count.

prometheus_client's multiprocess mode gives each process its own files in PROMETHEUS_MULTIPROC_DIR and names them by
process id, so they pile up with each restart. Here they are named by uWSGI's worker number: the successor of a dead
worker takes over its files and continues to count. Nothing is lost or counted twice, and there are never more files
than configured workers.
"""

import os
import sys
import sysconfig
from typing import Any

from prometheus_client import values

# The module that the uWSGI server provides to the Python inside it. It is not imported, because outside uWSGI any
# folder of that name would be found.
uwsgi: Any = sys.modules.get("uwsgi")

DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"


def several() -> bool:
    """Return whether the metrics of several processes are collected in files."""
    return DIRECTORY in os.environ


def identity() -> int:
    """Return the number in the names of this process's files: uWSGI's worker number, or else the process id."""
    return os.getpid() if uwsgi is None else int(uwsgi.worker_id())


def name_files_by_worker() -> None:
    """Name the files by worker. Call this before the first metric is created.

    No two living processes have the same number: uWSGI's master starts the successor only after the worker is dead. The
    master itself is 0, and counts nothing.
    """
    if uwsgi is None:
        return
    complete_environment()
    if several():
        values.ValueClass = values.MultiProcessValue(identity)  # type: ignore[no-untyped-call]


def complete_environment() -> None:
    """Put uWSGI's option `env` into os.environ.

    pyuwsgi starts inside a Python that has already read its environment, and does not see what uWSGI adds.
    """
    given = uwsgi.opt.get("env", [])
    for assignment in given if isinstance(given, list) else [given]:
        name, _, value = assignment.decode().partition("=")
        os.environ.setdefault(name, value)


def survive_reload() -> None:
    """Let pyuwsgi find itself again after a reload.

    uWSGI reloads by executing its own binary. In a virtual environment pyuwsgi's binary is the Python outside it, which
    does not know the packages; PYTHONPATH shows it where they are.
    """
    if "pyuwsgi" in sys.modules and sys.prefix != sys.base_prefix:
        known = os.environ.get("PYTHONPATH", "").split(os.pathsep)
        os.environ["PYTHONPATH"] = os.pathsep.join([sysconfig.get_path("purelib"), *filter(None, known)])
