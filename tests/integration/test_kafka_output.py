"""The output kafka with a real broker: what a plain consumer reads, and what is said when a write fails."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from logshipper.kafka.brokers import Brokers, Sasl, Tls
from logshipper.kafka.producer import MessageProducer, Sending
from logshipper.outputs.kafka import KafkaOutput
from logshipper.outputs.kafka_messages import Keys
from logshipper.outputs.protocol import Acknowledged, RetryLater
from logshipper.points import Points
from tests.support import log_writer
from tests.support.kafka import Kafka
from tests.support.network import free_port
from tests.support.pipeline import logshipper
from tests.support.shipper import Shipper
from tests.support.waiting import wait_until

OUTPUT = """
[[outputs.kafka]]
  brokers = ["{brokers}"]
  topic = "{topic}"
  {more}
"""


def output(kafka: Kafka, topic: str, more: str = "") -> str:
    return OUTPUT.format(brokers='", "'.join(kafka.addresses), topic=topic, more=more)


def opened(addresses: Sequence[str], topic: str, largest: int = 1_000_000, **how: Sasl | Tls) -> KafkaOutput:
    producer = MessageProducer(Brokers(addresses, **how), topic, Sending(largest=largest))  # type: ignore[arg-type]
    return KafkaOutput(producer, Keys(["host", "path"]), largest)


def points(count: int, size: int = 10) -> Points:
    return Points.of([f'm,host=a,path=/p n={number}i,s="{"x" * size}" {number}' for number in range(count)])


def test_a_plain_consumer_reads_what_parse_prints(tmp_path: Path, kafka: Kafka, topic: str) -> None:
    logs = [tmp_path / "a.log", tmp_path / "b.log"]
    for log in logs:
        log.write_bytes(b"".join(map(log_writer.line, range(3000))))
    shipper = Shipper(tmp_path, logs, output(kafka, topic, more="max_message_bytes = 100000"))
    done = shipper.once()
    assert done.returncode == 0, done.stderr
    assert "read 3000, written 3000" in done.stderr
    messages = kafka.read(topic)
    printed = logshipper("parse", "--config", shipper.config, *logs).stdout
    bodies = b"".join(message.value() or b"" for message in messages)
    assert sorted(bodies.splitlines()) == sorted(printed.encode().splitlines())
    assert max(len(message.value() or b"") for message in messages) <= 100_000
    # The key is host and log, so the messages of a log are in one partition, in the order of the log.
    for log in logs:
        own = [message for message in messages if message.key() == f"web1 {log}".encode()]
        assert len({message.partition() for message in own}) == 1
        lines = b"".join(message.value() or b"" for message in own).splitlines()
        numbers = [int(line.split(b"totalReq=")[1].split(b"i")[0]) for line in lines]
        assert numbers == list(range(3000))


def test_a_killed_shipper_continues_after_what_the_brokers_acknowledged(
    tmp_path: Path, kafka: Kafka, topic: str
) -> None:
    log = tmp_path / "app.log"
    writer = log_writer.Writer(log)
    shipper = Shipper(tmp_path, [log], output(kafka, topic))
    for _ in range(2):
        shipper.start()
        writer.write(500)
        wait_until(lambda: lines(kafka, topic) >= set(range(writer.next)))
        shipper.kill()
    assert "written 1000" not in shipper.output_text()
    shipper.start()
    writer.write(10)
    wait_until(lambda: lines(kafka, topic) == set(range(1010)))
    assert shipper.stop() == 0


def lines(kafka: Kafka, topic: str) -> set[int]:
    bodies = b"".join(message.value() or b"" for message in kafka.read(topic))
    return {int(line.split(b"totalReq=")[1].split(b"i")[0]) for line in bodies.splitlines()}


def test_the_output_lowers_its_limit_to_what_the_topic_takes(kafka: Kafka) -> None:
    topic = kafka.create("small_messages", max_message_bytes="20000")
    # Random text, because the brokers count compressed bytes.
    body = [f'm,host=a n={number}i,s="{noise(number, 1000)}" {number}' for number in range(100)]
    one = opened(kafka.addresses, topic)
    assert one.write(Points.of(body)) == Acknowledged()
    read = [line for message in kafka.read(topic) for line in (message.value() or b"").decode().splitlines()]
    assert sorted(set(read)) == sorted(body)
    huge = Points.of([f'm,host=a s="{noise(1, 60_000)}" 1'])
    assert 0 in one.write(huge).rejected
    fresh = opened(kafka.addresses, topic, largest=100_000)
    assert 0 in fresh.write(huge).rejected
    one.close()


def noise(seed: int, size: int) -> str:
    import random

    return random.Random(seed).randbytes(size // 2).hex()


def test_it_says_in_words_why_a_write_fails(kafka: Kafka, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("logshipper.kafka.producer.PATIENCE", 2.0)
    nobody = f"127.0.0.1:{free_port()}"
    broker = kafka.addresses
    for one, kind, words in (
        (opened([nobody], "t"), "connection", "nothing listens there"),
        (opened(["no-such-host.invalid:9092"], "t"), "connection", "no such host"),
        (opened(broker, "t", tls=Tls()), "connection", "without TLS"),
        (opened(broker, "t", sasl=Sasl("PLAIN", "shipper", "a secret")), "unauthorized", "sasl_password"),
        (opened(broker, "not a name"), "missing", "correct"),
    ):
        error = wait_until(lambda one=one, words=words: failure(one, words))  # type: ignore[misc]
        assert error.kind == kind
        assert "a secret" not in error.reason
        one.close()


def failure(one: KafkaOutput, words: str) -> RetryLater:
    """Return why a write fails; the client may need another try to know."""
    with pytest.raises(RetryLater) as caught:
        one.write(points(1))
    assert words in caught.value.reason, caught.value.reason
    return caught.value


def test_a_point_that_no_message_can_hold_is_rejected_alone(kafka: Kafka, topic: str) -> None:
    one = opened(kafka.addresses, topic, largest=20_000)
    body = ['m,host=a s="1" 1', f'm,host=a s="{"x" * 30_000}" 2', 'm,host=a s="3" 3']
    assert list(one.write(Points.of(body)).rejected) == [1]
    assert kafka.read(topic)[0].value() == f"{body[0]}\n".encode()
    one.close()
