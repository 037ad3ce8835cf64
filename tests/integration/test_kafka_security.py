"""TLS, logins and rights with a real broker: the right settings work, a wrong one is one line with its fix."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka.admin import AclOperation, ResourceType

from logshipper.kafka.brokers import Brokers, Sasl, Tls
from logshipper.kafka.member import Group, GroupMember
from logshipper.kafka.producer import MessageProducer, Sending
from logshipper.outputs.kafka import KafkaOutput
from logshipper.outputs.kafka_messages import Keys
from logshipper.outputs.protocol import Acknowledged, RetryLater
from logshipper.points import Points
from tests.support import log_writer
from tests.support.consumer import Consumer
from tests.support.network import fetch, free_port
from tests.support.processes import ROOT
from tests.support.secure_kafka import PASSWORD, PLAIN, SCRAM, USERS, SecureKafka, secure_kafka
from tests.support.shipper import Shipper
from tests.support.tls import TlsServer, make_certificate
from tests.support.waiting import wait_until

POINT = Points.of(["m,host=a n=1i 1"])


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureKafka]:
    """One broker for all these tests."""
    made = secure_kafka(tmp_path_factory.mktemp("secure"))
    yield made
    made.kafka.kill()


def login(mechanism: str, password: str = PASSWORD) -> Sasl:
    return Sasl(mechanism, USERS[mechanism], password)


def opened(brokers: Brokers, topic: str) -> KafkaOutput:
    return KafkaOutput(MessageProducer(brokers, topic, Sending()), Keys(), 1_000_000)


@pytest.mark.parametrize("mechanism", [PLAIN, SCRAM])
def test_lines_go_through_tls_with_a_login_once_the_users_have_the_rights(
    tmp_path: Path, secure: SecureKafka, mechanism: str
) -> None:
    topic, user = secure.kafka.create(f"through_{mechanism}"), USERS[mechanism]
    log, points = tmp_path / "app.log", tmp_path / "points.lp"
    log.write_bytes(b"".join(map(log_writer.line, range(100))))
    output = f'[[outputs.kafka]]\n{secure.settings(mechanism)}  topic = "{topic}"\n'
    shipper = Shipper(tmp_path, [log], output).start()
    shipper.wait_for("give this user the rights on the topic: Write for an output")
    secure.allow(user, AclOperation.WRITE, topic)
    wait_until(lambda: sum((message.value() or b"").count(b"\n") for message in secure.kafka.read(topic)) == 100)
    assert shipper.stop() == 0

    outputs = f'[[outputs.file]]\n  files = ["{points}"]\n'
    consumer = Consumer(tmp_path / "consumer", [], outputs, topic=topic, kafka=secure.settings(mechanism)).start()
    consumer.wait_for("give this user the right")
    secure.allow(user, AclOperation.READ, topic)
    wait_until(lambda: points.read_bytes().count(b"\n") == 100)
    assert consumer.stop() == 0
    assert PASSWORD not in shipper.output_text() + consumer.output_text()


def mistakes(secure: SecureKafka, folder: Path) -> list[tuple[Brokers, str, str]]:
    """Return ways to connect that cannot work: the kind of the error, and its advice."""
    address, tls, other = [secure.address], Tls(ca=str(secure.authority)), Tls(ca=str(make_certificate(folder)[0]))
    wrong = [login(mechanism, "a wrong password") for mechanism in (PLAIN, SCRAM)]
    return [
        (Brokers(address, tls=other, sasl=login(PLAIN)), "tls", "set tls_ca to the authority's certificate"),
        (Brokers(address, tls=Tls(), sasl=login(PLAIN)), "tls", "set tls_ca to the authority's certificate"),
        *((Brokers(address, tls=tls, sasl=one), "unauthorized", "check sasl_mechanism, sasl_usern") for one in wrong),
        (Brokers(address), "connection", "check brokers, and that enable_tls and sasl_mechanism"),
        (Brokers(address, sasl=login(SCRAM)), "connection", "check brokers, and that enable_tls and sasl_mechanism"),
        (Brokers(address, tls=tls), "connection", "enable_tls and sasl_mechanism suit"),
    ]


def test_a_wrong_way_to_connect_is_one_line_with_the_fix_for_output_and_consumer(
    tmp_path: Path, secure: SecureKafka
) -> None:
    topic = secure.kafka.create("mistakes")
    secure.allow(USERS[PLAIN], AclOperation.WRITE, topic)
    for brokers, kind, words in mistakes(secure, tmp_path):
        one = opened(brokers, topic)
        error = wait_until(lambda one=one, words=words: failure(one, words))  # type: ignore[misc]
        one.close()
        assert (error.kind, "\n" in error.reason) == (kind, False), error.reason
        member = GroupMember(brokers, Group("mistakes", [topic]))
        member.join(lambda keys: None, lambda keys: None)
        wait_until(lambda member=member, words=words: not member.poll(1, 0.1) and words in member.problem)  # type: ignore[misc]
        member.close({}, 1)
        for text in (error.reason, member.problem):
            assert PASSWORD not in text
            assert "a wrong password" not in text
    assert secure.kafka.read(topic) == []
    right = opened(Brokers([secure.address], tls=Tls(ca=str(secure.authority)), sasl=login(PLAIN)), topic)
    assert right.write(POINT) == Acknowledged()
    right.close()


def test_the_password_of_a_key_is_shown_nowhere_whatever_the_brokers_do(tmp_path: Path) -> None:
    canary = "canary-in-the-key's-password"
    (tmp_path / "server").mkdir()
    certificate, key = make_certificate(tmp_path, canary)
    log, metrics = tmp_path / "app.log", free_port()
    log.write_bytes(b"".join(map(log_writer.line, range(10))))
    with (
        TlsServer(*make_certificate(tmp_path / "server")) as no_kafka,
        socket.create_server(("127.0.0.1", 0)) as silent,
    ):
        brokers = [f"127.0.0.1:{port}" for port in (free_port(), no_kafka.port, silent.getsockname()[1])]
        output = f'[[outputs.kafka]]\n  topic = "t"\n  insecure_skip_verify = true\n  brokers = {brokers}\n'
        output += f'  tls_cert = "{certificate}"\n  tls_key = "{key}"\n  tls_key_pwd = "{canary}"\n'
        shipper = Shipper(tmp_path, [log], output, metrics=f"127.0.0.1:{metrics}").start()
        shipper.wait_for("nothing is lost, retrying")
        wait_until(lambda: no_kafka.received, what="the client, which has opened its key, talking to the server")
        answers = [fetch(f"http://127.0.0.1:{metrics}/{path}") for path in ("metrics", "healthz")]
        command = [sys.executable, "-m", "logshipper", "check", "--config", str(shipper.config)]
        checked = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
        shipper.stop()
    shipper.config.write_text(shipper.config.read_text().replace(canary, canary[:-1]))
    refused = subprocess.run(shipper.command(), capture_output=True, text=True, cwd=ROOT, check=False)
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1), refused.stderr
    assert "its password is wrong" in refused.stderr
    kept = [file.read_text(errors="replace") for file in shipper.state.rglob("*") if file.is_file()]
    shown = "".join([shipper.output_text(), *map(str, answers), checked.stdout, checked.stderr, refused.stderr, *kept])
    assert "canary" not in shown


def failure(one: KafkaOutput, words: str) -> RetryLater:
    """Return why a write fails; the client may need another try to know."""
    with pytest.raises(RetryLater) as caught:
        one.write(POINT)
    assert words in caught.value.reason, caught.value.reason
    return caught.value


def test_a_right_on_the_topic_is_not_one_on_the_group(secure: SecureKafka) -> None:
    topic = secure.kafka.create("groupless")
    secure.allow_on(ResourceType.TOPIC, USERS[PLAIN], AclOperation.READ, topic)
    brokers = Brokers([secure.address], tls=Tls(ca=str(secure.authority)), sasl=login(PLAIN))
    member = GroupMember(brokers, Group(topic, [topic]))
    member.join(lambda keys: None, lambda keys: None)
    wait_until(lambda: not member.poll(1, 0.1) and "Read on the consumer group" in member.problem)
    member.close({}, 1)
