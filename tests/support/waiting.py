"""Wait for a condition, never for a fixed time."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
DEADLINE = 180.0  # seconds


def wait_until(condition: Callable[[], T], what: str | Callable[[], str] = "", deadline: float = DEADLINE) -> T:
    """Poll until `condition()` is truthy and return its value; AssertionError after `deadline` seconds.

    OSErrors and AssertionErrors inside the condition mean "not yet"; the last one is part of the failure message.
    The deadline matters only to a failing test: it is generous, since a busy machine is not a failure.
    """
    end = time.monotonic() + deadline
    last: object = None
    while True:
        try:
            last = value = condition()
            if value:
                return value
        except (OSError, AssertionError) as error:
            last = error
        if time.monotonic() > end:
            name = what() if callable(what) else what or getattr(condition, "__qualname__", repr(condition))
            raise AssertionError(f"{name}: not within {deadline} s; last: {last!r}")
        time.sleep(0.02)
