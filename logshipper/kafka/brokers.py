"""Which brokers, and how to reach them: what the producer and the consumer have in common."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Sasl:
    """How to log in; `password` never appears in a message."""

    mechanism: str
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Tls:
    """Certificate files, "" for the defaults; without `verify`, any certificate of the brokers will do.

    `key_password` opens the key; it never appears in a message.
    """

    ca: str = ""
    cert: str = ""
    key: str = ""
    verify: bool = True
    key_password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Brokers:
    """The brokers to ask first; they name the others."""

    addresses: Sequence[str]
    client_id: str = "logshipper"
    tls: Tls | None = None
    sasl: Sasl | None = None

    def configuration(self) -> dict[str, Any]:
        """Return librdkafka's configuration."""
        made: dict[str, Any] = {
            "bootstrap.servers": ",".join(self.addresses),
            "client.id": self.client_id,
            "security.protocol": ("sasl_" if self.sasl else "") + ("ssl" if self.tls else "plaintext"),
            # Come back within a second after the brokers are there again.
            "reconnect.backoff.ms": 100,
            "reconnect.backoff.max.ms": 1000,
        }
        if self.tls:
            files = {"ca": self.tls.ca, "certificate": self.tls.cert, "key": self.tls.key}
            made |= {f"ssl.{name}.location": file for name, file in files.items() if file}
            made["enable.ssl.certificate.verification"] = self.tls.verify
            if self.tls.key_password:
                made["ssl.key.password"] = self.tls.key_password
        if self.sasl:
            made["sasl.mechanism"] = self.sasl.mechanism
            made |= {"sasl.username": self.sasl.username, "sasl.password": self.sasl.password}
        return made
