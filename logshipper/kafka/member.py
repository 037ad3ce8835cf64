"""A member of a consumer group: messages of the partitions that it has now, and the positions that it commits."""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from logshipper.kafka.brokers import Brokers
from logshipper.kafka.problem import problem_of
from logshipper.kafka.producer import ClientLog

log = logging.getLogger(__name__)

PartitionKey = tuple[str, int]
"""Topic and number of a partition."""
OnPartitions = Callable[[Sequence[PartitionKey]], None]

# What the client may read ahead, in KiB, and at once from a broker and a partition, in bytes. These two are compressed
# bytes, so seven times as many of line protocol; a larger message is read nevertheless.
_AHEAD = 2 * 2**10
_FETCH, _FETCH_PARTITION = 2**20, 2**18
# Seconds until the brokers take the partitions of a member that is not heard of any more.
SESSION = 10.0
# A commit that failed for these reasons fails because the partition has another owner now, who reads on from there.
_NOT_OURS = (
    KafkaError.ILLEGAL_GENERATION, KafkaError.UNKNOWN_MEMBER_ID, KafkaError.REBALANCE_IN_PROGRESS,
    KafkaError._NO_OFFSET, KafkaError._ASSIGNMENT_LOST, KafkaError.STALE_MEMBER_EPOCH,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Group:
    """Which group, and where it begins in a partition that it has committed nothing for."""

    name: str
    topics: Sequence[str]
    from_end: bool = False
    strategy: str = "cooperative-sticky"
    session: float = SESSION


@dataclass(frozen=True, slots=True)
class Received:
    """A message; `timestamp` is in milliseconds since 1970, 0 if the message has none."""

    key: PartitionKey
    offset: int
    value: bytes
    timestamp: int


class GroupMember:
    """One thread uses it: the callbacks come from within `poll`."""

    def __init__(self, brokers: Brokers, group: Group) -> None:
        """Connect to nothing yet."""
        self.group, self.problem = group, ""
        self.committed: dict[PartitionKey, int] = {}  # as the brokers have acknowledged
        self._configuration = {**brokers.configuration(), **_configuration(group)}
        self._consumer: Consumer | None = None
        self._paused: bool | None = False  # None: some partitions are, after others came

    def join(self, given: OnPartitions, taken: OnPartitions) -> None:
        """Join the group. `given` gets the partitions that come, `taken` those that go."""
        options: Mapping[str, Any] = {"error_cb": self._on_error, "on_commit": self._on_commit, "logger": ClientLog()}
        self._consumer = Consumer({**self._configuration, **options})

        def on_assign(_: Consumer, partitions: list[TopicPartition]) -> None:
            self._paused = None
            for key in _keys(partitions):
                self.committed.pop(key, None)
            given(_keys(partitions))

        def on_revoke(_: Consumer, partitions: list[TopicPartition]) -> None:
            taken(_keys(partitions))

        self._consumer.subscribe(list(self.group.topics), on_assign=on_assign, on_revoke=on_revoke, on_lost=on_revoke)

    def poll(self, most: int, seconds: float) -> list[Received]:
        """Wait for the first message, and return it with those that are there already, `most` at most."""
        first = self._open.poll(seconds)
        if first is None:
            return []
        found = [first, *self._open.consume(most - 1, 0)] if most > 1 else [first]
        return [received for message in found if (received := self._received(message))]

    def _received(self, message: Message) -> Received | None:
        if error := message.error():
            self._on_error(error)
            return None
        self.problem = ""
        kind, timestamp = message.timestamp()
        key = (message.topic() or "", message.partition() or 0)
        return Received(key, message.offset() or 0, message.value() or b"", timestamp if kind else 0)

    @property
    def _open(self) -> Consumer:
        if self._consumer is None:
            raise RuntimeError("join first")
        return self._consumer

    def hold(self, wanted: bool) -> None:
        """Read no further, or go on. A member that reads nothing stays in its group as long as it polls."""
        if wanted == self._paused:
            return
        assigned = self._open.assignment()
        (self._open.pause if wanted else self._open.resume)(assigned)
        self._paused = wanted

    def commit(self, positions: Mapping[PartitionKey, int], *, wait: bool = False) -> None:
        """Commit where the group goes on: the offset after the last settled message of each partition."""
        if not positions:
            return
        offsets = [TopicPartition(topic, number, offset) for (topic, number), offset in positions.items()]
        try:
            if wait:
                self._on_commit(None, self._open.commit(offsets=offsets, asynchronous=False) or [])
            else:
                self._open.commit(offsets=offsets)
        except KafkaException as error:
            self._on_commit(error.args[0], offsets)

    def lags(self) -> dict[PartitionKey, int]:
        """Return how many messages of each partition were not read yet, as far as the client knows."""
        found = {}
        for at in self._open.position(self._open.assignment()):
            known = self._open.get_watermark_offsets(at, cached=True)
            if known and known[1] >= 0:
                found[at.topic, at.partition] = max(0, known[1] - (at.offset if at.offset >= 0 else known[0]))
        return found

    def close(self, positions: Mapping[PartitionKey, int], patience: float) -> None:
        """Commit and leave the group; after `patience` seconds without an answer of the brokers, just go."""

        def leave() -> None:
            self.commit(positions, wait=True)
            self._open.close()

        leaving = threading.Thread(target=leave, daemon=True)
        leaving.start()
        leaving.join(patience)

    def _on_error(self, error: KafkaError) -> None:
        told = problem_of(error)
        if error.code() == KafkaError._ALL_BROKERS_DOWN and self.problem:
            return  # what came before says why
        if told.reason != self.problem:
            log.error("kafka_consumer %s: %s; nothing is lost, retrying", self.group.name, told.reason)
        self.problem = told.reason

    def _on_commit(self, error: KafkaError | None, partitions: Sequence[TopicPartition]) -> None:
        self.committed |= {(at.topic, at.partition): at.offset for at in partitions if not error and not at.error}
        if error and error.code() not in _NOT_OURS:
            self._on_error(error)


def _keys(partitions: Sequence[TopicPartition]) -> list[PartitionKey]:
    return [(one.topic, one.partition) for one in partitions]


def _configuration(group: Group) -> dict[str, Any]:
    return {
        "group.id": group.name,
        "auto.offset.reset": "latest" if group.from_end else "earliest",
        "partition.assignment.strategy": group.strategy,
        "session.timeout.ms": round(group.session * 1000),
        "heartbeat.interval.ms": round(group.session * 1000 / 4),
        # Positions are committed when the outputs have acknowledged, and never before.
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "queued.max.messages.kbytes": _AHEAD,
        "fetch.message.max.bytes": _FETCH_PARTITION,
        "fetch.max.bytes": _FETCH,
        # A topic that was deleted and made again, or got more partitions, is noticed as soon as a member that is gone.
        "topic.metadata.refresh.interval.ms": round(group.session * 1000),
    }
