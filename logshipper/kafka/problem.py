"""What an error of Kafka means: a kind for the metrics, and cause and fix in words."""

import re
from collections.abc import Sequence
from typing import Literal

from confluent_kafka import KafkaError

Kind = Literal["connection", "tls", "unauthorized", "missing", "server", "too large", "rejected"]

_LOGIN = "check sasl_mechanism, sasl_username and sasl_password"
_TOPIC_RIGHTS = "give this user the rights on the topic: Write for an output, Read for an input"
_REPLICAS = "too few replicas are in sync for min.insync.replicas: start the other brokers"
_KINDS: Sequence[tuple[Sequence[int], Kind, str]] = (
    ((KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.RECORD_LIST_TOO_LARGE), "too large", ""),
    ((KafkaError.INVALID_RECORD,), "rejected", ""),
    ((KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC, KafkaError._UNKNOWN_PARTITION),
     "missing", "create the topic, or correct its name"),
    ((KafkaError.TOPIC_EXCEPTION,), "missing", "no topic can have this name: correct it"),
    ((KafkaError.TOPIC_AUTHORIZATION_FAILED,), "unauthorized", _TOPIC_RIGHTS),
    ((KafkaError.CLUSTER_AUTHORIZATION_FAILED,), "unauthorized",
     "give this user the right IdempotentWrite on the cluster, or set idempotent_writes = false"),
    ((KafkaError.GROUP_AUTHORIZATION_FAILED,), "unauthorized", "give this user the right Read on the consumer group"),
    ((KafkaError._AUTHENTICATION, KafkaError.SASL_AUTHENTICATION_FAILED), "unauthorized", _LOGIN),
    ((KafkaError._SSL,), "tls", ""),
    ((KafkaError.NOT_ENOUGH_REPLICAS, KafkaError.NOT_ENOUGH_REPLICAS_AFTER_APPEND), "server", _REPLICAS),
    ((KafkaError._TRANSPORT, KafkaError._RESOLVE, KafkaError._ALL_BROKERS_DOWN, KafkaError._MSG_TIMED_OUT,
      KafkaError._TIMED_OUT, KafkaError._TIMED_OUT_QUEUE), "connection", ""),
)  # fmt: skip
# A part of the error, as librdkafka or OpenSSL words it -> cause and fix.
_CAUSES: Sequence[tuple[str, str]] = (
    ("Connection refused", "nothing listens there: start the broker, or correct brokers"),
    ("Failed to resolve", "no such host: correct brokers, or the broker's advertised.listeners"),
    ("connecting to a SSL listener", "the listener may want TLS: set enable_tls = true"),
    ("connecting to a PLAINTEXT broker listener", "the listener speaks without TLS: set enable_tls = false"),
    ("SSL connection closed by peer", "the listener may speak without TLS: set enable_tls = false"),
    ("wrong version number", "the listener speaks without TLS: set enable_tls = false"),
    ("unable to get local issuer", "its authority is not known: set tls_ca to the authority's certificate"),
    ("could not be verified", "its authority is not known: set tls_ca to the authority's certificate"),
    ("self-signed certificate", "its certificate is not known: set tls_ca to that certificate"),
    ("self signed certificate", "its certificate is not known: set tls_ca to that certificate"),
    ("certificate has expired", "renew the broker's certificate"),
    ("hostname mismatch", "write a name in brokers that the certificate has"),
    ("certificate required", "the broker wants a client certificate: set tls_cert and tls_key"),
    ("security.protocol", "this listener wants TLS or a login: set enable_tls, or sasl_mechanism and sasl_username"),
    ("brokers are down", "none talks to us: check brokers, and that enable_tls and sasl_mechanism suit the listener"),
    ("ssl.key.location failed", "check tls_cert, tls_key and tls_key_pwd"),
    ("timed out", "no answer in time: check that the brokers are up"),
)
# What librdkafka adds to its messages for programmers.
_ADDED = re.compile(
    r"^\[thrd:[^\]]*\]: |^sasl_\w+://|^s?a?s?l?_?plaintext://|^ssl://"
    r"| ?\(after \d+ms in state [^()]*(?:\(s\)[^()]*)?\)"
    r"|, verify that ssl\.ca\.location .*"
)


class KafkaProblem(Exception):  # noqa: N818 - outputs and inputs make their own errors of it
    """A request that failed; `reason` is one line without secrets."""

    def __init__(self, kind: Kind, reason: str) -> None:
        super().__init__(reason)
        self.kind, self.reason = kind, reason


def problem_of(error: KafkaError, cause: KafkaError | None = None) -> KafkaProblem:
    """Return what an error means. `cause` is what the client said before about its connections, for a time-out."""
    told = cause if cause is not None and error.code() in _VAGUE else error
    kind, advice = next(((kind, text) for codes, kind, text in _KINDS if told.code() in codes), ("server", ""))
    text = _ADDED.sub("", _ADDED.sub("", told.str() or told.name()))
    if told.code() not in _WORDED:
        advice = advice or next((fix for part, fix in _CAUSES if part in text), "")
    return KafkaProblem(kind, f"{text}; {advice}" if advice else text)


# These say that something did not work in time, and not why.
_VAGUE = (
    KafkaError._MSG_TIMED_OUT, KafkaError._TIMED_OUT, KafkaError._TIMED_OUT_QUEUE, KafkaError._ALL_BROKERS_DOWN,
    KafkaError._PURGE_QUEUE, KafkaError._PURGE_INFLIGHT,
)  # fmt: skip
_WORDED = (KafkaError.MSG_SIZE_TOO_LARGE,)
