"""The consumer's loop, against the brokers that Kafka's client has for tests."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from confluent_kafka import KafkaError

from logshipper.consume import loop as module
from logshipper.consume.loop import ConsumeLoop
from logshipper.deliver.concurrency import Concurrency
from logshipper.kafka.member import Group, GroupMember
from logshipper.kafka.producer import MessageProducer, Sending
from logshipper.outputs.protocol import Acknowledged, OutputError, RetryLater
from logshipper.wiring.planned_output import PlannedOutput
from tests.support.mock_kafka import fail_next_commit, mock_brokers, mock_topic
from tests.support.outputs import FakeOutput
from tests.support.waiting import wait_until

pytestmark = pytest.mark.slow

# Where a member has left, these brokers let the next one wait for most of a session.
SHORT = 3.0  # seconds
Answer = Callable[[list[str]], OutputError | Acknowledged | None]


class Consuming:
    """A loop, the topic that it reads and the output that it writes to."""

    def __init__(self, folder: Path, answer: Answer, session: float = 10.0) -> None:
        self.session = session
        self.topic, self.folder = MessageProducer(mock_brokers(), mock_topic(), Sending()), folder
        self.output = FakeOutput(answer)
        self.loop = self.start()

    def start(self) -> ConsumeLoop:
        planned = PlannedOutput("out", "out", lambda: self.output, lambda: Concurrency(100, 1, fixed=True))
        group = Group(self.topic.topic, [self.topic.topic], session=self.session)
        loop = ConsumeLoop(GroupMember(mock_brokers(), group), [planned], self.folder, 0.0)
        for writers in loop.deliveries.writers.values():
            writers.fit()
        loop.member.join(loop._given, loop._taken)
        return loop

    def put(self, *points: bytes) -> None:
        self.topic.send([(b"key", point + b"\n") for point in points])

    def until(self, condition: Callable[[], object]) -> None:
        def step() -> object:
            self.loop._step()
            return condition()

        wait_until(step)


@pytest.fixture
def consuming(tmp_path: Path) -> Iterator[Callable[..., Consuming]]:
    made: list[Consuming] = []

    def make(answer: Answer = lambda lines: None, **more: float) -> Consuming:
        made.append(Consuming(tmp_path, answer, **more))
        return made[-1]

    yield make
    for one in made:
        one.loop._close()
        one.topic.close()


def test_points_are_written_and_the_next_member_continues_after_them(consuming: Callable[..., Consuming]) -> None:
    one = consuming(session=SHORT)
    one.put(b"m a=1 1", b"m a=2 2")
    one.until(lambda: len(one.output.stored) == 2)
    one.loop._close()
    one.output.stored.clear()
    one.loop = one.start()
    one.put(b"m a=3 3")
    one.until(lambda: one.output.stored)
    assert one.output.stored == {"m a=3 3"}


def test_nothing_is_committed_before_the_output_has_it(consuming: Callable[..., Consuming]) -> None:
    one = consuming(lambda lines: RetryLater("server", "down"), session=SHORT)
    one.put(b"m a=1 1")
    one.until(one.loop.deliveries.problems)
    one.loop._close()
    one.output.answer = lambda lines: None
    one.loop = one.start()
    one.until(lambda: one.output.stored == {"m a=1 1"})


def test_a_commit_that_fails_while_members_come_and_go_is_repeated(consuming: Callable[..., Consuming]) -> None:
    one = consuming()
    fail_next_commit(KafkaError.REBALANCE_IN_PROGRESS)
    one.put(b"m a=1 1")
    one.until(lambda: list(one.loop.member.committed.values()) == [1])
    assert one.output.stored == {"m a=1 1"}
    assert one.loop._news() == {}


def test_reading_stops_while_too_much_is_unacknowledged(
    consuming: Callable[..., Consuming], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_UNACKNOWLEDGED", 5000)
    one = consuming(lambda lines: RetryLater("server", "down"))
    points = [b"m,t=%b a=%d 1" % (b"x" * 87, number) for number in range(500)]
    one.put(*points)
    one.until(lambda: one.loop.member._paused)
    for _ in range(5):
        one.loop._step()
    assert one.loop._unsettled < 20_000, "of 50,000"
    one.output.answer = lambda lines: None
    one.until(lambda: len(one.output.stored) == 500)
    one.until(lambda: not one.loop._unsettled)


def test_bad_lines_are_kept_and_counted(consuming: Callable[..., Consuming]) -> None:
    one = consuming(lambda lines: Acknowledged({lines.index("m a=2 2"): "never"}) if "m a=2 2" in lines else None)
    one.put(b"m a=1 1", b"bad", b"m a=2 2")
    one.until(lambda: sum(account.rejected.total() for account in one.loop.accounts.values()) == 2)
    (kept,) = (one.folder / "quarantine").glob("*.lines")
    assert kept.read_bytes() == b"bad\nm a=2 2\n"
    assert all(account.difference == 0 for account in one.loop.accounts.values())


def test_a_partition_that_is_taken_away_is_forgotten(consuming: Callable[..., Consuming]) -> None:
    one = consuming()
    one.put(b"m a=1 1")
    one.until(lambda: one.output.stored)
    keys = list(one.loop.partitions)
    one.loop._taken(keys)
    assert one.loop.partitions == {}
    assert one.loop._unsettled == 0
    one.put(b"m a=2 2")
    for _ in range(5):
        one.loop._step()
    assert one.output.stored == {"m a=1 1"}, "its messages are another's"
