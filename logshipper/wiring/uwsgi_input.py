"""From a uWSGI configuration to the input that reads its request log."""

from collections.abc import Sequence

from logshipper.settings.options import Grok, Input, Json
from logshipper.uwsgi.logformat import RequestLog


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
