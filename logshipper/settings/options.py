"""Every setting, declared once: name, type, default and help.

Names and meanings are Telegraf's, except under `[logshipper]`, in `[[outputs.sqlite]]`, and where the help says "our
own". Durations are seconds here and `"5s"`, `"250ms"` in the file.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from logshipper.errors import Location

Duration = float

# Query parameters that may contain secrets; * and ? are wildcards, case does not matter.
SECRET_PARAMETERS = (
    "*token*", "*password*", "*passwd*", "*passphrase*", "*secret*", "*credential*", "*signature", "pwd", "pass", "pin",
    "*api_key", "*apikey", "*access_key", "*private_key", "auth", "authorization", "bearer", "jwt", "code", "*verifier",
    "assertion", "samlresponse", "samlrequest", "ticket", "session", "sessionid", "session_id", "*sessid", "sid", "sig",
    "otp", "totp", "mfa", "csrf*", "xsrf*",
)  # fmt: skip
DEFAULT_METRICS_ADDRESS = "127.0.0.1:9273"


def option(default: Any, help_text: str, *, duration: bool = False, secret: bool = False) -> Any:
    """Return a dataclass field with its help."""
    metadata = {"help": help_text, "duration": duration, "secret": secret}
    if isinstance(default, (list, dict)):
        return field(default_factory=lambda: type(default)(default), metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, kw_only=True)
class Located:
    """Settings that know their lines, for errors found after loading.

    `locations` are those of the keys, of list members ("patterns[1]") and of where the text of a string begins
    ("custom_patterns:").
    """

    locations: Mapping[str, Location] = field(default_factory=dict, repr=False, compare=False)

    def at(self, key: str) -> Location:
        """Return the location of a key; only its name, if the settings are not from a file."""
        found = self.locations.get(key) or self.locations.get(key.partition("[")[0])
        return found or self.locations.get("") or Location(key)

    def text_at(self, key: str) -> Location:
        """Return the location of the first line of a text."""
        return self.locations.get(f"{key}:") or Location(str(self.at(key)), 1 if not self.locations else 0)


@dataclass(frozen=True, slots=True)
class Agent:
    """`[agent]`."""

    flush_interval: Duration = option(0.025, "how long to collect lines before a write", duration=True)
    metric_batch_size: int = option(5000, "the most points in one write; fewer when that is faster")
    hostname: str = option("", "the tag host; this machine's name by default")
    omit_hostname: bool = option(False, "leave the tag host out")
    debug: bool = option(False, "more messages on stderr")
    quiet: bool = option(False, "only errors on stderr")


@dataclass(frozen=True)
class Grok(Located):
    """`[inputs.logparser.grok]`; in `inputs.tail` each name begins with `grok_`."""

    patterns: list[str] = option(["%{UWSGI_LOG}"], "the patterns, tried in order")
    custom_patterns: str = option("", "more named patterns, one on each line: NAME pattern")
    custom_pattern_files: list[str] = option([], "files with such patterns")
    timezone: str = option("Local", "the zone of timestamps without one: Local, UTC, or a name such as Europe/Paris")
    unique_timestamp: Literal["auto", "disable"] = option(
        "auto", "auto: the digits below the log's precision keep the times of lines apart"
    )
    measurement: str = option("", "the measurement, if name_override is not set")


@dataclass(frozen=True)
class Json(Located):
    """`[[inputs.tail]]` with `data_format = "json"`; all but `tag_keys` begin with `json_` there."""

    tag_keys: list[str] = option([], "keys that become tags (* and ? are wildcards)")
    string_fields: list[str] = option([], "keys whose strings become fields")
    integer_fields: list[str] = option([], "our own: keys that are whole numbers; other numbers are floats")
    name_key: str = option("", "the key with the measurement")
    time_key: str = option("", "the key with the time")
    time_format: str = option("unix", "unix, unix_ms, unix_us, unix_ns, or a Go layout")
    timezone: str = option("Local", "the zone of times without one")
    message_key: str = option("msg", "our own: the key of a string that is parsed like a line")


@dataclass(frozen=True)
class SelectionSettings(Located):
    """Which points an input or an output takes, and how it renames their measurements."""

    name_override: str = option("", "the measurement")
    name_prefix: str = option("", "text before the measurement")
    name_suffix: str = option("", "text after the measurement")
    namepass: list[str] = option([], "take only points of measurements that match (* and ? are wildcards)")
    namedrop: list[str] = option([], "do not take points of measurements that match")
    tagpass: dict[str, list[str]] = option({}, "take only points with one of these tags and a value that matches")
    tagdrop: dict[str, list[str]] = option({}, "do not take points with one of these tags and a value that matches")


@dataclass(frozen=True)
class Filters(SelectionSettings):
    """Settings that every input of Telegraf has."""

    tags: dict[str, str] = option({}, "tags for every point of this input")
    fieldpass: list[str] = option([], "write only fields that match; also called fieldinclude")
    fielddrop: list[str] = option([], "do not write fields that match; also called fieldexclude")
    tagexclude: list[str] = option([], "do not write tags that match")
    taginclude: list[str] = option([], "write only tags that match")


@dataclass(frozen=True)
class Input(Filters):
    """What `[[inputs.logparser]]` and `[[inputs.tail]]` have in common."""

    files: list[str] = option([], "the log files; *, ?, [ ] and ** are wildcards")
    from_beginning: bool = option(False, "read new files from the start; otherwise only what is appended")
    path_tag: str = option("path", "the tag with the live log's path; empty for none")
    watch_method: Literal["inotify", "poll"] = option("inotify", "how changes to a file are noticed")
    grok: Grok = field(default_factory=Grok)
    json: Json | None = None
    plugin: Literal["logparser", "tail"] = "logparser"


@dataclass(frozen=True)
class InfluxServers(SelectionSettings):
    """The settings that all versions of InfluxDB share."""

    urls: list[str] = option(["http://127.0.0.1:8086"], "the servers; when one fails, the next is tried")
    timeout: Duration = option(
        5.0,
        "the limit of each step of a write (connect, send, wait); the whole may take six times as long",
        duration=True,
    )
    content_encoding: Literal["auto", "gzip", "identity"] = option(
        "auto", "gzip: compress writes; identity: do not; auto (our own): compress unless the server is on this machine"
    )
    tls_ca: str = option("", "file of CA certificates to trust instead of the system's")
    tls_cert: str = option("", "file of the client certificate")
    tls_key: str = option("", "file of the client certificate's key")
    user_agent: str = option("", "the User-Agent of requests; by default that of the client library")
    http_headers: dict[str, str] = option({}, "more headers for each request", secret=True)
    insecure_skip_verify: bool = option(False, "do not verify the server's certificate")


@dataclass(frozen=True)
class InfluxDB1(InfluxServers):
    """`[[outputs.influxdb]]`: InfluxDB 1.x."""

    database: str = option("telegraf", "the database")
    retention_policy: str = option("", "the retention policy; empty for the database's default")
    write_consistency: Literal["", "any", "one", "quorum", "all"] = option(
        "", "for clusters: how many nodes must confirm a write"
    )
    skip_database_creation: bool = option(False, "do not create a missing database")
    username: str = option("", "the user")
    password: str = option("", "the password", secret=True)
    password_file: str = option("", "our own: a file with the password")


@dataclass(frozen=True)
class InfluxDB2(InfluxServers):
    """`[[outputs.influxdb_v2]]`: InfluxDB 2.x and 3.x."""

    token: str = option("", "the token", secret=True)
    token_file: str = option("", "our own: a file with the token")
    organization: str = option("", "the organization")
    bucket: str = option("", "the bucket")


@dataclass(frozen=True)
class FileOutputSettings(SelectionSettings):
    """`[[outputs.file]]`."""

    files: list[str] = option(["stdout"], "the files to append to; stdout is standard output")
    data_format: Literal["influx"] = option("influx", "the format; only influx, which is line protocol")


@dataclass(frozen=True)
class SqliteSettings(SelectionSettings):
    """`[[outputs.sqlite]]`, our own."""

    path: str = option("requests.db", "the SQLite file")
    keep: str = option("", 'how long rows are kept, such as "30d"; empty for ever')
    keep_rollups: str = option("", 'how long the sums by hour and day are kept, such as "1y"; empty for ever')


@dataclass(frozen=True)
class KafkaServers(Located):
    """The settings that the output and the input of Kafka share."""

    brokers: list[str] = option(["127.0.0.1:9092"], "HOST:PORT of the brokers to ask first; they name the others")
    client_id: str = option("logshipper", "the name by which the brokers know this program")
    enable_tls: bool = option(False, "use TLS; any of the keys tls_… does so too")
    tls_ca: str = option("", "file of CA certificates to trust instead of the system's")
    tls_cert: str = option("", "file of the client certificate")
    tls_key: str = option("", "file of the client certificate's key")
    tls_key_pwd: str = option("", "the password of that key, if it has one", secret=True)
    tls_key_pwd_file: str = option("", "our own: a file with that password")
    insecure_skip_verify: bool = option(False, "do not verify the brokers' certificates")
    sasl_mechanism: Literal["", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = option(
        "", "how to log in; PLAIN if there is a sasl_username"
    )
    sasl_username: str = option("", "the user")
    sasl_password: str = option("", "the password", secret=True)
    sasl_password_file: str = option("", "our own: a file with the password")
    data_format: Literal["influx"] = option("influx", "the format; only influx, which is line protocol")


@dataclass(frozen=True)
class KafkaOutputSettings(SelectionSettings, KafkaServers):
    """`[[outputs.kafka]]`."""

    topic: str = option("telegraf", "the topic")
    routing_tag: str = option("", "the tag whose value is a message's key; by default host and log, which keeps order")
    routing_key: str = option("", "a key for all messages; random: none")
    required_acks: Literal[-1, 1] = option(-1, "-1: all replicas that are in sync acknowledge; 1: the leader alone")
    compression_codec: Literal[0, 1, 2, 3, 4] = option(3, "0: none, 1: gzip, 2: snappy, 3: lz4, 4: zstd")
    idempotent_writes: bool = option(True, "the brokers drop what is repeated; only with required_acks = -1")
    max_message_bytes: int = option(1_000_000, "the largest message, before it is compressed")


@dataclass(frozen=True)
class KafkaConsumerSettings(KafkaServers):
    """`[[inputs.kafka_consumer]]`."""

    topics: list[str] = option(["telegraf"], "the topics to read")
    consumer_group: str = option(
        "telegraf_metrics_consumers", "the group; its members share the partitions, and each group gets every message"
    )
    offset: Literal["oldest", "newest"] = option("oldest", "where a group begins that has committed nothing yet")
    balance_strategy: Literal["cooperative-sticky", "range", "roundrobin"] = option(
        "cooperative-sticky", "how partitions are shared; every member of a group needs the same one"
    )
    session_timeout: Duration = option(
        10.0, "how long a member may be silent until others get its partitions", duration=True
    )


@dataclass(frozen=True)
class LogshipperSettings(Located):
    """`[logshipper]`, our own."""

    state_dir: str = option(
        "",
        "where checkpoints and quarantine are kept; by default systemd's $STATE_DIRECTORY, /var/lib/logshipper for "
        "root, or ~/.local/state/logshipper",
    )
    max_tag_values: int = option(
        10_000, "the most distinct values of one tag in one log; further values become (other)"
    )
    max_measurements: int = option(
        100, "the most measurements that the lines of one log may name; lines with further ones are kept in quarantine"
    )
    max_names: int = option(
        2_000,
        "the most names of tags and fields, counted for each measurement, that the JSON lines of one log may bring; "
        "lines with further ones are kept in quarantine",
    )
    metrics_address: str = option(DEFAULT_METRICS_ADDRESS, "HOST:PORT of the shipper's metrics; empty for none")
    routes_file: str = option("", "the output of `logshipper routes`, for the tag route")
    events: bool = option(True, "write the other lines of uWSGI's log as measurement uwsgi_event")
    mask_ipv4: int = option(32, "how many bits of an IPv4 address to keep; 24 hides the last number")
    mask_ipv6: int = option(128, "how many bits of an IPv6 address to keep; 48 keeps the site")
    hide_remote_user: bool = option(False, "do not write the user name")
    hide_parameters: list[str] = option(list(SECRET_PARAMETERS), "query parameters to remove (* and ? are wildcards)")
    writers: int = option(0, "the most concurrent writes for each output; 0: up to 3, if that is faster")


def _output(kind: type) -> Any:
    """Return the field of `Settings` for an output's tables, `[[outputs.NAME]]`: the field's name is NAME."""
    return field(default_factory=list, metadata={"output": kind})


@dataclass(frozen=True, slots=True)
class Settings:
    """A whole file."""

    agent: Agent = field(default_factory=Agent)
    logshipper: LogshipperSettings = field(default_factory=LogshipperSettings)
    global_tags: dict[str, str] = field(default_factory=dict)
    inputs: list[Input] = field(default_factory=list)
    kafka_consumer: list[KafkaConsumerSettings] = field(default_factory=list)
    influxdb: list[InfluxDB1] = _output(InfluxDB1)
    influxdb_v2: list[InfluxDB2] = _output(InfluxDB2)
    file: list[FileOutputSettings] = _output(FileOutputSettings)
    sqlite: list[SqliteSettings] = _output(SqliteSettings)
    kafka: list[KafkaOutputSettings] = _output(KafkaOutputSettings)


OUTPUTS: Mapping[str, type] = {one.name: one.metadata["output"] for one in fields(Settings) if "output" in one.metadata}
"""The settings of each output, by the output's name."""
