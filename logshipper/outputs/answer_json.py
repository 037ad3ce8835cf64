"""The JSON of a server's answers, whoever the server is."""

import json
from typing import Any


def read_json(text: str | bytes) -> Any:
    """Return what a server has answered. Raises ValueError for what is not JSON, or nests too deeply."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def error_text(text: str) -> str:
    """Return the message in InfluxDB's JSON answer, "" for any other answer."""
    try:
        answer = read_json(text)
    except ValueError:
        return ""
    if not isinstance(answer, dict):
        return ""
    message = answer.get("error") or answer.get("message") or ""
    return f"{message} {json.dumps(answer['data'])}" if answer.get("data") else str(message)
