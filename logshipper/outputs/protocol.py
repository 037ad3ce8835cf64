"""What an output is: it has `write(body)` and `close()`.

`write` returns when the bytes are safe, or raises one of the errors below; `deliver` decides what follows.
"""

from collections.abc import Callable
from typing import Protocol


class Output(Protocol):
    """Takes line protocol. Used by one thread at a time."""

    def write(self, body: bytes) -> None:
        """Deliver points durably: return means acknowledged."""

    def close(self) -> None:
        """Close connections and files."""


class OutputError(Exception):
    """The points were not delivered; `reason` is one line without secrets."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = " ".join(reason.split())


class RetryLater(OutputError):  # noqa: N818
    """Nothing is wrong with the points: try again, after `retry_after` seconds if that is known.

    `kind` is one word for the metrics.
    """

    def __init__(self, kind: str, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.kind, self.retry_after = kind, retry_after


class TooLarge(OutputError):  # noqa: N818
    """The body is larger than the server accepts."""


class Rejected(OutputError):  # noqa: N818
    """At least one of the points can never be stored."""


OpenOutput = Callable[[], Output]
