"""From a uWSGI configuration to what reads its request lines: grok patterns, or the keys of a JSON object.

The rules are those of uWSGI 2.0 (core/logging.c). uWSGI does not escape values, so a text may contain whatever the
format has after it. A text ends at the first place where the rest of the format, up to the next number, date or
word, matches. An atomic group settles each text once, so a hostile line takes linear time.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from logshipper.errors import UserError
from logshipper.uwsgi.encoders import encoded
from logshipper.uwsgi.options import Options, is_set, values
from logshipper.uwsgi.variables import FTIME, Variable, variable

_VARIABLE = re.compile(r"%\(([^)]+)\)")
_SPECIAL = re.compile(r"[\\.^$*+?{}\[\]|()]")


@dataclass(frozen=True, slots=True)
class RequestLog:
    """How to read the request lines of one configuration.

    `data_format` is "grok" or "json". `patterns` are tried in turn (for json: on the text under the key `msg`), and
    `custom_patterns` define what they use and the library lacks. `json_keys` pairs the keys of a log-format that
    writes JSON with their variables. `files` are the configured logs, `notes` are hints for the user.
    """

    data_format: str
    patterns: tuple[str, ...]
    custom_patterns: str = ""
    json_keys: tuple[tuple[str, Variable], ...] = ()
    files: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def request_log(options: Options) -> RequestLog:
    """Return how to read what a server with these options logs for a request.

    Raises UserError for a format that does not write readable lines.
    """
    formats = values(options, "log-format", "logformat")
    requested = values(options, "req-logger", "logger-req")
    data_format, patterns = "grok", _plain_patterns(options)
    keys: tuple[tuple[str, Variable], ...] = ()
    custom = ""
    if formats:
        date = _ftime_format(options)
        custom = f"{FTIME} {variable('ftime', date).shape}" if date and "%(ftime)" in formats[-1] else ""
        keys = _json_keys(formats[-1], date)
        data_format = "json" if keys else "grok"
        patterns = () if keys else (format_pattern(formats[-1], date),)
    for encoder in values(options, "log-req-encoder") if requested else values(options, "log-encoder"):
        if data_format == "json" and encoder != "nl":
            raise UserError(f"the log-format is JSON and the encoder {encoder!r} changes it", fix="remove the encoder")
        if encoder != "nl":
            data_format, patterns = encoded(encoder, patterns)
    notes = []
    if is_set(options, "disable-logging"):
        notes.append("disable-logging is set: uWSGI logs only the requests that log-4xx, log-5xx or log-slow ask for")
    files = _files(options, requested)
    return RequestLog(data_format, tuple(map(_anchored, patterns)), custom, keys, files, tuple(notes))


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


def _files(options: Options, requested: Sequence[str]) -> tuple[str, ...]:
    loggers = requested or values(options, "logger")
    named = [logger.rpartition("file:")[2] for logger in loggers if "file:" in logger]
    return tuple(named or values(options, "logto", "logto2", "daemonize", "daemonize2")[-1:])


def _json_keys(text: str, date: str) -> tuple[tuple[str, Variable], ...]:
    """Return the keys of a format that writes JSON objects, () for any other.

    The format is JSON if it parses with a number in place of each variable.
    """
    names = _VARIABLE.findall(text)
    indexes = iter(range(len(names)))
    try:
        content = json.loads(_VARIABLE.sub(lambda _: str(next(indexes)), text))
    except ValueError:
        return ()
    if not isinstance(content, dict):
        return ()
    found = [(key, str(index)) for key, index in content.items()]
    return tuple((key, variable(names[int(index)], date)) for key, index in found if index.isdigit())


def format_pattern(text: str, date: str = "") -> str:
    """Return the grok pattern of a log-format, without anchors.

    `date` is the strftime format of its `%(ftime)`. Raises UserError for a format without a variable.
    """
    parts = _VARIABLE.split(text)
    literals = [literal(part) for part in parts[::2]]
    variables = [variable(name, date) for name in parts[1::2]]
    if not variables:
        raise UserError(f"the log-format {text!r} has no variable", fix="add one, such as %(uri)")
    time = _time_index(variables)
    captures = [
        _capture(one, index == time, one.field in {other.field for other in variables[:index]})
        for index, one in enumerate(variables)
    ]
    shapes = [_shape(one) and _shape(one) + after for one, after in zip(variables, literals[1:], strict=True)]
    pattern = literals[0]
    for one, capture, after, ahead in zip(variables, captures, literals[1:], [*shapes[1:], ""], strict=True):
        is_last = one is variables[-1]
        pattern += capture + after if one.grok or is_last else _free_text(capture, after, ahead)
    return pattern


def literal(text: str) -> str:
    """Return a regular expression that matches exactly this text."""
    return _SPECIAL.sub(r"\\\g<0>", text)


def _time_index(variables: Sequence[Variable]) -> int:
    """Return the index of the variable with the finest time, which the point gets; -1 for none."""
    times = [(one.rank, index) for index, one in enumerate(variables) if one.time]
    return min(times)[1] if times else -1


def _capture(one: Variable, is_time: bool, known: bool) -> str:
    """Return the capture of a variable; a repeated one is matched but not captured again."""
    modifier = one.time if is_time else one.modifier
    name = "" if known else f":{one.field}" + (f":{modifier}" if modifier else "")
    if one.field == "httpVer":
        return f"(?:HTTP/%{{UWSGI_HTTPVER{name}}}|%{{DATA}})"
    free = f"%{{{one.grok or 'DATA'}{name}}}"
    return f"(?:-|{free})" if one.dash else free


def _shape(one: Variable) -> str:
    return f"%{{{one.grok}}}" if one.grok else one.shape


def _free_text(capture: str, after: str, ahead: str) -> str:
    """Return free text and the literal after it; the text ends where the literal and what follows first match."""
    if not after and not ahead:
        return capture
    return f"(?>{capture}{after}{f'(?={ahead})' if ahead else ''})"
