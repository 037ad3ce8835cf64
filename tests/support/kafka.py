"""Real Kafka, run from its jars in KRaft mode: brokers on free ports of 127.0.0.1, with their data in a folder."""

import os
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from confluent_kafka import Consumer, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from tests.support.needs import missing, need
from tests.support.network import connects, free_port
from tests.support.processes import ROOT, Server
from tests.support.waiting import DEADLINE, wait_until

JARS = ROOT / "var" / "kafka"
# Kafka's classes as Java maps them into memory: a broker starts in half the time. Another Java's is ignored.
CLASSES = JARS / "classes.jsa"
CLUSTER = "Zmxhc2tmYW5hLXRlc3RzLQ"


def java() -> list[str]:
    """Return the command that runs a class of Kafka; without Java or the jars the test is skipped."""
    program = need("java", package="default-jre-headless")
    if not (JARS / "made-from").exists():
        missing("Kafka's jars are missing: tools/setup test")
    quick = ["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
    shared = [f"-XX:SharedArchiveFile={CLASSES}"] if CLASSES.exists() else []
    return [program, *quick, *shared, "-cp", f"{JARS}/*"]


@dataclass
class Broker:
    """One broker, which is a controller too; killed and started again on the same data."""

    folder: Path
    number: int
    port: int
    voters: str
    controller_port: int
    settings: Mapping[str, Any]
    listeners: Mapping[str, int]
    server: Server | None = None

    def format(self, like: "Broker | None" = None) -> None:
        """Make an empty data folder. A copy of another broker's, with its own numbers, takes no start of Java."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.properties.write_text("".join(f"{name}={value}\n" for name, value in self._all().items()))
        if like is None:
            command = ["kafka.tools.StorageTool", "format", "--cluster-id", CLUSTER, "--config", str(self.properties)]
            subprocess.run([*java(), *command], check=True, capture_output=True)
            return
        shutil.copytree(like.folder / "data", self.folder / "data")
        meta = self.folder / "data" / "meta.properties"
        text = re.sub(r"(?m)^node\.id=.*", f"node.id={self.number}", meta.read_text())
        # Kafka's form of an id; a controller refuses two brokers whose folders have the same one.
        meta.write_text(re.sub(r"(?m)^directory\.id=.*", f"directory.id={secrets.token_urlsafe(16)}", text))

    @property
    def properties(self) -> Path:
        """The settings file."""
        return self.folder / "server.properties"

    def start(self) -> Self:
        """Start it; it may not be ready yet."""
        self.server = Server([*java(), "kafka.Kafka", str(self.properties)], self.folder / "out").start()
        return self

    def _all(self) -> dict[str, Any]:
        ports = {"PLAINTEXT": self.port, **self.listeners}
        public = [f"{name}://127.0.0.1:{port}" for name, port in ports.items()]
        return {
            "process.roles": "broker,controller",
            "node.id": self.number,
            "controller.quorum.voters": self.voters,
            "listeners": ",".join([*public, f"CONTROLLER://127.0.0.1:{self.controller_port}"]),
            "advertised.listeners": ",".join(public),
            "controller.listener.names": "CONTROLLER",
            "log.dirs": self.folder / "data",
            **self.settings,
        }

    def wait_ready(self) -> None:
        """Wait until it accepts connections."""
        assert self.server is not None
        self.server.wait_ready(lambda: connects(self.port))

    def kill(self) -> None:
        """End it as a power cut does."""
        if self.server is not None:
            self.server.kill()

    def stop(self) -> None:
        """Stop it as an administrator would."""
        if self.server is not None:
            self.server.stop(how=signal.SIGTERM)


@dataclass
class Kafka:
    """A cluster of brokers, all on this machine; a single broker may have further listeners, each with its port."""

    folder: Path
    size: int = 1
    settings: Mapping[str, Any] = field(default_factory=dict)
    listeners: Mapping[str, int] = field(default_factory=dict)
    brokers: list[Broker] = field(default_factory=list)

    def start(self) -> Self:
        """Start all brokers and wait until the cluster answers."""
        ports = [(free_port(), free_port()) for _ in range(self.size)]
        voters = ",".join(f"{number}@127.0.0.1:{control}" for number, (_, control) in enumerate(ports))
        copies = min(3, self.size)
        common = {
            "offsets.topic.replication.factor": copies,
            "offsets.topic.num.partitions": 3,
            "default.replication.factor": copies,
            "min.insync.replicas": max(1, copies - 1),
            "transaction.state.log.replication.factor": copies,
            "transaction.state.log.min.isr": max(1, copies - 1),
            "group.initial.rebalance.delay.ms": 0,
            "group.min.session.timeout.ms": 1000,
            "num.network.threads": 2,
            "num.io.threads": 4,
            "log.cleaner.enable": "false",
            **self.settings,
        }
        self.brokers = [
            Broker(self.folder / f"broker{number}", number, port, voters, control, common, self.listeners)
            for number, (port, control) in enumerate(ports)
        ]
        for broker in self.brokers:
            broker.format(like=self.brokers[0] if broker.number else None)
        for broker in self.brokers:
            broker.start()
        for broker in self.brokers:
            broker.wait_ready()
        wait_until(lambda: len(self.admin().list_topics(timeout=5).brokers) == self.size, "all brokers")
        return self

    @property
    def addresses(self) -> Sequence[str]:
        """Return HOST:PORT of each broker."""
        return [f"127.0.0.1:{broker.port}" for broker in self.brokers]

    def client(self, **more: Any) -> dict[str, Any]:
        """Return a client's configuration."""
        return {"bootstrap.servers": ",".join(self.addresses), "log_level": 0, **more}

    def admin(self) -> AdminClient:
        """Return a client that makes topics."""
        return AdminClient(self.client())

    def create(self, topic: str, partitions: int = 3, **config: str) -> str:
        """Make a topic and return its name."""
        new = NewTopic(topic, partitions, min(3, self.size), config={k.replace("_", "."): v for k, v in config.items()})
        admin = self.admin()  # it must live until the answer is there
        admin.create_topics([new])[topic].result(DEADLINE)
        return topic

    def delete(self, topic: str) -> None:
        """Delete a topic, and wait until it is gone."""
        admin = self.admin()
        admin.delete_topics([topic])[topic].result(DEADLINE)
        wait_until(lambda: topic not in admin.list_topics(timeout=5).topics, "the end of the topic")

    def produce(self, topic: str, *values: bytes, partition: int = 0) -> None:
        """Write messages."""
        producer = Producer(self.client(**{"linger.ms": 0}))
        for value in values:
            producer.produce(topic, value, partition=partition)
        assert producer.flush(DEADLINE) == 0

    def read(self, topic: str, messages: int | None = None) -> list[Message]:
        """Return the messages of a topic with a plain consumer: all that are there, or wait for a number of them."""
        consumer = Consumer(self.client(**{"group.id": "reader", "auto.offset.reset": "earliest"}))
        try:
            parts = [
                TopicPartition(topic, number, 0) for number in consumer.list_topics(topic).topics[topic].partitions
            ]
            ends = sum(consumer.get_watermark_offsets(part, timeout=DEADLINE)[1] for part in parts)
            consumer.assign(parts)
            return list(_take(consumer, ends if messages is None else messages))
        finally:
            consumer.close()

    def committed(self, group: str, topic: str) -> int:
        """Return the sum of the offsets that the group has committed."""
        consumer = Consumer(self.client(**{"group.id": group}))
        try:
            parts = [TopicPartition(topic, number) for number in consumer.list_topics(topic).topics[topic].partitions]
            return sum(max(0, part.offset) for part in consumer.committed(parts, timeout=DEADLINE))
        finally:
            consumer.close()

    def kill(self) -> None:
        """End all brokers."""
        for broker in self.brokers:
            broker.kill()


def _take(consumer: Consumer, count: int) -> Iterator[Message]:
    for _ in range(count):
        yield wait_until(lambda: _next(consumer), "another message")


def _next(consumer: Consumer) -> Message:
    found = consumer.poll(1)
    assert found is not None
    assert not found.error(), found.error()
    return found


def _archive() -> None:
    """Run a broker, so that Java writes down the classes that it has loaded when it ends."""
    new = CLASSES.with_suffix(".new")
    os.environ["JAVA_TOOL_OPTIONS"] = f"-XX:ArchiveClassesAtExit={new}"
    with tempfile.TemporaryDirectory() as folder:
        kafka = Kafka(Path(folder)).start()
        kafka.produce(kafka.create("any"), b"any")
        kafka.brokers[0].stop()
    new.replace(CLASSES)


if __name__ == "__main__":
    _archive()
