"""A time limit for matching: an expression of the user's may need years for a line that a stranger has written.

Python's engine has no limit of its own, but it looks for signals while it matches. So a timer that counts the time of
this process (a busy machine makes nobody slow) interrupts a match that takes too long. A chunk has a budget; if it is
used up, its lines are parsed one by one, and each has its own (see `rescue`). Expressions need not be judged, and what
matches in time is matched by the same engine as ever.
"""

import gc
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import TypeVar

_Given = TypeVar("_Given")
_Found = TypeVar("_Found")

# Seconds for one line, and more for each line that is matched together with others.
LINE, EACH_MORE = 0.05, 50e-6
# Python swallows an exception in a destructor or a callback of its garbage collector: ring again after these seconds.
_AGAIN = 0.25
# Many slow lines in a row, as somebody sends them on purpose, get less and less: down to an eighth.
_MOST_HALVINGS = 3


class TooSlowError(Exception):
    """Matching took too long; the message names the pattern."""


class _Timer:
    """The one timer of this process. Only the main thread receives signals; elsewhere there is no limit."""

    def __init__(self) -> None:
        self.running = self.installed = False
        self.halvings = 0

    def ring(self, number: int, frame: FrameType | None) -> None:
        """Interrupt the match, unless it has ended meanwhile."""
        if self.running:
            raise TooSlowError

    def start(self, seconds: float) -> None:
        if not self.installed:
            signal.signal(signal.SIGVTALRM, self.ring)
            self.installed = True
        self.running = True
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds, _AGAIN)

    def budget(self, lines: int) -> float:
        """Return the seconds for this number of lines."""
        return LINE + EACH_MORE * lines if lines > 1 else LINE / 2**self.halvings

    def stop(self) -> None:
        self.running = False
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


_timer = _Timer()
_main = threading.main_thread()


def in_time(match: Callable[[_Given], _Found], given: _Given, lines: int, pattern: str, seconds: float = 0.0) -> _Found:
    """Return what `match(given)` returns for this number of lines, or within `seconds`. Raises TooSlowError."""
    if threading.current_thread() is not _main:
        return match(given)
    collects = lines == 1 and gc.isenabled()
    if collects:
        gc.disable()  # a collection takes its time too, and would make one line slow that is not
    try:
        return _bounded(match, given, lines, pattern, seconds)
    finally:
        if collects:
            gc.enable()


def _bounded(match: Callable[[_Given], _Found], given: _Given, lines: int, pattern: str, seconds: float) -> _Found:
    try:
        _timer.start(seconds or _timer.budget(lines))
        found = match(given)
        _timer.stop()
    except TooSlowError:
        _timer.stop()
        if lines == 1:
            _timer.halvings = min(_MOST_HALVINGS, _timer.halvings + 1)
        raise TooSlowError(f"takes too long to match: {pattern}") from None
    except BaseException:
        _timer.stop()
        raise
    if lines > 1:
        _timer.halvings = 0
    return found
