"""How much a load takes: hosts, Kafka, consumers, databases. Arithmetic alone, from figures that were measured."""

from dataclasses import dataclass
from math import ceil


@dataclass(frozen=True, slots=True)
class Volume:
    """What there is to ship: `lines` a second at the peak, from `hosts`; how long and how often Kafka keeps it."""

    lines: float
    hosts: int = 1
    uris: int = 100
    days: float = 1.0
    replicas: int = 3


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured, with uWSGI's default lines: lines a second of one core, or of one database, and bytes a line.

    A database is InfluxDB 1.x on two cores with two writers. `telegraf` is its logparser on the same lines.
    """

    shipper: float = 100_000
    telegraf: float = 20_000
    consumer: float = 90_000
    database: float = 40_000
    point: float = 365
    packed: float = 60
    # Half of each machine stays free, for the peak above the peak and for working off a backlog.
    share: float = 0.5


@dataclass(frozen=True, slots=True)
class Size:
    """What the load takes. Rates are in MB a second, `disk` in GB over all brokers, `series` for each database."""

    shipper_cores: float
    telegraf_cores: float
    databases: int
    partitions: int
    consumers: int
    consumer_cores: float
    incoming: float
    brokers: float
    disk: float
    series: int


def size_of(load: Volume, figures: Figures | None = None) -> Size:
    """Return what a load takes. Each database has a topic and a consumer group of its own."""
    given = figures or Figures()
    databases = max(1, ceil(load.lines / (given.database * given.share)))
    consumers = max(1, ceil(load.lines / databases / (given.consumer * given.share)))
    incoming = load.lines * given.packed / 1e6
    return Size(
        shipper_cores=load.lines / given.shipper,
        telegraf_cores=load.lines / given.telegraf,
        databases=databases,
        # Four times the consumers, so that there can be more of them without a new topic.
        partitions=max(6, 4 * consumers),
        consumers=consumers * databases,
        consumer_cores=load.lines / given.consumer,
        incoming=incoming,
        brokers=incoming * load.replicas,
        disk=incoming * load.replicas * load.days * 86_400 / 1000,
        # One host's lines are in one database; each uri has about two methods and classes of status.
        series=ceil(load.hosts / databases) * load.uris * 2,
    )
