"""Errors of Kafka's client in words, with the fix."""

import pytest
from confluent_kafka import KafkaError

from logshipper.kafka.problem import problem_of

REFUSED = "127.0.0.1:1/bootstrap: Connect to ipv4#127.0.0.1:1 failed: Connection refused (after 0ms in state CONNECT)"
PLAIN = (
    "ssl://127.0.0.1:9092/bootstrap: SSL handshake failed: Disconnected: SSL connection closed by peer: "
    "connecting to a PLAINTEXT broker listener? (after 1ms in state SSL_HANDSHAKE)"
)
UNKNOWN = (
    "ssl://127.0.0.1:9092/bootstrap: SSL handshake failed: certificate verify failed: broker certificate could not be "
    "verified, verify that ssl.ca.location is correctly configured or root CA certificates are installed (install "
    "ca-certificates package) (after 5ms in state SSL_HANDSHAKE)"
)


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (KafkaError(KafkaError._TRANSPORT, REFUSED), "connection", "nothing listens there: start the broker"),
        (KafkaError(KafkaError._TRANSPORT, PLAIN), "connection", "set enable_tls = false"),
        (KafkaError(KafkaError._SSL, "certificate verify failed: self-signed certificate"), "tls", "set tls_ca"),
        (
            KafkaError(KafkaError._SSL, UNKNOWN),
            "tls",
            "could not be verified; its authority is not known: set tls_ca to",
        ),
        (KafkaError(KafkaError._AUTHENTICATION, "SASL failed"), "unauthorized", "check sasl_mechanism"),
        (KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED), "unauthorized", "Write for an output"),
        (KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART), "missing", "create the topic"),
        (KafkaError(KafkaError.NOT_ENOUGH_REPLICAS), "server", "start the other brokers"),
        (KafkaError(KafkaError.MSG_SIZE_TOO_LARGE), "too large", "size too large"),
        (KafkaError(KafkaError.INVALID_RECORD), "rejected", "record"),
        (KafkaError(KafkaError.UNKNOWN), "server", "Unknown"),
    ],
)
def test_each_error_has_a_kind_and_the_fix(error: KafkaError, kind: str, words: str) -> None:
    problem = problem_of(error)
    assert problem.kind == kind
    assert words in problem.reason
    assert "after 0ms" not in problem.reason


def test_the_same_error_reads_the_same_however_often_it_came() -> None:
    again = REFUSED.replace("CONNECT)", "CONNECT, 30 identical error(s) suppressed)")
    assert problem_of(KafkaError(KafkaError._TRANSPORT, again)).reason == (
        problem_of(KafkaError(KafkaError._TRANSPORT, REFUSED)).reason
    )


def test_a_time_out_is_explained_by_what_the_client_said_before() -> None:
    late, refused = KafkaError(KafkaError._MSG_TIMED_OUT), KafkaError(KafkaError._TRANSPORT, REFUSED)
    assert "nothing listens" in problem_of(late, refused).reason
    assert problem_of(late).kind == "connection"
    large = KafkaError(KafkaError.MSG_SIZE_TOO_LARGE)
    assert problem_of(large, refused).kind == "too large"
