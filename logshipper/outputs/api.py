"""A server's HTTP interface for the set-up: JSON or InfluxQL out, JSON in, over the same way as the writes."""

import functools
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import urllib3
from urllib3.exceptions import HTTPError

from logshipper.outputs import influx_advice
from logshipper.outputs.answer_json import error_text, read_json
from logshipper.outputs.influxdb import Transport, basic_authorization, network_reason, pool_of
from logshipper.printable import keep_secret, printable

_QUOTED = re.compile(r"'((?:\\.|[^'\\])+)'")
_READS = ("SHOW ", "SELECT ")
# Bytes of an answer that are read, bytes of an error, characters of a message.
_LONGEST_ANSWER, _LONGEST_ERROR, _LONGEST_MESSAGE = 2**28, 2**16, 500
_PATIENT = Transport(timeout=30.0)


class ApiError(Exception):
    """The server's refusal (`status`), or that it cannot be reached (status 0); never holds a secret."""

    def __init__(self, status: int, message: str, fix: str = "") -> None:
        super().__init__(f"{message} (HTTP {status})" if status else message)
        self.status, self.fix = status, fix


@dataclass(frozen=True)
class Api:
    """A server's address and the header that signs in, such as {"Authorization": "Token …"}.

    With `dry_run` nothing is sent that could change something; with `blank`, nothing at all, and every answer is
    empty: so a dry run sees a server that is not set up yet.
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    transport: Transport = _PATIENT
    dry_run: bool = False
    blank: bool = False

    def get(self, path: str, **query: str) -> Any:
        """GET the path with the query; return the JSON of the answer ({} where it is empty)."""
        return self.request("GET", path + ("?" + urlencode(query) if query else ""), None, "application/json")

    def find(self, path: str, **query: str) -> Any:
        """Do what `get` does, and return {} if the server has nothing there (404)."""
        try:
            return self.get(path, **query)
        except ApiError as error:
            if error.status != 404:
                raise
            return {}

    def send(self, method: str, path: str, body: object = None) -> Any:
        """Send the body as JSON; return the JSON of the answer ({} where it is empty)."""
        data = None if body is None else json.dumps(body).encode()
        return self.request(method, path, data, "application/json")

    def influxql(self, statement: str, **form: str) -> list[dict[str, Any]]:
        """Run InfluxQL by POST, so that no password is in an address; return the series of the answer.

        An error inside the answer is an ApiError too: 1.x reports those with status 200.
        """
        if self.dry_run and not statement.startswith(_READS):
            return []
        for found in _QUOTED.finditer(statement):
            if not statement.startswith(_READS):
                keep_secret(found[1])  # a password
        data = urlencode({"q": statement, **form}).encode()
        answer = self._ask("POST", "/query", data, "application/x-www-form-urlencoded")
        series: list[dict[str, Any]] = []
        for result in answer.get("results", []):
            if "error" in result:
                raise ApiError(200, _shown(str(result["error"])))
            series += result.get("series", [])
        return series

    def request(self, method: str, path: str, data: bytes | None, content_type: str) -> Any:
        """Send the bytes; return the JSON of the answer ({} where it is empty)."""
        return {} if self.dry_run and method != "GET" else self._ask(method, path, data, content_type)

    def version(self) -> str:
        """Return the version that an InfluxDB names in its answer to /ping, "" if it names none."""
        answer = self._open("GET", "/ping", None, "text/plain")
        answer.close()
        if answer.status in (401, 403):  # 3 Core, unless that is switched off
            raise _refusal(self.url, answer.status, b"")
        return str(answer.headers.get("X-Influxdb-Version", "")).removeprefix("v")

    def _ask(self, method: str, path: str, data: bytes | None, content_type: str) -> Any:
        if self.blank:
            return {}
        answer = self._open(method, path, data, content_type)
        good = 200 <= answer.status < 300
        try:
            body = answer.read(_LONGEST_ANSWER if good else _LONGEST_ERROR, decode_content=True)
        except HTTPError as error:
            raise ApiError(0, _shown(f"{self.url}: {network_reason(error)}")) from error
        finally:
            answer.release_conn() if good else answer.close()
        if not good:
            raise _refusal(self.url, answer.status, body)
        try:
            return read_json(body) if body.strip() else {}
        except ValueError as error:
            raise ApiError(0, f"{self.url}: the answer is not JSON", "is this the server's address?") from error

    def _open(self, method: str, path: str, data: bytes | None, content_type: str) -> urllib3.BaseHTTPResponse:
        for value in self.headers.values():
            keep_secret(value.partition(" ")[2])
        headers = {"Content-Type": content_type, "Accept": "application/json", **self.headers}
        try:
            return _pool(self.transport).request(
                method, self.url + path, body=data, headers=headers, redirect=False, retries=False,
                preload_content=False,
            )  # fmt: skip
        except (HTTPError, OSError, ValueError) as error:
            reason = network_reason(error)
            raise ApiError(0, _shown(f"{self.url}: {reason}"), influx_advice.of_network(reason)) from error


@functools.cache
def _pool(transport: Transport) -> urllib3.PoolManager:
    return pool_of(transport)


def _shown(text: str) -> str:
    """Return a server's words on one line, without what signs in."""
    return printable(" ".join(text.split()))[:_LONGEST_MESSAGE]


def _refusal(url: str, status: int, body: bytes) -> ApiError:
    if 300 <= status < 400:
        return ApiError(status, f"{url}: redirects are not followed", "use the server's own address")
    text = body.decode("utf-8", "replace")
    return ApiError(status, _shown(f"{url}: {error_text(text) or text or 'no explanation'}"))


def basic(user: str, password: str) -> dict[str, str]:
    """Return the header of HTTP basic authentication."""
    keep_secret(password)
    return {"Authorization": basic_authorization(user, password)}


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
