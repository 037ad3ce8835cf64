"""Through Kafka: how fast a log gets into a topic, and from there into a database, beside the direct way."""

import time
from pathlib import Path

from bench.logs import write_log
from bench.measure import Usage, in_turn, logshipper, run
from bench.report import Row, Table
from bench.shipping import settings, ship_into_influxdb, to_influx
from tests.support.consumer import Consumer
from tests.support.influxd import Influxd
from tests.support.kafka import Kafka

PARTITIONS = 6
# Seconds between two looks at the consumer's metrics: often enough for the rate, seldom enough not to be part of it.
PAUSE = 0.25


def compare(folder: Path, lines: int, rounds: int) -> Table:
    """Ship a log into a topic, ship the topic into InfluxDB, and ship the log into InfluxDB directly."""
    log = write_log(folder / "ship.log", "uwsgi", lines)
    kafka = Kafka(folder / "kafka").start()
    try:
        found = in_turn(
            {
                "log → brokers' acknowledgement": lambda: _produce(folder, kafka, log)[0],
                "topic → InfluxDB": lambda: _consume(folder, kafka, log, lines),
                "log → InfluxDB, directly": lambda: ship_into_influxdb(folder, log, lines),
            },
            rounds,
        )
    finally:
        kafka.kill()
    base = found["log → InfluxDB, directly"].wall
    rows = [
        Row([name, f"{lines / u.wall:,.0f}", f"{base / u.wall:.2f}", f"{lines / u.cpu:,.0f}", f"{u.peak:.0f}"])
        for name, u in found.items()
    ]
    note = (
        f"{lines:,} lines, one log, one Kafka broker, InfluxDB and all on this machine. A log's lines are in one of the"
        f" topic's {PARTITIONS} partitions. `lines/CPU s` counts the shipper's or the consumer's processor time alone."
    )
    columns = ["what", "lines/s", "of the direct way", "lines/CPU s", "peak memory, MB"]
    return Table("Through Kafka", columns, rows, note)


def _produce(folder: Path, kafka: Kafka, log: Path) -> tuple[Usage, str]:
    """Ship the log into a new topic."""
    topic = kafka.create(f"t{time.monotonic_ns()}", PARTITIONS)
    output = f'[[outputs.kafka]]\nbrokers = ["{kafka.addresses[0]}"]\ntopic = "{topic}"'
    given = settings(folder, str(log), output, name=topic)
    return run(logshipper("run", "--once", "--config", str(given))), topic


def _consume(folder: Path, kafka: Kafka, log: Path, lines: int) -> Usage:
    """Consume a full topic into an empty database. The time includes the start of the consumer."""
    _, topic = _produce(folder, kafka, log)
    server = Influxd(folder / f"influxd{time.monotonic_ns()}").start()
    consumer = Consumer(folder / f"c{topic}", [], to_influx(server, server.create("ship")), brokers=kafka.addresses)
    consumer.topic = topic
    consumer.write_config()
    try:
        started = time.monotonic()
        consumer.start()
        while consumer.metric("points_written_total") < lines:
            time.sleep(PAUSE)
        took = time.monotonic() - started
        usage = Usage(consumer.cpu_seconds(), took, consumer.memory() / 1000)
        consumer.stop()
        assert server.count("ship") == lines
        return usage
    finally:
        consumer.kill()
        server.kill()
