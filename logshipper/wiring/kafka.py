"""Make Kafka's output out of settings. It brings Kafka's client, so it is loaded only if there is one."""

import re
from collections.abc import Callable, Sequence

from logshipper.deliver.concurrency import Concurrency
from logshipper.errors import UserError
from logshipper.kafka.brokers import Brokers, Sasl, Tls
from logshipper.kafka.member import Group, GroupMember
from logshipper.kafka.producer import MessageProducer, Sending
from logshipper.outputs.kafka import KafkaOutput
from logshipper.outputs.kafka_messages import Keys
from logshipper.settings.options import KafkaOutputSettings, KafkaServers, Settings
from logshipper.wiring.planned_output import PlannedOutput, state_name
from logshipper.wiring.secrets import check_certificates, secret_of

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


def member(settings: Settings) -> GroupMember:
    """Return the consumer that `[[inputs.kafka_consumer]]` asks for. Raises UserError."""
    options = settings.kafka_consumer[0]
    if settings.inputs or len(settings.kafka_consumer) > 1:
        fix = "give each [[inputs.kafka_consumer]] a settings file and a process of its own"
        raise UserError("a consumer reads nothing else", where=options.at(""), fix=fix)
    if not options.topics:
        raise UserError("topics is empty", where=options.at("topics"), fix='topics = ["telegraf"]')
    for topic in options.topics:
        check_topic(options, topic, "topics")
    if not options.consumer_group:
        raise UserError("no consumer_group", where=options.at("consumer_group"), fix='consumer_group = "requests"')
    if options.session_timeout < 1:
        raise UserError(
            "session_timeout is below 1s", where=options.at("session_timeout"), fix='session_timeout = "10s"'
        )
    from_end = options.offset == "newest"
    group = Group(options.consumer_group, options.topics, from_end, options.balance_strategy, options.session_timeout)
    return GroupMember(brokers_of(options), group)


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
    password = secret_of(options.tls_key_pwd, options.tls_key_pwd_file, options.at("tls_key_pwd_file"))
    check_certificates(options, password)
    has_files = options.tls_ca or options.tls_cert or options.tls_key
    if not (options.enable_tls or has_files or options.insecure_skip_verify):
        return None
    return Tls(options.tls_ca, options.tls_cert, options.tls_key, not options.insecure_skip_verify, password)


def _sasl(options: KafkaServers) -> Sasl | None:
    if not options.sasl_username:
        if options.sasl_mechanism:
            raise UserError("no sasl_username", where=options.at("sasl_mechanism"), fix='sasl_username = "shipper"')
        return None
    password = secret_of(options.sasl_password, options.sasl_password_file, options.at("sasl_password_file"))
    return Sasl(options.sasl_mechanism or "PLAIN", options.sasl_username, password)
