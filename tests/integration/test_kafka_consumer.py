"""The consumer with a real broker and a real influxd: each line once, whatever is killed, given away or wrong."""

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.consumer import Consumer
from tests.support.influxd import Influxd
from tests.support.kafka import Kafka
from tests.support.network import fetch, free_port
from tests.support.waiting import wait_until

Make = Callable[..., Consumer]
POINTS = 200  # in a message
SOON = 15.0  # seconds. It takes one or two; a busy machine is no failure.


@pytest.fixture
def consumer(tmp_path: Path, kafka: Kafka, topic: str, influxd: Influxd, influx_db: str) -> Iterator[Make]:
    """A function that makes a consumer of the topic, by default into the test's database."""
    made: list[Consumer] = []

    def make(outputs: str = "") -> Consumer:
        outputs = outputs or f'[[outputs.influxdb]]\n  urls = ["{influxd.url}"]\n  database = "{influx_db}"\n'
        folder = tmp_path / f"consumer{len(made)}"
        made.append(Consumer(folder, [], outputs, brokers=kafka.addresses, topic=topic))
        return made[-1]

    yield make
    for one in made:
        one.kill()


def fill(kafka: Kafka, topic: str, points: range) -> None:
    """Put numbered points into the topic: messages of some hundred in each of its three partitions."""
    for partition in range(3):
        lines = [b"uwsgi_log,host=a status=200i %d\n" % number for number in points[partition::3]]
        messages = [b"".join(lines[start : start + POINTS]) for start in range(0, len(lines), POINTS)]
        kafka.produce(topic, *messages, partition=partition)


def test_lines_arrive_once_though_consumers_are_killed_added_and_paused(
    kafka: Kafka, topic: str, influxd: Influxd, influx_db: str, consumer: Make
) -> None:
    fill(kafka, topic, range(20_000))
    first, second = consumer(), consumer()
    first.start()
    wait_until(lambda: influxd.count(influx_db) > 0)
    first.kill()
    second.start()
    first.start()
    second.wait_for("given")
    second.signal(signal.SIGSTOP)
    fill(kafka, topic, range(20_000, 40_000))
    wait_until(lambda: influxd.count(influx_db) == 40_000)  # the first gets the partitions of the paused one
    second.signal(signal.SIGCONT)
    fill(kafka, topic, range(40_000, 42_000))
    wait_until(lambda: influxd.count(influx_db) == 42_000)
    wait_until(lambda: kafka.committed(topic, topic) == len(kafka.read(topic)))
    assert first.stop() == second.stop() == 0
    assert "DIFFERENCE" not in first.output_text() + second.output_text()


def test_a_bad_line_goes_to_quarantine_and_the_others_are_written(
    kafka: Kafka, topic: str, influxd: Influxd, influx_db: str, consumer: Make
) -> None:
    good = b"uwsgi_log,host=a status=200i 1494000000000000001\n"
    conflict = b'uwsgi_log,host=a status="text" 1494000000000000002\n'
    one = consumer()
    kafka.produce(
        topic, good, b"\xff\x00 no line protocol", b"", good.replace(b"01\n", b"03\n") + conflict + b"half,a="
    )
    one.start()
    wait_until(lambda: kafka.committed(topic, topic) == 4)
    assert influxd.count(influx_db) == 2
    (kept,) = one.state.glob("quarantine/*.lines")
    assert sorted(kept.read_bytes().split(b"\n")[:-1]) == sorted(
        [b"\xff\x00 no line protocol", b"", conflict[:-1], b"half,a="]
    )
    assert one.metric("lines_rejected_total") == 4
    assert one.metric("points_written_total") == 2
    assert one.metric("lag_messages") == 0
    assert one.stop() == 0


def test_while_the_database_is_unreachable_nothing_is_committed_and_a_signal_ends_it_soon(
    kafka: Kafka, topic: str, consumer: Make
) -> None:
    nowhere = f'[[outputs.influxdb]]\n  urls = ["http://127.0.0.1:{free_port()}"]\n'
    one = consumer(nowhere)
    kafka.produce(topic, b"m a=1 1\n")
    one.start()
    one.wait_for("nothing listens there")
    assert one.metric("lag_messages") == 1
    assert fetch(f"http://127.0.0.1:{one.port}/healthz")[0] == 503
    started = time.monotonic()
    assert one.stop() == 0
    assert time.monotonic() - started < SOON
    assert kafka.committed(topic, topic) == 0


def test_several_databases_by_tag(  # noqa: PLR0917 - fixtures
    tmp_path: Path, kafka: Kafka, topic: str, influxd: Influxd, influx_db: str, consumer: Make
) -> None:
    other = tmp_path / "other.lp"
    outputs = (
        f'[[outputs.influxdb]]\n  urls = ["{influxd.url}"]\n  database = "{influx_db}"\n'
        f'  [outputs.influxdb.tagpass]\n    host = ["a*"]\n'
        f'[[outputs.file]]\n  files = ["{other}"]\n  [outputs.file.tagdrop]\n    host = ["a*"]\n'
    )
    kafka.produce(topic, b"uwsgi_log,host=a1 status=1i 1\nuwsgi_log,host=b status=2i 2\n")
    consumer(outputs).start()
    wait_until(lambda: kafka.committed(topic, topic) == 1)
    assert influxd.rows("SELECT status FROM uwsgi_log", influx_db) == [{"time": 1, "status": 1}]
    assert other.read_bytes() == b"uwsgi_log,host=b status=2i 2\n"


def test_a_point_without_a_time_gets_that_of_its_message(
    kafka: Kafka, topic: str, influxd: Influxd, influx_db: str, consumer: Make
) -> None:
    kafka.produce(topic, b"uwsgi_log status=1i\nuwsgi_log status=2i\n")
    one = consumer()
    one.start()
    wait_until(lambda: influxd.count(influx_db) == 2)
    (first, second) = influxd.rows("SELECT status FROM uwsgi_log", influx_db)
    sent = kafka.read(topic)[0].timestamp()[1] * 10**6
    assert [first["time"], second["time"]] == [sent, sent + 1]


def test_a_topic_that_is_deleted_and_made_again_is_read_on(
    kafka: Kafka, influxd: Influxd, topic: str, influx_db: str, consumer: Make
) -> None:
    one = consumer()
    kafka.produce(topic, *[b"uwsgi_log status=1i %d\n" % number for number in range(1, 6)])
    one.start()
    wait_until(lambda: kafka.committed(topic, topic) == 5)
    kafka.delete(topic)
    one.wait_for("create the topic")
    kafka.create(topic)
    kafka.produce(topic, b"uwsgi_log status=1i 100\n", partition=1)
    kafka.produce(topic, b"uwsgi_log status=1i 101\n", partition=0)
    wait_until(lambda: influxd.count(influx_db) == 7)


def test_brokers_that_are_unreachable_are_named_and_a_signal_ends_it_soon(tmp_path: Path) -> None:
    outputs = f'[[outputs.file]]\n  files = ["{tmp_path}/points.lp"]\n'
    one = Consumer(tmp_path / "consumer", [], outputs, brokers=[f"127.0.0.1:{free_port()}"]).start()
    one.wait_for("nothing listens there: start the broker, or correct brokers; nothing is lost, retrying")
    started = time.monotonic()
    assert one.stop() == 0
    assert time.monotonic() - started < SOON
