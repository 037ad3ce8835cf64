"""Run a command and write what it took to the file named first: CPU and wall seconds, peak memory in MB, exit code.

A program of its own, and a small one: a process starts with its parent's peak memory, whatever it needs itself.
"""

import json
import os
import sys
import time


def main() -> None:
    """Run `launch.py RESULT STDOUT COMMAND…`."""
    result, stdout, *command = sys.argv[1:]
    started = time.monotonic()
    pid = os.fork()
    if pid == 0:
        os.dup2(os.open(stdout, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
        os.execvp(command[0], command)
    _, status, usage = os.wait4(pid, 0)
    found = {
        "cpu": usage.ru_utime + usage.ru_stime,
        "wall": time.monotonic() - started,
        "peak": usage.ru_maxrss / 1024,
        "code": os.waitstatus_to_exitcode(status),
    }
    with open(result, "w") as file:
        json.dump(found, file)


if __name__ == "__main__":
    main()
