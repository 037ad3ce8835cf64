"""uWSGI's worker processes, and the files in which each of them counts.

prometheus_client's multiprocess mode names the files by process id, so they pile up with each restart. Here they are
named by uWSGI's worker number: the successor of a dead worker takes over its files and continues to count.
"""

import os
import sys
import sysconfig
from typing import Any

from prometheus_client import values

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
# The module that the uWSGI server provides to the Python inside it. It is not imported, because outside uWSGI any
# folder of that name would be found.
uwsgi: Any = sys.modules.get("uwsgi")


def name_files_by_worker() -> None:
    """Name the files by worker. Call this before the first metric is created.

    No two living processes have the same number: uWSGI's master starts the successor only after the worker is dead.
    """
    if uwsgi is None:
        return
    given = uwsgi.opt.get("env", [])
    for assignment in given if isinstance(given, list) else [given]:
        # pyuwsgi starts inside a Python that has already read its environment, and misses the option `env`.
        name, _, value = assignment.decode().partition("=")
        os.environ.setdefault(name, value)
    if FOLDER in os.environ:
        values.ValueClass = values.MultiProcessValue(process_identifier=uwsgi.worker_id)  # type: ignore[no-untyped-call]


def survive_reload() -> None:
    """Let pyuwsgi find itself again after a reload.

    uWSGI reloads by executing its own binary. In a virtual environment pyuwsgi's binary is the Python outside it, which
    does not know the packages; PYTHONPATH shows it where they are.
    """
    if "pyuwsgi" in sys.modules and sys.prefix != sys.base_prefix:
        known = os.environ.get("PYTHONPATH", "").split(os.pathsep)
        os.environ["PYTHONPATH"] = os.pathsep.join([sysconfig.get_path("purelib"), *filter(None, known)])
