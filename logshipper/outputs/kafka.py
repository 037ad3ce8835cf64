"""Kafka as an output: each write becomes messages of line protocol, acknowledged by the brokers."""

import logging

from logshipper.kafka.problem import KafkaProblem
from logshipper.kafka.producer import OVERHEAD, MessageProducer
from logshipper.outputs.kafka_messages import Keys, Packed, pack
from logshipper.outputs.protocol import Acknowledged, OutputError, Rejected, RetryLater, TooLarge
from logshipper.points import Points

log = logging.getLogger(__name__)

# The brokers' limit is not searched below this many bytes: a larger point is rejected.
LEAST = 4096


class KafkaOutput:
    """Sends to one topic.

    A message that is sent again after a crash is in the topic twice. Its points carry the same times, so the database
    keeps each once.
    """

    connections = 0

    def __init__(self, producer: MessageProducer, keys: Keys, largest: int) -> None:
        """`largest` is the size of a message, in bytes, that the brokers take as far as anybody knows."""
        self._producer, self._keys = producer, keys
        self._limit = max(LEAST, largest - OVERHEAD)

    def write(self, points: Points) -> Acknowledged:
        """Write points; see `Output`. Raises TooLarge only for what cannot be smaller."""
        while True:
            packed = pack(points, self._keys, self._limit)
            try:
                self._producer.send([(message.key, message.body) for message in packed.messages])
                return Acknowledged(packed.rejected)
            except KafkaProblem as problem:
                if problem.kind != "too large" or not self._lower(packed):
                    raise _error(self._producer.topic, problem) from problem

    def _lower(self, packed: Packed) -> bool:
        """Make messages half as large, because the brokers take less than they were said to. Return whether we can."""
        largest = max(len(message.body) for message in packed.messages)
        if largest <= LEAST:
            return False
        self._limit = max(LEAST, largest // 2)
        log.info(
            "kafka topic %s: the brokers take no message of %d bytes; sending %d at most from now on; "
            "max_message_bytes says so from the start",
            self._producer.topic, largest, self._limit,
        )  # fmt: skip
        return True

    def sync(self) -> None:
        """Do nothing: acknowledged messages are replicated as `required_acks` asks."""

    def close(self) -> None:
        """Disconnect."""
        self._producer.close()


def _error(topic: str, problem: KafkaProblem) -> OutputError:
    text = f"kafka topic {topic}: {problem.reason}"
    if problem.kind == "too large":
        return TooLarge(text)
    if problem.kind == "rejected":
        return Rejected(text)
    return RetryLater(problem.kind, text)
