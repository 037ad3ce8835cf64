"""A small HTTP client for the set-up: JSON or forms in, JSON out, with Python's standard library alone."""

import base64
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


class ApiError(Exception):
    """The server's refusal (`status`), or that it cannot be reached (status 0); never holds a secret."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{message} (HTTP {status})" if status else message)
        self.status = status


@dataclass(frozen=True)
class Api:
    """A server's address and the header that signs in, such as {"Authorization": "Token …"}."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def get(self, path: str, **query: str) -> Any:
        """GET the path with the query; return the JSON of the answer ({} where it is empty)."""
        tail = "?" + urllib.parse.urlencode(query) if query else ""
        return self.send("GET", path + tail)

    def send(self, method: str, path: str, body: object = None) -> Any:
        """Send the body as JSON; return the JSON of the answer ({} where it is empty)."""
        data = None if body is None else json.dumps(body).encode()
        return self.request(method, path, data, "application/json")

    def influxql(self, statement: str, **form: str) -> list[dict[str, Any]]:
        """Run InfluxQL by POST, so that no password is in an address; return the series of the answer.

        An error inside the answer is an ApiError too: 1.x reports those with status 200.
        """
        data = urllib.parse.urlencode({"q": statement, **form}).encode()
        answer = self.request("POST", "/query", data, "application/x-www-form-urlencoded")
        found: list[dict[str, Any]] = []
        for result in answer.get("results", []):
            if "error" in result:
                raise ApiError(200, str(result["error"]))
            found += result.get("series", [])
        return found

    def request(self, method: str, path: str, data: bytes | None, content_type: str) -> Any:
        """Send the bytes; return the JSON of the answer ({} where it is empty)."""
        headers = {**self.headers, "Content-Type": content_type}
        request = urllib.request.Request(self.url + path, data, headers, method=method)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - the operator's own address
                text = answer.read()
        except urllib.error.HTTPError as error:
            with error:
                raise ApiError(error.code, reason(error.read())) from error
        except (OSError, ValueError) as error:
            raise ApiError(0, f"{self.url}: {error}") from error
        return json.loads(text) if text.strip() else {}


def reason(body: bytes) -> str:
    """Return the server's own words from the JSON of a refusal."""
    try:
        answer = json.loads(body)
    except ValueError:
        return body.decode(errors="replace")[:200]
    if isinstance(answer, dict):
        return str(answer.get("message") or answer.get("error") or answer)
    return str(answer)


def basic(user: str, password: str) -> dict[str, str]:
    """Return the header of HTTP basic authentication."""
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def wait_until_up(api: Api, seconds: float, path: str = "/ping") -> None:
    """Return when the server answers, whatever it says, but that it is starting; ApiError after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            api.get(path)
        except ApiError as error:
            if error.status not in {0, 503}:
                return
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        else:
            return
