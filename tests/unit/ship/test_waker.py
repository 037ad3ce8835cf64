"""Waiting, and being woken: by another thread, by a signal handler, or by a descriptor."""

import os
import threading
from collections.abc import Iterator

import pytest

from logshipper.ship.waker import Waker
from tests.support.waiting import DEADLINE

LONG = 24 * 3600  # seconds; a wait that nobody ends is a failure


@pytest.fixture
def waker() -> Iterator[Waker]:
    made = Waker()
    yield made
    made.close()


def test_a_wait_of_no_time_returns_at_once(waker: Waker) -> None:
    assert waker.wait(0) is False
    assert waker.wait(-1) is False


def test_a_wakeup_before_the_wait_is_not_lost(waker: Waker) -> None:
    waker.wake()
    assert waker.wait(LONG) is True
    assert waker.wait(0) is False


def test_many_wakeups_count_as_one(waker: Waker) -> None:
    for _ in range(100_000):  # more than a pipe holds
        waker.wake()
    while waker.wait(0):
        pass
    assert waker.wait(0) is False


def test_another_thread_ends_a_wait(waker: Waker) -> None:
    woken: list[bool] = []
    waiting = threading.Thread(target=lambda: woken.append(waker.wait(LONG)), daemon=True)
    waiting.start()
    waker.wake()
    waiting.join(DEADLINE)
    assert woken == [True]


def test_a_readable_descriptor_ends_the_wait_and_stays_readable(waker: Waker) -> None:
    read, write = os.pipe()
    os.write(write, b"x")
    assert waker.wait(LONG, also=read) is False
    assert waker.wait(LONG, also=read) is False
    assert waker.wait(0) is False
    os.close(read)
    os.close(write)


def test_the_pipe_is_closed_when_nobody_can_wake_it_any_more() -> None:
    def descriptors() -> int:
        return len(os.listdir("/proc/self/fd"))

    before = descriptors()
    waker = Waker()
    wake = waker.wake  # what a writer's thread keeps
    del waker
    wake()
    assert descriptors() == before + 2
    del wake
    assert descriptors() == before
