"""The account of each file: read = written + rejected + not a request + in flight, always."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from logshipper.model import Outcome


@dataclass(slots=True)
class Account:
    """What became of the lines of one file since the start; those in flight are read and not yet settled."""

    read: int = 0
    written: int = 0
    in_flight: int = 0
    bytes_read: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    not_request: Counter[str] = field(default_factory=Counter)

    def take(self, lines: int, size: int = 0) -> None:
        """Count lines that were read, `size` bytes of log, and that are in flight now."""
        self.read += lines
        self.in_flight += lines
        self.bytes_read += size

    def give_back(self, lines: int) -> None:
        """Count lines as not read: they will be read again."""
        self.read -= lines
        self.in_flight -= lines

    def settle(self, outcome: Outcome) -> None:
        """Count what became of lines in flight. A rejected line's kind is its reason up to the first colon."""
        self.in_flight -= outcome.lines
        self.written += outcome.written
        self.not_request.update(outcome.noise)
        self.rejected.update(line.reason.split(":")[0] for line in outcome.rejected)

    @property
    def difference(self) -> int:
        """Return the number of lines that are unaccounted for: 0, unless this program has a bug."""
        accounted = self.written + self.rejected.total() + self.not_request.total() + self.in_flight
        return self.read - accounted

    def text(self) -> str:
        """Return the account as one line."""
        parts = [f"read {self.read}", f"written {self.written}"]
        parts.append(_with_kinds("rejected", self.rejected))
        parts.append(_with_kinds("not a request", self.not_request))
        parts.append(f"in flight {self.in_flight}")
        if self.difference:
            parts.append(f"DIFFERENCE {self.difference}: please report this")
        return ", ".join(parts)


# Shows how far a long command is: called with what is done, with what there is in all (0 if nobody knows), and with the
# account of the lines so far.
OnProgress = Callable[[int, int, Account], None]


def unseen(done: int, whole: int, account: Account) -> None:
    """Show nothing."""


def _with_kinds(label: str, counts: Counter[str]) -> str:
    kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(counts.items()))
    return f"{label} {counts.total()}" + (f" ({kinds})" if kinds else "")


def total(accounts: Iterable[Account]) -> Account:
    """Return the sum of accounts."""
    result = Account()
    for account in accounts:
        result.read += account.read
        result.written += account.written
        result.in_flight += account.in_flight
        result.bytes_read += account.bytes_read
        result.rejected += account.rejected
        result.not_request += account.not_request
    return result
