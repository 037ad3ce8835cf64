"""Checks that Kafka's brokers can be reached; what is in a topic cannot be removed, so nothing is sent there."""

import socket
from collections.abc import Iterator, Sequence

from logshipper.checks.finding import Finding, bad, good

_PATIENCE = 5.0


def check_brokers(brokers: Sequence[str], subject: str) -> Iterator[Finding]:
    """Yield for each HOST:PORT whether something listens there; `subject` says what they are used as."""
    for address in brokers:
        host, _, port = address.rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), _PATIENCE).close()
        except OSError as error:
            yield bad(subject, f"kafka {address}: {error.strerror or error}", "start the broker, or correct brokers")
        else:
            yield good(subject, f"kafka {address}: a broker can be reached; nothing was sent to it")
