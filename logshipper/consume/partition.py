"""One partition: which of its messages are in flight, which are settled, and from where the group goes on."""

import time
from dataclasses import dataclass, field

from logshipper.account import Account
from logshipper.consume.messages import batch_of
from logshipper.kafka.member import Received
from logshipper.points import AnyPoints
from logshipper.ship.in_flight import InFlight, TrackedChunk
from logshipper.ship.log_once import LogOnce
from logshipper.state.quarantine import Quarantine

# Seconds until a line that could not be put into quarantine is tried again.
QUARANTINE_PAUSE = 1.0


@dataclass(frozen=True, slots=True)
class Position:
    """Where the group goes on when everything before it is settled, and when that was read."""

    offset: int
    read_at: float


@dataclass(slots=True, eq=False)
class Partition:
    """A partition that is ours now. What it has in flight when it is taken away, its next owner reads again."""

    quarantine: Quarantine
    account: Account
    problems: LogOnce
    in_flight: InFlight[Position] = field(default_factory=InFlight)
    settled: int | None = None
    _quarantine_after: float = 0.0

    def take(self, message: Received) -> tuple[TrackedChunk[Position], AnyPoints]:
        """Return what a message becomes, and track it."""
        batch = batch_of(message)
        self.account.take(batch.lines, len(message.value))
        position = Position(message.offset + 1, time.monotonic())
        return self.in_flight.add(position, batch.sent()), batch.written()

    def settle(self) -> int:
        """Settle the acknowledged messages that wait for no other one. Return how many bytes they were."""
        if time.monotonic() < self._quarantine_after:
            return 0
        count = 0
        for position, outcome in self.in_flight.settled():
            try:
                self.quarantine.add(outcome.rejected)
            except OSError as error:
                self._quarantine_after = time.monotonic() + QUARANTINE_PAUSE
                text = f"cannot write the quarantine {self.quarantine.lines}: {error.strerror or error}; retrying"
                self.problems.error("quarantine", text)
                return self.in_flight.remove(count)
            self.problems.clear("quarantine")
            count += 1
            self.account.settle(outcome)
            self.settled = position.offset
        return self.in_flight.remove(count)

    def give_back(self) -> None:
        """Count what is in flight as not read: somebody reads it again."""
        self.account.give_back(self.in_flight.lines)

    def lag_seconds(self, now: float) -> float:
        """Return how long the oldest message that is not settled has been here."""
        oldest = self.in_flight.oldest
        return max(0.0, now - oldest.read_at) if oldest else 0.0
