"""A small HTTP client for the set-up: JSON or forms in, JSON out, with Python's standard library alone."""

import base64
import http.client
import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_QUOTED = re.compile(r"'((?:\\.|[^'\\])+)'")
_REDIRECTS, _MOVED = range(300, 400), "redirects are not followed; use the server's own address"
# Bytes of an answer that are read, bytes of an error, characters of a message.
_LONGEST_ANSWER, _LONGEST_ERROR, _LONGEST_MESSAGE = 2**28, 2**16, 500


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: it would take what signs in to another server."""

    def redirect_request(self, *arguments: object) -> None:
        """Return nothing, so that the redirect is an error."""


# No proxy from the environment either.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect)


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
        quoted = [found[1] for found in _QUOTED.finditer(statement)]  # a password, among others
        answer = self.request("POST", "/query", data, "application/x-www-form-urlencoded", quoted)
        found: list[dict[str, Any]] = []
        for result in answer.get("results", []):
            if "error" in result:
                raise ApiError(200, self._printable(str(result["error"]), quoted))
            found += result.get("series", [])
        return found

    def request(
        self, method: str, path: str, data: bytes | None, content_type: str, secrets: Sequence[str] = ()
    ) -> Any:
        """Send the bytes; return the JSON of the answer ({} where it is empty). No error shows the `secrets`."""
        headers = {**self.headers, "Content-Type": content_type}
        request = urllib.request.Request(self.url + path, data, headers, method=method)  # noqa: S310
        try:
            with _OPENER.open(request, timeout=30) as answer:  # the operator's own address
                text = answer.read(_LONGEST_ANSWER)
        except urllib.error.HTTPError as error:
            with error:
                said = reason(error.read(_LONGEST_ERROR)) if error.code not in _REDIRECTS else f"{self.url}: {_MOVED}"
            raise ApiError(error.code, self._printable(said, secrets)) from error
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise ApiError(0, self._printable(f"{self.url}: {error}")) from error
        return self._json(text)

    def _is_basic(self, value: str) -> bool:
        return f"Basic {value}" in self.headers.values()

    def _json(self, text: bytes) -> Any:
        try:
            return json.loads(text) if text.strip() else {}
        except (ValueError, RecursionError):
            raise ApiError(0, f"{self.url}: the answer is no JSON; is this the address of InfluxDB?") from None

    def _printable(self, text: str, secrets: Sequence[str] = ()) -> str:
        """Return a server's words without what signs in, and without characters that a terminal obeys."""
        signing = [value.partition(" ")[2] for value in self.headers.values()]
        passwords = [base64.b64decode(one).decode().partition(":")[2] for one in signing if self._is_basic(one)]
        for secret in (one for one in [*signing, *passwords, *secrets] if len(one) > 3):
            text = text.replace(secret, "***")
        return "".join(one if one.isprintable() else f"\\x{ord(one):02x}" for one in text)[:_LONGEST_MESSAGE]


def reason(body: bytes) -> str:
    """Return the server's own words from the JSON of a refusal."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return body.decode(errors="replace")
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
