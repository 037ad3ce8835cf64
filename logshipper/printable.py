r"""What goes out to people: messages and notes, without secrets, and without characters that a terminal obeys.

A file name, a server's answer, an error of the database: others wrote them. Each message passes `printable` on its way
out, in the log, on stderr and in the quarantine's notes.
"""

import base64
import json
import logging
import re
from typing import Any
from urllib.parse import quote, quote_plus

HIDDEN = "***"
# A shorter text looks like any word, and protects nothing.
_LEAST_SECRET = 4
# Controls, the ends of lines that some programs know, what turns the direction of writing, and halves of characters.
_OBEYED = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")

_secrets: set[str] = set()


def keep_secret(secret: str) -> None:
    """Remember a password or token, so that no message shows it, however it is written."""
    if len(secret) < _LEAST_SECRET:
        return
    packed = secret.encode("utf-8", "surrogateescape")
    _secrets.update({
        secret, quote(packed, safe=""), quote_plus(packed), json.dumps(secret)[1:-1], repr(secret)[1:-1],
        base64.b64encode(packed).decode(),
    })  # fmt: skip


def without_secrets(text: str) -> str:
    """Return the text with every secret replaced. Do this before a text is cut: half a secret is not recognised."""
    for secret in sorted(_secrets, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return text


def visible(text: str) -> str:
    r"""Return the text with each character that a terminal or a log reader obeys written as \x1b or \u202e."""
    return _OBEYED.sub(_escape, text) if not (text.isascii() and text.isprintable()) else text


def in_columns(text: str) -> str:
    """Return the text with `?` for each character that is not printable, so that columns stay what they are."""
    return "".join(c if c.isprintable() else "?" for c in text)


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def printable(text: str) -> str:
    """Return a text of others as it may go out: on one line, and without secrets."""
    return visible(without_secrets(text))


class PrintableFormatter(logging.Formatter):
    """Formats each message as one line, whatever it quotes; only the traceback of a bug has several."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the base class names it so
        """Return the line."""
        record.message = printable(record.message)
        return super().formatMessage(record)

    def formatException(self, ei: Any) -> str:  # noqa: N802 - the base class names it so
        """Return the traceback."""
        return "\n".join(printable(line) for line in super().formatException(ei).split("\n"))
