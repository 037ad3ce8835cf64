"""From a uWSGI configuration to the input that reads its request log."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from logshipper.settings.options import Grok, Input, Json
from logshipper.uwsgi.logformat import RequestLog, request_log
from logshipper.uwsgi.options import Options, read_options


def log_of(configuration: str, section: str = "") -> RequestLog:
    """Return how to read the request log of a configuration, FILE or FILE:SECTION. Raises UserError."""
    return log_and_options(configuration, section)[0]


def log_and_options(configuration: str, section: str = "") -> tuple[RequestLog, Options]:
    """Return what `log_of` returns, and the options of the configuration. Raises UserError."""
    path, colon, named = configuration.rpartition(":")
    file = Path(path if colon and not os.path.exists(configuration) else configuration)
    asked = section or (named if colon and str(file) == path else "") or "uwsgi"
    options = read_options(file, asked)
    log = request_log(options)
    return replace(log, files=tuple(_absolute(name, file.absolute().parent) for name in log.files)), options


def _absolute(name: str, folder: Path) -> str:
    """Return the whole name of a log: uWSGI was started in this folder, or in that of its configuration."""
    return os.path.abspath(name) if os.path.exists(name) else os.path.normpath(folder / name)


def uwsgi_input(log: RequestLog, files: Sequence[str]) -> Input:
    """Return the input that `logshipper pattern --config` prints, for these files."""
    json = Json(message_key=log.message_key, time_key=log.time_key, time_format=log.time_format or "unix")
    return Input(
        plugin="tail",
        files=list(files),
        from_beginning=True,
        grok=Grok(patterns=list(log.patterns), custom_patterns=log.custom_patterns),
        json=json if log.message_key else None,
    )
