"""A member of a group, against the brokers that Kafka's client has for tests."""

from collections.abc import Sequence

import pytest

from logshipper.kafka.brokers import Brokers
from logshipper.kafka.member import Group, GroupMember, PartitionKey, Received
from logshipper.kafka.producer import MessageProducer, Sending
from tests.support.mock_kafka import mock_brokers, mock_topic
from tests.support.network import free_port
from tests.support.waiting import wait_until

pytestmark = pytest.mark.slow


class Topic:
    """A topic of its own with a group of its own, and a producer for it."""

    def __init__(self) -> None:
        self.name = mock_topic()
        self.producer = MessageProducer(mock_brokers(), self.name, Sending())

    def member(self) -> GroupMember:
        return GroupMember(mock_brokers(), Group(self.name, [self.name], session=3.0))


class Owned:
    """What a member owns."""

    def __init__(self) -> None:
        self.keys: set[PartitionKey] = set()

    def given(self, keys: Sequence[PartitionKey]) -> None:
        self.keys |= set(keys)

    def taken(self, keys: Sequence[PartitionKey]) -> None:
        self.keys -= set(keys)


def received(member: GroupMember, count: int) -> list[Received]:
    found: list[Received] = []

    def enough() -> bool:
        found.extend(member.poll(10, 0.1))
        return len(found) >= count

    wait_until(enough, "messages")
    return found


def test_a_member_gets_partitions_and_messages_and_goes_on_where_it_committed() -> None:
    topic, owned = Topic(), Owned()
    topic.producer.send([(b"key", b"m a=1 1\n"), (b"key", b"m a=2 2\n")])
    member = topic.member()
    member.join(owned.given, owned.taken)
    first, second = received(member, 2)
    assert (first.value, second.value) == (b"m a=1 1\n", b"m a=2 2\n")
    assert first.key == second.key
    assert first.key in owned.keys
    assert (first.offset, second.offset) == (0, 1)
    assert first.timestamp > 1_600_000_000_000
    member.commit({first.key: 1}, wait=True)
    member.close({}, 10)
    again = topic.member()
    again.join(owned.given, owned.taken)
    assert received(again, 1) == [second]
    wait_until(lambda: again.lags()[first.key] == 0)
    again.close({first.key: 2}, 10)


def test_a_member_that_holds_reads_nothing_and_stays_in_its_group() -> None:
    topic, owned = Topic(), Owned()
    member = topic.member()
    member.join(owned.given, owned.taken)
    wait_until(lambda: member.poll(1, 0.05) or owned.keys, "partitions")
    member.hold(True)
    topic.producer.send([(None, b"a")])
    assert [message for _ in range(10) for message in member.poll(1, 0.05)] == []
    member.hold(False)
    assert [one.value for one in received(member, 1)] == [b"a"]
    assert owned.keys
    member.close({}, 10)


def test_a_member_that_held_reads_on_in_what_it_keeps_when_others_join() -> None:
    topic, first_owned, second_owned = Topic(), Owned(), Owned()
    first, second = topic.member(), topic.member()
    first.join(first_owned.given, first_owned.taken)
    wait_until(lambda: first.poll(1, 0.05) or first_owned.keys, "partitions")
    first.hold(True)
    second.join(second_owned.given, second_owned.taken)
    wait_until(lambda: first.poll(1, 0.05) or second.poll(1, 0.05) or second_owned.keys, "a share for the second")
    first.poll(1, 0.05)
    first.hold(False)
    topic.producer.send([(b"%d" % number, b"%d" % number) for number in range(40)])
    found: list[bytes] = []

    def all_there() -> bool:
        found.extend(one.value for member in (first, second) for one in member.poll(10, 0.05))
        return len(set(found)) == 40

    wait_until(all_there, "all messages")
    first.close({}, 10)
    second.close({}, 10)


def test_a_broker_that_is_unreachable_is_a_problem_in_words() -> None:
    owned = Owned()
    member = GroupMember(Brokers([f"127.0.0.1:{free_port()}"]), Group("g", ["t"]))
    member.join(owned.given, owned.taken)
    wait_until(lambda: member.poll(1, 0.05) or member.problem)
    assert "nothing listens there" in member.problem
    member.close({("t", 0): 5}, 0.2)


def test_positions_are_committed_by_us_alone() -> None:
    made = GroupMember(Brokers(["a:1"]), Group("g", ["t"], from_end=True, session=6.0))._configuration
    assert (made["enable.auto.commit"], made["auto.offset.reset"], made["session.timeout.ms"]) == (
        False,
        "latest",
        6000,
    )
