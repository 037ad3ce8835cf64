"""Waiting, in a module of its own, so that no test needs to sleep."""

import contextlib
import os
import select
import weakref


class Waker:
    """A thread waits here until another thread or a signal handler wakes it, or the time is over.

    The pipe is closed when nobody can wake it any more: a writer's thread may outlast the loop that it wakes.
    """

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)
        self._poll = select.poll()
        self._poll.register(self._read, select.POLLIN)
        self.close = weakref.finalize(self, _close, self._read, self._write)

    def wake(self) -> None:
        """End the present wait, or the next one."""
        with contextlib.suppress(BlockingIOError):  # the pipe is full: enough wake-ups are waiting
            os.write(self._write, b"\0")

    def wait(self, seconds: float, also: int = -1) -> bool:
        """Wait until woken, `seconds` are over, or the descriptor `also` is readable. Return whether it was woken."""
        if also >= 0:
            self._poll.register(also, select.POLLIN)
        # poll, not select: with a thousand open logs, descriptors are beyond what select accepts.
        ready = self._poll.poll(max(0.0, seconds) * 1000)
        if also >= 0:
            self._poll.unregister(also)
        woken = any(descriptor == self._read for descriptor, _ in ready)
        if woken:
            os.read(self._read, 4096)
        return woken


def _close(*descriptors: int) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
