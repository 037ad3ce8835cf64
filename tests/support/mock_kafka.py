"""The brokers that Kafka's client has inside itself for tests: no server, and members join a group at once."""

import ctypes
import itertools
from functools import cache

from confluent_kafka import cimpl
from confluent_kafka.admin import AdminClient

from logshipper.kafka.brokers import Brokers
from tests.support.waiting import DEADLINE

OFFSET_COMMIT = ctypes.c_int16(8)  # in Kafka's protocol
_numbers = itertools.count()


@cache
def _cluster() -> tuple[ctypes.CDLL, ctypes.c_void_p]:
    client = ctypes.CDLL(cimpl.__file__)
    for name in ("rd_kafka_conf_new", "rd_kafka_new", "rd_kafka_mock_cluster_new"):
        getattr(client, name).restype = ctypes.c_void_p
    client.rd_kafka_mock_cluster_bootstraps.restype = ctypes.c_char_p
    configuration = ctypes.c_void_p(client.rd_kafka_conf_new())
    client.rd_kafka_conf_set(configuration, b"log_level", b"0", None, ctypes.c_size_t(0))
    handle = ctypes.c_void_p(client.rd_kafka_new(0, configuration, None, ctypes.c_size_t(0)))
    return client, ctypes.c_void_p(client.rd_kafka_mock_cluster_new(handle, 3))


@cache
def mock_brokers() -> Brokers:
    """Return how to reach three brokers that live as long as this process.

    The setting `test.mock.num.brokers` makes some too, but there the first member waits three seconds for others.
    """
    client, cluster = _cluster()
    client.rd_kafka_mock_group_initial_rebalance_delay_ms(cluster, 0)
    return Brokers([client.rd_kafka_mock_cluster_bootstraps(cluster).decode()])


def fail_next_commit(error: int) -> None:
    """Have the brokers answer the next commit with an error."""
    client, cluster = _cluster()
    errors = (ctypes.c_int * 1)(error)
    client.rd_kafka_mock_push_request_errors_array(cluster, OFFSET_COMMIT, ctypes.c_size_t(1), errors)


def mock_topic() -> str:
    """Return the name of a new topic of four partitions."""
    topic = f"t{next(_numbers)}"
    address = mock_brokers().addresses[0]
    AdminClient({"bootstrap.servers": address, "log_level": 0}).list_topics(topic, timeout=DEADLINE)
    return topic
