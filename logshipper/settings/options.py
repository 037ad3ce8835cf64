"""Every setting: its name, type, default and help stand here and nowhere else.

Names and meanings are Telegraf's, unless they stand under `[logshipper]` or in `[[outputs.sqlite]]`, or the help says
"our own". Durations are seconds here and `"5s"`, `"250ms"` in the file. `INERT` are Telegraf's settings that a file
may hold and that have no counterpart here; each is named once at the start.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Duration = float

# Parameters whose values open doors; * and ? are wildcards, case does not matter.
SECRET_PARAMETERS = (
    "*token*", "*password*", "*passwd*", "*secret*", "pwd", "pass", "api_key", "apikey", "auth", "authorization",
    "session", "sessionid", "session_id", "sid", "sig", "signature", "otp",
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
    """Settings that know where they stand, for errors that are found later; `locations` is "file, line n" by key."""

    locations: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    def at(self, key: str) -> str:
        """Return where a key stands, or its name where it was not given in a file."""
        return self.locations.get(key) or self.locations.get("", key)


@dataclass(frozen=True, slots=True)
class Agent:
    """`[agent]`."""

    flush_interval: Duration = option(
        0.025, "how long a few lines wait for more before they are written", duration=True
    )
    metric_batch_size: int = option(5000, "the most points in one write; fewer where the server takes them better")
    hostname: str = option("", "the tag host; this machine's name by default")
    omit_hostname: bool = option(False, "leave the tag host out")
    debug: bool = option(False, "say more on stderr")
    quiet: bool = option(False, "say only errors on stderr")


@dataclass(frozen=True)
class Grok(Located):
    """`[inputs.logparser.grok]`; in `inputs.tail` each name begins with `grok_`."""

    patterns: list[str] = option(["%{UWSGI_LOG}"], "the patterns of a line, tried in turn")
    custom_patterns: str = option("", "more named patterns: NAME pattern, one a line")
    custom_pattern_files: list[str] = option([], "files of such patterns")
    timezone: str = option("Local", "the zone of stamps that name none: Local, UTC, or a name like Europe/Paris")
    unique_timestamp: Literal["auto", "disable"] = option(
        "auto", "auto: the digits below the log's precision tell lines apart"
    )
    measurement: str = option("", "the measurement's name, where name_override is not set")


@dataclass(frozen=True)
class Json(Located):
    """`[[inputs.tail]]` with `data_format = "json"`; all but `tag_keys` begin with `json_` there."""

    tag_keys: list[str] = option([], "the keys that are tags (* and ? are wildcards)")
    string_fields: list[str] = option([], "the keys whose texts are fields")
    integer_fields: list[str] = option([], "our own: the keys that are whole numbers; other numbers are floats")
    name_key: str = option("", "the key that holds the measurement's name")
    time_key: str = option("", "the key that holds the time")
    time_format: str = option("unix", "unix, unix_ms, unix_us, unix_ns, or Go's layout of the time")
    timezone: str = option("Local", "the zone of times that name none")
    message_key: str = option("msg", "our own: the key of a text that is parsed like a line of its own")


@dataclass(frozen=True)
class Filters(Located):
    """Settings that every input and output of Telegraf has."""

    name_override: str = option("", "the measurement's name")
    tags: dict[str, str] = option({}, "tags for every point of this input")
    fieldpass: list[str] = option([], "write only fields that match one of these (* and ? are wildcards)")
    fielddrop: list[str] = option([], "write no field that matches one of these")
    tagexclude: list[str] = option([], "write no tag that matches one of these")
    taginclude: list[str] = option([], "write only tags that match one of these")


@dataclass(frozen=True)
class Input(Filters):
    """What `[[inputs.logparser]]` and `[[inputs.tail]]` have in common."""

    files: list[str] = option([], "the log files; *, ?, [ ] and ** are wildcards")
    from_beginning: bool = option(
        False, "begin with the first line of a file that is new to us; else behind its last one"
    )
    path_tag: str = option("path", "the tag that holds the live log's name; empty for none")
    watch_method: Literal["inotify", "poll"] = option("inotify", "how news of a file are noticed")
    grok: Grok = field(default_factory=Grok)
    json: Json | None = None


@dataclass(frozen=True)
class InfluxServers(Located):
    """What all versions of InfluxDB have in common: where they are, and how to reach them."""

    urls: list[str] = option(["http://127.0.0.1:8086"], "the servers; the next one is tried when one fails")
    timeout: Duration = option(5.0, "how long one write may take", duration=True)
    content_encoding: Literal["auto", "gzip", "identity"] = option(
        "auto", "gzip: compress what is sent; identity: do not; auto, our own: where that is faster"
    )
    tls_ca: str = option("", "certificates of the authorities to trust, instead of the system's")
    tls_cert: str = option("", "our own certificate")
    tls_key: str = option("", "its key")
    insecure_skip_verify: bool = option(False, "do not verify the server's certificate")


@dataclass(frozen=True)
class InfluxDB1(InfluxServers):
    """`[[outputs.influxdb]]`: InfluxDB 1.x."""

    database: str = option("telegraf", "the database")
    retention_policy: str = option("", "the retention policy; the database's default where empty")
    skip_database_creation: bool = option(False, "do not create the database where it is missing")
    username: str = option("", "the user")
    password: str = option("", "the password", secret=True)
    password_file: str = option("", "our own: a file that holds the password")


@dataclass(frozen=True)
class InfluxDB2(InfluxServers):
    """`[[outputs.influxdb_v2]]`: InfluxDB 2.x and 3.x."""

    token: str = option("", "the token", secret=True)
    token_file: str = option("", "our own: a file that holds the token")
    organization: str = option("", "the organization")
    bucket: str = option("", "the bucket")


@dataclass(frozen=True)
class FileOutputSettings(Located):
    """`[[outputs.file]]`."""

    files: list[str] = option(["stdout"], "where to append; stdout is standard output")
    data_format: Literal["influx"] = option("influx", "line protocol")


@dataclass(frozen=True)
class SqliteSettings(Located):
    """`[[outputs.sqlite]]`, our own."""

    path: str = option("requests.db", "the SQLite file")


@dataclass(frozen=True)
class LogshipperSettings(Located):
    """`[logshipper]`, our own."""

    state_dir: str = option(
        "",
        "where checkpoints and quarantine are kept; /var/lib/logshipper for root, ~/.local/state/logshipper else",
    )
    max_tag_values: int = option(10_000, "distinct values of one tag in one log; past it the tag says (other)")
    metrics_address: str = option(DEFAULT_METRICS_ADDRESS, "where our own metrics are served; empty for nowhere")
    routes_file: str = option("", "JSON made by `logshipper routes`, for the tag route")
    events: bool = option(True, "write what else uWSGI's log tells as measurement uwsgi_event")
    mask_ipv4: int = option(32, "how many bits are kept of an IPv4 address; 24 hides the last number")
    mask_ipv6: int = option(128, "how many bits are kept of an IPv6 address; 48 keeps the site")
    hide_remote_user: bool = option(False, "do not write who was logged in")
    hide_parameters: list[str] = option(
        list(SECRET_PARAMETERS), "query parameters that are taken out (* and ? are wildcards)"
    )
    writers: int = option(0, "the most writes in flight for each output; 0: as many as pay, up to 3")


@dataclass(frozen=True, slots=True)
class Settings:
    """A whole file."""

    agent: Agent = field(default_factory=Agent)
    logshipper: LogshipperSettings = field(default_factory=LogshipperSettings)
    global_tags: dict[str, str] = field(default_factory=dict)
    inputs: list[Input] = field(default_factory=list)
    influxdb: list[InfluxDB1] = field(default_factory=list)
    influxdb_v2: list[InfluxDB2] = field(default_factory=list)
    file: list[FileOutputSettings] = field(default_factory=list)
    sqlite: list[SqliteSettings] = field(default_factory=list)


INERT = {
    "agent": {
        "interval": "lines are read as they come", "round_interval": "lines are read as they come",
        "collection_jitter": "lines are read as they come", "flush_jitter": "writes follow the lines",
        "metric_buffer_limit": "the log file is the buffer",
        "precision": "times come from the lines",
        "logtarget": "messages go to stderr", "logfile": "messages go to stderr",
        "logfile_rotation_interval": "messages go to stderr",
        "logfile_rotation_max_size": "messages go to stderr", "logfile_rotation_max_archives": "messages go to stderr",
    },
    "inputs": {
        "pipe": "only regular files are followed", "max_undelivered_lines": "memory is bounded by itself",
        "character_encoding": "logs are UTF-8", "alias": "nothing is named by it",
        "interval": "lines are read as they come",
    },
    "outputs": {
        "alias": "nothing is named by it", "flush_interval": "set it in [agent]",
        "metric_batch_size": "set it in [agent]", "metric_buffer_limit": "the log file is the buffer",
        "influx_uint_support": "no field is unsigned",
        "rotation_interval": "rotate it with logrotate", "rotation_max_size": "rotate it with logrotate",
    },
}  # fmt: skip
