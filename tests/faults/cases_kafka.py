"""Kafka between the hosts and the database: case 38."""

from collections.abc import Callable, Sequence

from tests.faults.oracle import Outcome, quarantined
from tests.faults.world import World
from tests.support.consumer import Consumer
from tests.support.influxd import Influxd
from tests.support.kafka import Broker, Kafka
from tests.support.shipper import Shipper
from tests.support.waiting import wait_until

BROKERS = 3
# So the brokers miss one of them after 2 s instead of 9, and another takes over what it led.
SETTINGS = {"broker.session.timeout.ms": 2000, "broker.heartbeat.interval.ms": 500}


def kill_in_turn(world: World) -> Outcome:
    """38: SIGKILL brokers, shippers, consumers and influxd in turn; in the end one broker stays down."""
    kills, lines = world.size(30, 4), world.size(1_000_000, 12_000)
    shares, members = world.size(4, 2), world.size(3, 2)
    kafka, topic = cluster(world)
    writers = [world.writer(f"app{number}.log", number * 10**7) for number in range(shares)]
    where = f"brokers = {list(kafka.addresses)}\n  topic = '{topic}'"
    shippers = [world.shipper([writer.path], output=f"[[outputs.kafka]]\n  {where}\n").start() for writer in writers]
    consumers = [consumer(world, kafka, topic).start() for _ in range(members)]
    victims: list[Sequence[Broker | Shipper | Influxd]] = [kafka.brokers, shippers, consumers, [world.influx]]
    for turn in range(kills):
        for writer in writers:
            writer.write(lines // shares // (kills + 1))
        victim = world.dice.choice(victims[turn % len(victims)])
        victim.kill()
        victim.start()
        wait_until(ready(kafka, world.influx), "the servers after a kill")
    down = world.dice.choice(kafka.brokers)
    down.kill()
    for writer in writers:
        writer.write(lines // shares // (kills + 1))
    world.settle(timeout=900)
    stray = [line for one in consumers for line in quarantined(one.state)]
    return world.finish(runs=kills + 1, deviation=f"in quarantine: {stray}"[:300] if stray else "")


def cluster(world: World) -> tuple[Kafka, str]:
    """Start three brokers, and a database that the case may kill; return the cluster and its topic."""
    world.own_influxd()
    kafka = Kafka(world.folder / "kafka", BROKERS, SETTINGS)
    world.servers.append(kafka)
    return kafka, kafka.start().create("requests", partitions=6)


def consumer(world: World, kafka: Kafka, topic: str) -> Consumer:
    """Return a consumer with its settings, not started."""
    folder = world.folder / f"consumer{len(world.shippers)}"
    made = Consumer(folder, [], world.output(), brokers=kafka.addresses, topic=topic)
    world.shippers.append(made)
    return made


def ready(kafka: Kafka, influx: Influxd) -> Callable[[], bool]:
    """Return a condition: every broker and the database answer."""

    def check() -> bool:
        for broker in kafka.brokers:
            broker.wait_ready()
        return influx.query("SHOW DATABASES") != []

    return check


CASES: dict[int, Callable[[World], Outcome]] = {38: kill_in_turn}
