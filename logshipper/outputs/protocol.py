"""What an output is: all that the other rooms ask of one, and what it answers.

A new output implements `Output`. It also needs settings (`settings.options`), a line in `wiring.outputs`, which makes
it and says how many may write at once, and a check (`checks.outputs`): see CONTRIBUTING, *Add an output*.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from logshipper.points import Points, Rows


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """All points were written except the `rejected`: index -> why the output can never store that point."""

    rejected: Mapping[int, str] = field(default_factory=dict)


P_contra = TypeVar("P_contra", Points, Rows, contravariant=True)


class Output(Protocol[P_contra]):
    """Where points go, as line protocol (`Points`) or as `Rows`. One thread uses it at a time.

    Making one must not fail because a server is unreachable: connect in `write`. A write may come again after a crash,
    so storing the same point twice must leave one; where it cannot, the help of its settings says so.
    """

    @property
    def connections(self) -> int:
        """Return how many connections it has made so far: another one may mean that a server restarted."""

    def write(self, points: P_contra) -> Acknowledged:
        """Write points. If it raises an OutputError, none of them count as written."""

    def sync(self) -> None:
        """Make all that was written durable. If it raises RetryLater, everything since the last sync may be lost."""

    def close(self) -> None:
        """Close connections and files."""


class OutputError(Exception):
    """The points were not written; `reason` is one line without secrets.

    The shipper says the output's name before it, and leaves out an address at the reason's beginning that the name
    has already. So `http://127.0.0.1:8086: HTTP 401 …` is right for one of several servers.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = " ".join(reason.split())


class RetryLater(OutputError):  # noqa: N818
    """Nothing is wrong with the points: try again, after `retry_after` seconds if that is known.

    `kind` is one word, for the metrics. Three of them do more: after "busy", "connection" and "server" the shipper
    sends fewer and smaller writes, and "connection" also means that the server may have been restarted.
    `may_forget`: at its next restart the output may lose what it has acknowledged, so keep the positions until then.
    """

    def __init__(self, kind: str, reason: str, retry_after: float | None = None, *, may_forget: bool = False) -> None:
        super().__init__(reason)
        self.kind, self.retry_after, self.may_forget = kind, retry_after, may_forget


class TooLarge(OutputError):  # noqa: N818
    """The body is larger than the server accepts."""


class Rejected(OutputError):  # noqa: N818
    """At least one of the points can never be stored, and the output cannot say which: halve them to find it."""


OpenOutput = Callable[[], Output[Any]]
