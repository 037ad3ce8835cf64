"""Make Kafka's output out of settings. It brings Kafka's client, so it is loaded only if there is one."""

import os
import re
from collections.abc import Callable, Sequence

from logshipper.deliver.concurrency import Concurrency
from logshipper.errors import UserError
from logshipper.kafka.brokers import Brokers, Sasl, Tls
from logshipper.kafka.producer import MessageProducer, Sending
from logshipper.outputs.kafka import KafkaOutput
from logshipper.outputs.kafka_messages import Keys
from logshipper.settings.options import KafkaOutputSettings, KafkaServers
from logshipper.wiring.planned_output import PlannedOutput, state_name
from logshipper.wiring.secrets import secret_of

_CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
_TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}")
_ADDRESS = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s:/@,]+):\d{1,5}")


def output(
    options: KafkaOutputSettings, path_tags: Sequence[str], concurrency: Callable[[], Concurrency]
) -> PlannedOutput:
    """Return the output for `[[outputs.kafka]]`; `path_tags` hold the log's name. Raises UserError."""
    brokers = brokers_of(options)
    check_topic(options, options.topic, "topic")
    if options.max_message_bytes < 10_000:
        fix = "max_message_bytes = 1000000, or what the topic allows"
        raise UserError("max_message_bytes is less than 10000", where=options.at("max_message_bytes"), fix=fix)
    is_all = options.required_acks == -1
    sending = Sending(
        acks="all" if is_all else 1,
        compression=_CODECS[options.compression_codec],
        idempotent=options.idempotent_writes and is_all,
        largest=options.max_message_bytes,
    )
    keys = _keys(options, path_tags)
    return PlannedOutput(
        f"kafka {options.brokers[0]} {options.topic}",
        state_name("kafka", [*options.brokers, options.topic]),
        lambda: KafkaOutput(MessageProducer(brokers, options.topic, sending), keys, options.max_message_bytes),
        concurrency,
    )


def _keys(options: KafkaOutputSettings, path_tags: Sequence[str]) -> Keys:
    if options.routing_key:
        return Keys() if options.routing_key == "random" else Keys(fixed=options.routing_key)
    return Keys([options.routing_tag] if options.routing_tag else ["host", *path_tags])


def brokers_of(options: KafkaServers) -> Brokers:
    """Return the brokers of an output or input. Raises UserError."""
    if not options.brokers:
        raise UserError("brokers is empty", where=options.at("brokers"), fix='brokers = ["127.0.0.1:9092"]')
    for address in options.brokers:
        if not _ADDRESS.fullmatch(address):
            fix = 'write "broker1:9092", without a scheme'
            raise UserError(f"the broker {address!r} is not HOST:PORT", where=options.at("brokers"), fix=fix)
    return Brokers(options.brokers, options.client_id, _tls(options), _sasl(options))


def check_topic(options: KafkaServers, topic: str, key: str) -> None:
    """Raise UserError for a name that no topic can have."""
    if not _TOPIC.fullmatch(topic) or topic in (".", ".."):
        fix = "use letters, digits, '.', '_' and '-'"
        raise UserError(f"no topic can be called {topic!r}", where=options.at(key), fix=fix)


def _tls(options: KafkaServers) -> Tls | None:
    files = {"tls_ca": options.tls_ca, "tls_cert": options.tls_cert, "tls_key": options.tls_key}
    for key, file in files.items():
        if file and not os.access(file, os.R_OK):
            fix = f"correct {key}, or make the file readable"
            raise UserError(f"cannot read {file}", where=options.at(key), fix=fix)
    if not (options.enable_tls or any(files.values()) or options.insecure_skip_verify):
        return None
    return Tls(options.tls_ca, options.tls_cert, options.tls_key, not options.insecure_skip_verify)


def _sasl(options: KafkaServers) -> Sasl | None:
    if not options.sasl_username:
        if options.sasl_mechanism:
            raise UserError("no sasl_username", where=options.at("sasl_mechanism"), fix='sasl_username = "shipper"')
        return None
    password = secret_of(options.sasl_password, options.sasl_password_file, options.at("sasl_password_file"))
    return Sasl(options.sasl_mechanism or "PLAIN", options.sasl_username, password)
