"""uWSGI's worker processes and the files in which they count.

prometheus_client's multiprocess mode gives each process files of its own in PROMETHEUS_MULTIPROC_DIR and names
them by process id, so that they pile up with each restart. Here they are named by uWSGI's worker number: the
successor of a worker that died takes its files over and counts on. Nothing is lost and nothing counted twice,
and there are never more files than workers have been configured.
"""

import os
import sys
import sysconfig
from typing import Any

from prometheus_client import values

# The module that uWSGI's server makes for the Python inside it; not imported, because elsewhere any folder of that
# name would do.
uwsgi: Any = sys.modules.get("uwsgi")

DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"


def several() -> bool:
    """Say whether the metrics of several processes are collected in files."""
    return DIRECTORY in os.environ


def identity() -> int:
    """Return what this process's files are named by: uWSGI's worker number, elsewhere the process id."""
    return os.getpid() if uwsgi is None else int(uwsgi.worker_id())


def name_files_by_worker() -> None:
    """Name the files by worker; to be called before the first metric is made.

    Two processes with one number never live at once: uWSGI's master starts the successor after it has
    collected the dead one. The master itself is 0, and counts nothing.
    """
    if uwsgi is None:
        return
    complete_environment()
    if several():
        values.ValueClass = values.MultiProcessValue(identity)  # type: ignore[no-untyped-call]


def complete_environment() -> None:
    """Put uWSGI's option `env` into os.environ.

    pyuwsgi starts inside a Python that has read its environment already and does not see what uWSGI adds.
    """
    given = uwsgi.opt.get("env", [])
    for assignment in given if isinstance(given, list) else [given]:
        name, _, value = assignment.decode().partition("=")
        os.environ.setdefault(name, value)


def survive_reload() -> None:
    """Let pyuwsgi find itself again after a reload.

    uWSGI reloads by executing its own binary. Inside a virtual environment pyuwsgi's binary is the Python
    outside, which does not know the packages; PYTHONPATH tells it.
    """
    if "pyuwsgi" in sys.modules and sys.prefix != sys.base_prefix:
        known = os.environ.get("PYTHONPATH", "").split(os.pathsep)
        os.environ["PYTHONPATH"] = os.pathsep.join([sysconfig.get_path("purelib"), *filter(None, known)])
