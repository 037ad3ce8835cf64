"""From a uWSGI configuration to what reads its request lines: grok patterns, perhaps inside a JSON object.

The rules are those of uWSGI 2.0 (core/logging.c). A log-format that writes JSON is read by its literal parts too,
because uWSGI does not escape values there: a quote in a User-Agent makes a line that no JSON parser reads.
"""

import re
from dataclasses import dataclass, replace

from logshipper.errors import UserError
from logshipper.uwsgi.encoders import Encoded, encoded, encoder_name
from logshipper.uwsgi.format_pattern import format_pattern
from logshipper.uwsgi.loggers import log_files
from logshipper.uwsgi.options import Options, is_set, unset_in, values
from logshipper.uwsgi.variables import FTIME, variable


@dataclass(frozen=True, slots=True)
class RequestLog:
    """How to read the request lines of one configuration.

    `patterns` are tried in turn, and `custom_patterns` define what they use and the library lacks. With `message_key`
    each line is a JSON object that has the text under this key; `time_key` and `time_format` are for a text without a
    time of its own. `files` are the configured logs, `notes` are hints for the user.
    """

    patterns: tuple[str, ...]
    custom_patterns: str = ""
    message_key: str = ""
    time_key: str = ""
    time_format: str = ""
    files: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def data_format(self) -> str:
        """Telegraf's name for the form of the lines."""
        return "json" if self.message_key else "grok"


def request_log(options: Options) -> RequestLog:
    """Return how to read what a server with these options logs for a request.

    Raises UserError for a format that does not write readable lines.
    """
    formats = values(options, "log-format", "logformat")
    notes: list[str] = []
    custom: list[str] = []
    patterns = _plain_patterns(options)
    if formats:
        date = _ftime_format(options)
        if date and "%(ftime)" in formats[-1]:
            custom.append(f"{FTIME} {variable('ftime', date).shape}")
        made = format_pattern(formats[-1], date)
        patterns = (made.text,)
        notes += [*made.notes, *_unknown_parts(formats[-1])]
    found = _encoded(options, Encoded(patterns, custom=tuple(custom)))
    if is_set(options, "disable-logging"):
        notes.append("disable-logging is set: uWSGI logs only the requests that log-4xx, log-5xx or log-slow ask for")
    files, of_files = log_files(options)
    return RequestLog(
        patterns=tuple(map(_anchored, found.patterns)),
        custom_patterns="\n".join(found.custom),
        message_key=found.message_key,
        time_key=found.time_key,
        time_format=found.time_format,
        files=files,
        notes=(*notes, *found.notes, *of_files),
    )


def _unknown_parts(log_format: str) -> list[str]:
    """Return notes on what uWSGI replaces in a format when it starts, and nobody can know here."""
    notes = []
    if name := unset_in(log_format):
        notes.append(f"log-format has {name}, which is not set here: set it as it is for uWSGI")
    if "@(" in log_format:
        notes.append("log-format has @(…), which uWSGI replaces when it starts: write its text there instead")
    return notes


def _encoded(options: Options, found: Encoded) -> Encoded:
    """Return what the encoders of the request log make of its lines."""
    has_own = bool(values(options, "req-logger", "logger-req"))
    encoders = values(options, "log-req-encoder") if has_own else values(options, "log-encoder")
    for encoder in encoders:
        if found.message_key and encoder_name(encoder) != "nl":
            raise UserError(f"the encoder {encoder!r} follows the json encoder", fix="put the json encoder last")
        found = encoded(encoder, found)
    if found.message_key and "nl" not in map(encoder_name, encoders) and not found.ends_line:
        note = "uWSGI writes the JSON objects without newlines: add log-encoder = nl after the json encoder"
        return replace(found, notes=(*found.notes, note))
    return found


def _plain_patterns(options: Options) -> tuple[str, ...]:
    """Return the patterns of the default format, the most likely one first."""
    varied = ("memory-report", "vhost", "vhost-host", "log-x-forwarded-for")
    if any(is_set(options, name) for name in varied):
        return ("%{UWSGI_RECORD_VARIANT}",)
    plain = "%{UWSGI_RECORD_MICROS}" if is_set(options, "log-micros") else "%{UWSGI_RECORD}"
    return plain, "%{UWSGI_RECORD_VARIANT}"


def _anchored(pattern: str) -> str:
    """Return the pattern anchored to the whole line; the library's own have an anchored twin."""
    return pattern.replace("RECORD", "LOG") if re.fullmatch(r"%\{UWSGI_RECORD\w*\}", pattern) else f"^{pattern}$"


def _ftime_format(options: Options) -> str:
    if not is_set(options, "log-format-strftime", "logformat-strftime"):
        return ""
    return "".join(values(options, "log-date", "logdate", "log-prefix")[-1:])
