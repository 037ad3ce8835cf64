"""The account of each file: read = written + rejected + not a request + in flight, always."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class Account:
    """What became of the lines of one file since the start; those in flight are read and not yet settled."""

    read: int = 0
    written: int = 0
    in_flight: int = 0
    bytes_read: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    not_request: Counter[str] = field(default_factory=Counter)

    def settle(self, written: int, not_request: Mapping[str, int], reasons: Iterable[str]) -> None:
        """Count settled lines. Each rejected line has a reason, whose words before the first colon are its kind."""
        self.written += written
        self.not_request.update(not_request)
        self.rejected.update(reason.split(":")[0] for reason in reasons)

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
