"""What systemd wants to know of a service: that it is ready, what it does now, that it is alive.

The protocol is sd_notify(3): datagrams to the socket that $NOTIFY_SOCKET names. Without it nothing is sent.
"""

import contextlib
import os
import socket
import time
from collections.abc import Callable, Mapping

# Seconds between two status lines.
STATUS_INTERVAL = 5.0


class ServiceManager:
    """The connection to systemd; without one, nothing is sent."""

    def __init__(
        self, environment: Mapping[str, str] = os.environ, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        name = environment.get("NOTIFY_SOCKET", "")
        self._address = f"\0{name[1:]}" if name.startswith("@") else name
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) if name else None
        self._beat_every, self._beat_at, self._status_at = _watchdog(environment) / 3, 0.0, 0.0
        self._status = ""

    @property
    def patience(self) -> float:
        """Return how long the loop may wait before it must say again that it is alive, in seconds."""
        return self._beat_every or float("inf")

    def ready(self, status: str) -> None:
        """Say that the service has started, or has reloaded its settings."""
        self._send(f"READY=1\nSTATUS={status}")
        self._status = status

    def reloading(self) -> None:
        """Say that the settings are being read again."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")

    def stopping(self) -> None:
        """Say that the service ends."""
        self._send("STOPPING=1\nSTATUS=stopping")

    def alive(self, status: Callable[[], str]) -> None:
        """Say that the loop goes round, as often as the watchdog wants, and what it does, if that has changed."""
        if not self._socket:
            return
        now = self._clock()
        if self._beat_every and now >= self._beat_at:
            self._beat_at = now + self._beat_every
            self._send("WATCHDOG=1")
        if now >= self._status_at:
            self._status_at = now + STATUS_INTERVAL
            if (text := status()) != self._status:
                self._status = text
                self._send(f"STATUS={text}")

    def close(self) -> None:
        """Close the socket."""
        if self._socket:
            self._socket.close()

    def _send(self, text: str) -> None:
        with contextlib.suppress(OSError):  # systemd restarts, say: the next message arrives
            if self._socket:
                self._socket.sendto(text.encode("utf-8", "replace"), socket.MSG_DONTWAIT, self._address)


def _watchdog(environment: Mapping[str, str]) -> float:
    """Return the watchdog's limit in seconds, 0 for none."""
    if environment.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return 0.0
    with contextlib.suppress(ValueError):
        return int(environment.get("WATCHDOG_USEC", "0")) / 1e6
    return 0.0
