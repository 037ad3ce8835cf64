"""Whatever the points: each output stores those that it can, and rejects only the others.

EXAMPLES=10000 runs the long form.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest
from confluent_kafka import Consumer, TopicPartition
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logshipper import line_protocol
from logshipper.deliver.retry import DeliveryContext, deliver
from logshipper.kafka.producer import MessageProducer, Sending
from logshipper.outputs.file import FileOutput
from logshipper.outputs.influxdb import InfluxOutput, InfluxSettings
from logshipper.outputs.kafka import KafkaOutput
from logshipper.outputs.kafka_messages import Keys
from logshipper.outputs.protocol import Output
from logshipper.outputs.sqlite import SqliteOutput
from logshipper.points import AnyPoints, Points, Rows
from tests.support.http_server import Answer, http_server
from tests.support.mock_kafka import mock_brokers, mock_topic
from tests.support.rows import rows_of

LONG = settings(
    max_examples=int(os.environ.get("EXAMPLES", min(60, settings().max_examples))),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
# Names that SQLite keeps for itself, that differ in case alone, that a tag or the time has too, and any others.
odd = st.sampled_from(
    ["m", "M", "m points", "sqlite_x", "time", "Time", "time_1", "a", "A", "A_1", 'a"b', "a b", "\xc3\xa9"]
)
text = st.text(st.characters(max_codepoint=255), min_size=1, max_size=8)  # one character is one byte
names = odd | text.filter(lambda name: "\r" not in name)
numbers = st.integers(-(2**65), 2**65).map(lambda number: f"{number}i") | st.floats(allow_nan=False).map(repr)
strings = text.map(lambda value: f'"{line_protocol.string(value)}"')
values = numbers | strings | st.sampled_from(["true", "false"])


@st.composite
def bodies(draw: st.DrawFn) -> list[str]:
    """Points as line protocol, each with a time of its own."""
    made = []
    for time in range(draw(st.integers(1, 6))):
        tags = draw(st.dictionaries(names, text, max_size=3))
        fields = draw(st.dictionaries(names, values, min_size=1, max_size=4))
        labels = "".join(f",{line_protocol.key(name)}={line_protocol.tag(value)}" for name, value in tags.items())
        cells = ",".join(f"{line_protocol.key(name)}={value}" for name, value in fields.items())
        made.append(f"{line_protocol.measurement(draw(names))}{labels} {cells} {time}")
    return made


def shipped(points: AnyPoints, output: Output[Any]) -> dict[int, str]:
    return dict(deliver(points, 1000, output, DeliveryContext(lambda event: None)).rejected)


def rows(output: SqliteOutput) -> int:
    connection = output._open()
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    quoted = [name.replace('"', '""') for (name,) in tables]
    return sum(connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in quoted)


@LONG
@given(bodies())
def test_sqlite_rejects_only_the_points_it_would_reject_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)  # an empty file of that name is created, though SQLite keeps the rows in memory
    points = rows_of("\n".join(body))
    together = SqliteOutput(Path(":memory:"))
    rejected = shipped(points, together)
    alone = [bool(shipped(Rows([point]), SqliteOutput(Path(":memory:")))) for point in points]
    assert rejected.keys() == {index for index, is_bad in enumerate(alone) if is_bad}
    assert all(rejected.values())
    assert rows(together) == len(body) - len(rejected)
    assert shipped(points, together).keys() == rejected.keys()
    assert rows(together) == len(body) - len(rejected)  # the same points again are the same rows


@LONG
@given(bodies())
def test_a_file_takes_every_point(tmp_path: Path, body: list[str]) -> None:
    file = tmp_path / "points.lp"
    file.unlink(missing_ok=True)
    output = FileOutput([str(file)])
    assert shipped(Points.of(body), output) == {}
    output.close()
    assert file.read_bytes() == Points.of(body).body


@pytest.fixture(scope="module")
def topic() -> Iterator[tuple[KafkaOutput, Consumer]]:
    """A topic of the broker that Kafka's client has for tests, and its reader."""
    name, (address,) = mock_topic(), mock_brokers().addresses
    producer = MessageProducer(mock_brokers(), name, Sending())
    consumer = Consumer({"bootstrap.servers": address, "group.id": "g", "fetch.wait.max.ms": 5})
    consumer.assign([TopicPartition(name, number, 0) for number in range(4)])
    output = KafkaOutput(producer, Keys(["a"]), 1_000_000)
    yield output, consumer
    consumer.close()
    output.close()


@pytest.mark.slow
@LONG
@given(bodies())
def test_a_topic_takes_every_point(topic: tuple[KafkaOutput, Consumer], body: list[str]) -> None:
    output, consumer = topic
    assert shipped(Points.of(body), output) == {}
    left, read = len(Points.of(body).body), b""
    while len(read) < left:
        message = consumer.poll(30)
        assert message is not None
        read += message.value() or b""
    assert sorted(read) == sorted(Points.of(body).body)


class Database:
    """Stores a write only if it takes all its points, like InfluxDB 2."""

    stored: ClassVar[set[bytes]] = set()
    refused: ClassVar[set[bytes]] = set()

    @classmethod
    def write(cls, _: Mapping[str, str], body: bytes) -> Answer:
        if any(point in body for point in cls.refused):
            return Answer(400, b'{"error":"unable to parse"}')
        cls.stored.add(body)
        return Answer(204)


@pytest.fixture(scope="module")
def database() -> Iterator[InfluxOutput]:
    with http_server(Database.write) as url:
        output = InfluxOutput(InfluxSettings([url], "/write", {}))
        yield output
        output.close()


@pytest.mark.slow
@LONG
@given(bodies(), st.sets(st.integers(0, 5)))
def test_refused_points_are_found_and_the_rest_stored(database: InfluxOutput, body: list[str], bad: set[int]) -> None:
    points = Points.of(body)
    each = [points.part(index, index + 1).body for index in range(len(points))]
    bad &= set(range(len(body)))
    Database.stored, Database.refused = set(), {each[index] for index in bad}
    assert shipped(points, database).keys() == bad
    assert sum(map(len, Database.stored)) == sum(len(one) for index, one in enumerate(each) if index not in bad)
