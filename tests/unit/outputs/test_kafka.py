"""Kafka's output: which error of the brokers means what, and how its limit follows theirs."""

from collections.abc import Sequence

import pytest

from logshipper.kafka.brokers import Brokers
from logshipper.kafka.problem import KafkaProblem, Kind
from logshipper.kafka.producer import MessageProducer, Sending
from logshipper.outputs.kafka import LEAST, KafkaOutput
from logshipper.outputs.kafka_messages import TOO_LARGE, Keys
from logshipper.outputs.protocol import Acknowledged, Rejected, RetryLater, TooLarge
from logshipper.points import Points


class Topic(MessageProducer):
    """A topic that takes messages of at most `limit` bytes, or fails in one way."""

    def __init__(self, limit: int = 2**30, fails: Kind | None = None) -> None:
        super().__init__(Brokers(["a:1"]), "t", Sending())
        self.limit, self.fails = limit, fails
        self.stored: list[bytes] = []

    def send(self, messages: Sequence[tuple[bytes | None, bytes]]) -> None:
        if self.fails:
            raise KafkaProblem(self.fails, "why")
        if any(len(body) > self.limit for _, body in messages):
            raise KafkaProblem("too large", "too large")
        self.stored += [body for _, body in messages]


def points(count: int, size: int) -> Points:
    return Points.of([f'm s="{"x" * size}" {number}' for number in range(count)])


def test_a_write_is_acknowledged_when_its_messages_are() -> None:
    topic = Topic()
    assert KafkaOutput(topic, Keys(), 1_000_000).write(points(3, 10)) == Acknowledged()
    assert topic.stored == [points(3, 10).body]


@pytest.mark.parametrize(
    ("kind", "error"),
    [("connection", RetryLater), ("missing", RetryLater), ("unauthorized", RetryLater), ("rejected", Rejected)],
)
def test_an_error_says_whether_to_try_again(kind: Kind, error: type[RetryLater | Rejected]) -> None:
    with pytest.raises(error, match="kafka topic t: why") as caught:
        KafkaOutput(Topic(fails=kind), Keys(), 1_000_000).write(points(1, 10))
    if isinstance(caught.value, RetryLater):
        assert caught.value.kind == kind


def test_messages_become_smaller_until_the_brokers_take_them() -> None:
    topic = Topic(limit=9000)
    output = KafkaOutput(topic, Keys(), 1_000_000)
    output.write(points(100, 1000))
    assert b"".join(topic.stored) == points(100, 1000).body
    assert 4000 < max(map(len, topic.stored)) <= 9000
    topic.stored.clear()
    assert output.write(points(1, 20_000)).rejected == {0: TOO_LARGE}  # the brokers are not asked again
    assert topic.stored == []


def test_below_the_least_limit_the_points_themselves_are_too_large() -> None:
    with pytest.raises(TooLarge):
        KafkaOutput(Topic(limit=100), Keys(), 1_000_000).write(points(1, LEAST // 2))
