"""Sends messages and waits until the brokers have acknowledged them."""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from logshipper.kafka.brokers import Brokers
from logshipper.kafka.problem import problem_of

log = logging.getLogger(__name__)

# Seconds until the client gives up a message that it could not deliver; the shipper then sends it again.
PATIENCE = 10.0
# What the client may hold of messages that are not acknowledged, in KiB.
_QUEUE = 32 * 2**10
# Seconds to wait for news from the client's threads.
_NEWS = 0.1
# What a message may have besides its value: its key, its headers in the protocol.
OVERHEAD = 2048
# The client goes on trying after these; say at once what is wrong instead of after PATIENCE.
_HOPELESS = (KafkaError._ALL_BROKERS_DOWN, KafkaError._AUTHENTICATION, KafkaError._SSL)


@dataclass(frozen=True, slots=True)
class Sending:
    """How to send: `acks` is "all" or 1; `idempotent` lets the brokers drop what the client's retries repeat."""

    acks: str | int = "all"
    compression: str = "lz4"
    idempotent: bool = True
    largest: int = 1_000_000


class ClientLog:
    """Takes the client's own messages: what matters of them comes as errors too, so they are for debugging."""

    def log(self, level: int, text: str, *values: object) -> None:
        """Log a message of the client."""
        log.debug(text, *values)


class MessageProducer:
    """Sends to one topic. One thread uses it; the client's own threads need no care."""

    def __init__(self, brokers: Brokers, topic: str, sending: Sending) -> None:
        """Connect to nothing: the client does that when it has something to send."""
        self.topic = topic
        self._configuration = {**brokers.configuration(), **_configuration(sending)}
        self._producer: Producer | None = None
        self._cause: KafkaError | None = None
        self._hopeless = False

    def send(self, messages: Sequence[tuple[bytes | None, bytes]]) -> None:
        """Send messages, (key, value) each; return when all are acknowledged. Raises KafkaProblem.

        After an error any of the messages may have been stored nevertheless.
        """
        producer = self._open()
        self._cause, self._hopeless = None, False
        failures: list[KafkaError] = []
        waiting = len(messages)

        def on_delivery(error: KafkaError | None, _: Message | None = None) -> None:
            nonlocal waiting
            waiting -= 1
            if error:
                failures.append(error)

        for key, value in messages:
            try:
                self._produce(producer, key, value, on_delivery)
            except KafkaException as error:  # refused before it was sent
                on_delivery(error.args[0])
        end = time.monotonic() + 2 * PATIENCE
        while waiting > 0:
            producer.poll(_NEWS)
            if (self._hopeless and waiting) or time.monotonic() > end:
                producer.purge(in_queue=True, in_flight=True)
                end = float("inf")
        if failures:
            self._failed(failures)

    def _produce(self, producer: Producer, key: bytes | None, value: bytes, on_delivery: Any) -> None:
        while True:
            try:
                producer.produce(self.topic, value, key, on_delivery=on_delivery)
                return
            except BufferError:  # the client's queue is full
                producer.poll(_NEWS)

    def _failed(self, failures: Sequence[KafkaError]) -> None:
        """Raise what the failures mean: the first that says more than that it took too long."""
        told = [problem_of(error, self._cause) for error in failures]
        if any(error.fatal() for error in failures):
            self.close()
        raise next((one for one in told if one.kind != "connection"), told[0])

    def _open(self) -> Producer:
        if self._producer is None:
            options: Mapping[str, Any] = {"error_cb": self._on_error, "logger": ClientLog()}
            try:
                self._producer = Producer({**self._configuration, **options})
            except KafkaException as error:  # of its certificates, if a file has changed since the start
                raise problem_of(error.args[0]) from error
        return self._producer

    def _on_error(self, error: KafkaError) -> None:
        self._hopeless = self._hopeless or error.code() in _HOPELESS
        if self._cause is None or error.code() != KafkaError._ALL_BROKERS_DOWN:
            self._cause = error

    def close(self) -> None:
        """Forget what was not sent, and disconnect."""
        if self._producer is not None:
            self._producer.purge()
            self._producer = None


def _configuration(sending: Sending) -> dict[str, Any]:
    return {
        "acks": sending.acks,
        "enable.idempotence": sending.idempotent,
        "compression.type": sending.compression,
        "message.max.bytes": sending.largest,
        "message.timeout.ms": round(PATIENCE * 1000),
        "topic.metadata.propagation.max.ms": round(PATIENCE * 1000) // 2,
        "queue.buffering.max.kbytes": _QUEUE,
        "linger.ms": 0,
        # A message is a batch already, and the brokers' limit is one for what they are sent together.
        "batch.num.messages": 1,
        # As Java's clients choose the partition of a key, so that several programs agree.
        "partitioner": "murmur2_random",
    }
