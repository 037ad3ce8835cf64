"""What this program knows about Telegraf's other settings: which are harmless, and what to do instead of the rest.

`INERT` have no effect here and harm nobody; the shipper names each once at the start. Those in `HARMLESS` may have
only the listed values. `INSTEAD` gives the fix for the others.
"""

from collections.abc import Mapping, Sequence
from typing import Any

_MESSAGES = "messages go to stderr"
_AS_THEY_COME = "lines are read as they come"
_BUFFER = "the log file is the buffer"
_PRECISION = "times are written in nanoseconds"
_KAFKA_VERSION = "the client and the brokers agree on it"
_METADATA = "the client asks the brokers by itself"
_LOCAL_TAGS = "tagexclude and taginclude apply to all tags"

INERT: Mapping[str, Mapping[str, str]] = {
    "agent": {
        "interval": _AS_THEY_COME, "round_interval": _AS_THEY_COME, "collection_jitter": _AS_THEY_COME,
        "collection_offset": _AS_THEY_COME, "flush_jitter": "writes follow the lines", "metric_buffer_limit": _BUFFER,
        "precision": _PRECISION, "logtarget": _MESSAGES, "logfile": _MESSAGES, "logformat": _MESSAGES,
        "structured_log_message_key": _MESSAGES, "log_with_timezone": _MESSAGES,
        "logfile_rotation_interval": _MESSAGES, "logfile_rotation_max_size": _MESSAGES,
        "logfile_rotation_max_archives": _MESSAGES, "snmp_translator": "nothing is read by SNMP",
        "statefile": "set state_dir in [logshipper]", "always_include_local_tags": _LOCAL_TAGS,
        "always_include_global_tags": _LOCAL_TAGS, "skip_processors_after_aggregators": "there are no processors",
        "skip_processors_before_aggregators": "there are no processors", "buffer_strategy": _BUFFER,
        "buffer_directory": _BUFFER, "buffer_disk_sync": _BUFFER,
        "config_url_retry_attempts": "settings are read from a file only",
    },
    "inputs": {
        "pipe": "only regular files are followed", "max_undelivered_lines": "memory is always bounded",
        "character_encoding": "logs are read as UTF-8", "alias": "messages use the plugin's name",
        "interval": _AS_THEY_COME, "precision": _PRECISION, "collection_jitter": _AS_THEY_COME,
        "collection_offset": _AS_THEY_COME, "time_source": "times come from the lines",
        "log_level": "set [agent] debug",
        "startup_error_behavior": "the shipper waits for a missing log", "always_include_local_tags": _LOCAL_TAGS,
        "always_include_global_tags": _LOCAL_TAGS, "filters": "there are none", "namepass_separator": "",
        "namedrop_separator": "",
    },
    "outputs": {
        "alias": "messages use the plugin's name", "flush_interval": "set it in [agent]",
        "flush_jitter": "writes follow the lines", "metric_batch_size": "set it in [agent]",
        "metric_buffer_limit": _BUFFER, "buffer_strategy": _BUFFER, "buffer_directory": _BUFFER,
        "influx_uint_support": "no field is unsigned", "influx_sort_fields": "the order has no meaning",
        "influx_max_line_bytes": "0 means no limit", "influx_omit_timestamp": "",
        "precision": _PRECISION, "log_level": "set [agent] debug", "concurrent_writes": "set writers in [logshipper]",
        "startup_error_behavior": "the shipper waits for an unreachable server",
        "ping_timeout": "only HTTP/1.1 is used", "read_idle_timeout": "only HTTP/1.1 is used",
        "rate_limit": "", "rate_limit_period": "there is no rate limit",
        "udp_payload": "only HTTP is used", "exclude_database_tag": "", "exclude_retention_policy_tag": "",
        "exclude_bucket_tag": "", "database_tag": "", "retention_policy_tag": "", "bucket_tag": "", "http_proxy": "",
        "local_address": "", "use_batch_format": "the points are the same",
        "rotation_interval": "rotate it with logrotate",
        "rotation_max_size": "rotate it with logrotate", "rotation_max_archives": "rotate it with logrotate",
        "compression_algorithm": "", "compression_level": "files are not compressed", "namepass_separator": "",
        "namedrop_separator": "",
    },
    "inputs.kafka_consumer": {
        "version": _KAFKA_VERSION, "sasl_version": _KAFKA_VERSION, "keep_alive_period": _METADATA,
        "metadata_full": _METADATA, "metadata_retry_max": _METADATA, "metadata_retry_type": _METADATA,
        "metadata_retry_backoff": _METADATA, "metadata_retry_max_duration": _METADATA,
        "max_undelivered_messages": "memory is always bounded",
        "max_processing_time": "a slow output holds the position",
        "max_message_len": "the brokers limit a message", "consumer_fetch_default": "memory is always bounded",
        "connection_strategy": "the consumer connects when the brokers are there",
        "startup_error_behavior": "the consumer waits for the brokers",
        "precision": _PRECISION, "interval": _AS_THEY_COME, "alias": "",
    },
    "outputs.kafka": {
        "version": _KAFKA_VERSION, "sasl_version": _KAFKA_VERSION, "max_retry": "a message is sent until it is stored",
        "keep_alive_period": "connections are made again by themselves", "metadata_full": _METADATA,
        "metadata_retry_max": _METADATA, "metadata_retry_type": _METADATA, "metadata_retry_backoff": _METADATA,
        "metadata_retry_max_duration": _METADATA,
    },
}  # fmt: skip

