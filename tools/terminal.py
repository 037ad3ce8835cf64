"""Signals between a terminal, make and us: Ctrl-C is how the demo is ended, and that is no failure."""

import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

PR_SET_PDEATHSIG = 1  # prctl(2)


@contextlib.contextmanager
def foreground() -> Iterator[None]:
    """Be the terminal's foreground job, as a shell makes one of each command; afterwards, give it back.

    Ctrl-C then reaches us and not make, which would end with an error (130) whatever our exit code was.
    Without a terminal, or in the background, nothing changes.
    """
    ours = os.getpgrp()
    try:
        terminal = sys.stdin.fileno()
        in_front = os.isatty(terminal) and os.tcgetpgrp(terminal) == ours
    except (OSError, ValueError):
        in_front = False
    if not in_front or os.getpid() == ours:
        yield
        return
    # Whoever sets the foreground from behind it is stopped by SIGTTOU, unless it is ignored.
    before = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    os.setpgid(0, 0)
    os.tcsetpgrp(terminal, os.getpgrp())
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            os.tcsetpgrp(terminal, ours)
            os.setpgid(0, ours)
        signal.signal(signal.SIGTTOU, before)


def parent_watch() -> Callable[[], bool]:
    """Return a function that says whether the process that started us has gone, or was told to end.

    A make that gets SIGINT by itself (`kill -INT`) waits for its children without telling them; it shows by
    make no longer catching that signal.
    """
    parent = os.getppid()
    caught_before = _catches(parent, signal.SIGINT)
    return lambda: os.getppid() != parent or (caught_before and not _catches(parent, signal.SIGINT))


def _catches(pid: int, what: signal.Signals) -> bool:
    """Say whether the process has a handler for the signal (Linux; elsewhere False)."""
    try:
        caught = Path(f"/proc/{pid}/status").read_text().partition("SigCgt:\t")[2].partition("\n")[0]
        return bool(int(caught, 16) & 1 << (what - 1))
    except (OSError, ValueError):
        return False


def end_with_parent() -> None:
    """In a child just forked: get SIGTERM when the parent dies, however it dies (Linux)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
