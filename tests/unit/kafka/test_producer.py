"""Messages are sent when the brokers have acknowledged them; the brokers are those that the client has for tests."""

import time
from pathlib import Path

import pytest

from logshipper.kafka.brokers import Brokers, Tls
from logshipper.kafka.problem import KafkaProblem
from logshipper.kafka.producer import PATIENCE, MessageProducer, Sending
from tests.support.mock_kafka import mock_brokers, mock_topic
from tests.support.network import free_port
from tests.support.tls import make_certificate


def producer(sending: Sending | None = None) -> MessageProducer:
    return MessageProducer(mock_brokers(), mock_topic(), sending or Sending())


def test_send_returns_when_all_messages_are_acknowledged() -> None:
    made = producer()
    made.send([(b"key", b"value"), (None, b"another")])
    made.send([])
    made.close()


def test_it_connects_only_when_there_is_something_to_send() -> None:
    made = producer()
    assert made._producer is None
    made.close()


def test_a_message_above_the_limit_is_refused_before_it_is_sent() -> None:
    made = producer(Sending(largest=5000))
    with pytest.raises(KafkaProblem) as caught:
        made.send([(None, b"a" * 10_000), (None, b"b")])
    assert caught.value.kind == "too large"
    made.send([(None, b"b")])
    made.close()


def test_a_broker_that_is_unreachable_is_reported_at_once() -> None:
    made = MessageProducer(Brokers([f"127.0.0.1:{free_port()}"]), "t", Sending())
    started = time.monotonic()
    with pytest.raises(KafkaProblem, match="nothing listens there") as caught:
        made.send([(None, b"a")])
    assert caught.value.kind == "connection"
    assert time.monotonic() - started < PATIENCE, "long before a message is given up"
    made.close()


def test_a_key_that_its_password_does_not_open_is_a_problem_that_does_not_show_it(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path, "the right one")
    tls = Tls(cert=str(certificate), key=str(key), key_password="another password")
    made = MessageProducer(Brokers([f"127.0.0.1:{free_port()}"], tls=tls), "t", Sending())
    with pytest.raises(KafkaProblem, match="check tls_cert, tls_key and tls_key_pwd") as caught:
        made.send([(None, b"a")])
    assert "another password" not in caught.value.reason
    made.close()


def test_it_is_idempotent_and_waits_for_all_replicas_unless_asked_otherwise() -> None:
    made = MessageProducer(Brokers(["a:1"]), "t", Sending())._configuration
    assert (made["acks"], made["enable.idempotence"], made["compression.type"]) == ("all", True, "lz4")
    other = MessageProducer(Brokers(["a:1"]), "t", Sending(acks=1, compression="none", idempotent=False))
    assert (other._configuration["acks"], other._configuration["enable.idempotence"]) == (1, False)
