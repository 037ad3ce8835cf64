"""Kafka's brokers: does anything listen there."""

import socket

from logshipper.checks.brokers import check_brokers


def test_a_broker_that_listens_is_good_and_another_is_bad() -> None:
    with socket.create_server(("127.0.0.1", 0)) as broker:
        listening = f"127.0.0.1:{broker.getsockname()[1]}"
        found = list(check_brokers([listening, "127.0.0.1:1"], "input"))
    assert [(one.status, one.subject) for one in found] == [("good", "input"), ("bad", "input")]
    assert found[1].fix == "start the broker, or correct brokers"
