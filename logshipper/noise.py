"""Tells what a line is that no pattern matches: part of a request line, which is an error, or something else."""

import re

# What only a request line holds; a torn or damaged one still shows one of these.
_REQUEST = re.compile(
    r"\[pid: |\|app: |\|req: |=> generated |(?:msecs|micros) \(|headers in \d+ bytes|switches on core"
)
APP_OUTPUT = "app_output"


def uwsgi_noise(line: str) -> str | None:
    """Return the kind of a line in uWSGI's log that is no request; None for what is left of one."""
    return None if _REQUEST.search(line) else APP_OUTPUT


def nothing_is_noise(line: str) -> str | None:
    """For logs that hold nothing but what their patterns match."""
    return None
