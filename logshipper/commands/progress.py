"""How far a long command is: one line at the bottom of the terminal, and nothing where there is none."""

import contextlib
import logging
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from typing import TextIO

import click

from logshipper.account import Account, OnProgress, unseen
from logshipper.commands.common import color
from logshipper.log_handler import CountingHandler
from logshipper.words import counted, lasting, size

# Seconds between two looks at the line.
_INTERVAL = 0.1
_CLEAR = "\r\x1b[K"
_WIDEST_BAR, _NARROWEST_BAR = 40, 8


class ProgressLine:
    """The line. Show it as often as you like: it is drawn ten times a second."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream, self._clock = stream, clock
        self._started = clock()
        self._first: int | None = None
        self._drawn_at, self._drawn = 0.0, False

    def show(self, done: int, whole: int, account: Account) -> None:
        """Draw how far it is, unless that was done just now."""
        now = self._clock()
        if self._first is None:
            self._first = done  # an earlier run did this much, which says nothing about how fast this one is
        if self._drawn_at and now - self._drawn_at < _INTERVAL:
            return
        self._drawn_at, self._drawn = now, True
        width = shutil.get_terminal_size().columns - 1
        parts = _parts(done, whole, done - self._first, account, now - self._started)
        line = f"{_bar(done, whole, width - len(parts), self._stream.encoding)}{parts}"
        self._stream.write(f"{_CLEAR}{line}")
        self._stream.flush()

    def clear(self) -> None:
        """Remove the line, so that something else can be written there."""
        if self._drawn:
            self._stream.write(_CLEAR)
            self._stream.flush()
            self._drawn = False


def is_shown() -> bool:
    """Return whether there is a terminal to show the line on."""
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


@contextlib.contextmanager
def progress() -> Iterator[OnProgress]:
    """Show how far a command is while stderr is a terminal; its messages appear above the line."""
    if not is_shown():
        yield unseen
        return
    line = ProgressLine(sys.stderr)
    handlers = [one for one in logging.getLogger().handlers if isinstance(one, CountingHandler)]
    for handler in handlers:
        handler.before = line.clear
    try:
        yield line.show
    finally:
        line.clear()
        for handler in handlers:
            handler.before = None


def _parts(done: int, whole: int, done_now: int, account: Account, seconds: float) -> str:
    """Return the figures."""
    parts = [f"{done / whole:4.0%} of {size(whole)}" if whole else size(done)]
    if account.read:
        parts.append(f"{counted(account.read, 'line')}, {account.read / max(seconds, 1e-3):,.0f}/s")
        parts.append(f"{account.written:,} written")
    if rejected := account.rejected.total():
        parts.append(f"{rejected:,} rejected")
    if done_now > 0 and done < whole and seconds >= 1:
        parts.append(f"{lasting((whole - done) * seconds / done_now)} left")
    return "  ".join(parts)


def _bar(done: int, whole: int, room: int, encoding: str) -> str:
    """Return the bar and the space after it; nothing if nobody knows how long it is, or if there is no room."""
    length = min(room - 2, _WIDEST_BAR)
    if not whole or length < _NARROWEST_BAR:
        return ""
    full = length * min(done, whole) // whole
    long, short = ("━", "─") if encoding.lower().startswith("utf") else ("#", "-")
    filled = long * full
    return f"{filled if color() is False else click.style(filled, fg='green')}{short * (length - full)}  "