HARMLESS: Mapping[tuple[str, str], Sequence[Any]] = {
    ("inputs", "pipe"): (False,),
    ("inputs", "character_encoding"): ("", "utf-8", "UTF-8"),
    ("inputs", "filters"): ([],),
    ("inputs", "namepass_separator"): ("",),
    ("inputs", "namedrop_separator"): ("",),
    ("outputs", "namepass_separator"): ("",),
    ("outputs", "namedrop_separator"): ("",),
    ("outputs", "influx_max_line_bytes"): (0,),
    ("outputs", "influx_omit_timestamp"): (False,),
    ("outputs", "influx_uint_support"): (False,),
    ("outputs", "rate_limit"): ("", "unlimited"),
    ("outputs", "database_tag"): ("",),
    ("outputs", "exclude_database_tag"): (False,),
    ("outputs", "retention_policy_tag"): ("",),
    ("outputs", "exclude_retention_policy_tag"): (False,),
    ("outputs", "bucket_tag"): ("",),
    ("outputs", "exclude_bucket_tag"): (False,),
    ("outputs", "http_proxy"): ("",),
    ("outputs", "local_address"): ("",),
    ("outputs", "compression_algorithm"): ("",),
}

_SPLIT = "write one [[outputs.{0}]] for each {1} and choose its points with tagpass"
_TIGHTER_TLS = "remove it and set the limits at the server, or put a proxy such as stunnel in between"
INSTEAD: Mapping[tuple[str, str], str] = {
    ("inputs", "pipe"): "let the program write to a file, and follow that",
    ("inputs", "character_encoding"): "convert the log to UTF-8",
    ("inputs", "filters"): "switch colours off in the program that writes the log",
    ("inputs", "multiline"): "remove it: tracebacks after a uWSGI request are joined by themselves",
    ("inputs", "metricpass"): "choose points with namepass, tagpass and fieldpass",
    ("outputs", "metricpass"): "choose points with namepass and tagpass",
    ("outputs", "influx_omit_timestamp"): "remove it: without its time a point cannot be sent twice safely",
    ("outputs", "database_tag"): _SPLIT.format("influxdb", "database"),
    ("outputs", "exclude_database_tag"): _SPLIT.format("influxdb", "database"),
    ("outputs", "retention_policy_tag"): _SPLIT.format("influxdb", "retention policy"),
    ("outputs", "exclude_retention_policy_tag"): _SPLIT.format("influxdb", "retention policy"),
    ("outputs", "bucket_tag"): _SPLIT.format("influxdb_v2", "bucket"),
    ("outputs", "exclude_bucket_tag"): _SPLIT.format("influxdb_v2", "bucket"),
    ("outputs", "http_proxy"): "use a direct address in urls; the shipper uses no proxy",
    ("outputs", "local_address"): "remove it; the system chooses the address",
    ("outputs", "rate_limit"): "remove it, or limit the rate with writers and metric_batch_size",
    ("outputs", "compression_algorithm"): "compress the file with logrotate",
    ("outputs", "tls_min_version"): _TIGHTER_TLS,
    ("outputs", "tls_cipher_suites"): _TIGHTER_TLS,
    ("outputs", "tls_server_name"): "use a name in urls that is in the server's certificate",
    ("outputs", "fieldpass"): "set it in the input",
    ("outputs", "fielddrop"): "set it in the input",
    ("outputs", "fieldinclude"): "set it in the input",
    ("outputs", "fieldexclude"): "set it in the input",
    ("outputs", "taginclude"): "set it in the input",
    ("outputs", "tagexclude"): "set it in the input",
    ("outputs.kafka", "topic_tag"): _SPLIT.format("kafka", "topic"),
    ("outputs.kafka", "exclude_topic_tag"): _SPLIT.format("kafka", "topic"),
    ("outputs.kafka", "topic_suffix"): _SPLIT.format("kafka", "topic"),
    ("outputs.influxdb_v2", "password"): 'InfluxDB 2.x takes a token, not a password: token = "$INFLUX_TOKEN"',
    ("outputs.influxdb_v2", "username"): 'InfluxDB 2.x takes a token, not a user: token = "$INFLUX_TOKEN"',
    ("outputs.influxdb_v2", "database"): 'InfluxDB 2.x has a bucket, not a database: bucket = "telegraf"',
    ("outputs.influxdb", "token"): "InfluxDB 1.x takes username and password; for a token use [[outputs.influxdb_v2]]",
    ("outputs.influxdb", "bucket"): "InfluxDB 1.x has a database, not a bucket; for 2.x use [[outputs.influxdb_v2]]",
}
PLUGINS = ("processors", "aggregators", "secretstores")
# Top-level tables and plugins that Telegraf has and this program does not have.
TABLES: Mapping[str, str] = {
    "processors": "remove it: modifiers in the pattern name, convert and drop values; or leave this input to Telegraf",
    "aggregators": "remove it: aggregate in the database with a continuous query or task",
    "secretstores": "remove it: take secrets from the environment ($VAR), password_file or token_file",
    "tags": "write [global_tags]",
    "global": "write [global_tags]",
    "inputs": "leave it to Telegraf: this program reads logs with [[inputs.tail]] or [[inputs.logparser]], "
    "and line protocol with [[inputs.kafka_consumer]]",
    "outputs": "leave it to Telegraf, or write a file with [[outputs.file]]",
    "inputs.file": "use [[inputs.tail]] with from_beginning = true",
    "inputs.docker_log": "follow the container's log file with [[inputs.tail]]",
    "outputs.influxdb_v3": "use [[outputs.influxdb_v2]]; InfluxDB 3 has the same interface",
}
