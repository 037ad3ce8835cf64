"""What a check found: one line for each thing that must be in place."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Status = Literal["good", "doubtful", "bad"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `subject` is a word for its kind. What is not good has a fix."""

    status: Status
    subject: str
    text: str
    fix: str = ""


def good(subject: str, text: str) -> Finding:
    """Return what is as it should be."""
    return Finding("good", subject, text)


def doubtful(subject: str, text: str, fix: str) -> Finding:
    """Return something that may be intended but probably is not."""
    return Finding("doubtful", subject, text, fix)


def bad(subject: str, text: str, fix: str) -> Finding:
    """Return what keeps requests from the database."""
    return Finding("bad", subject, text, fix)


def worst(findings: Iterable[Finding]) -> Status:
    """Return the status of all together."""
    found = {finding.status for finding in findings}
    return "bad" if "bad" in found else "doubtful" if "doubtful" in found else "good"


def verdict(findings: Sequence[Finding]) -> str:
    """Return the closing sentence."""
    counts = {status: sum(one.status == status for one in findings) for status in ("bad", "doubtful")}
    both = " and ".join(f"{count} {status}" for status, count in counts.items() if count)
    if counts["bad"]:
        return f"not ready: {both} of {len(findings)}; fix what is bad first"
    return f"ready, with {both} of {len(findings)}" if both else f"ready: all {len(findings)} are good"
