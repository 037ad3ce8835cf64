"""InfluxDB as an output, through urllib3: `/write` of 1.x, `/api/v2/write` of 2.x and 3.x."""

import base64
import email.utils
import gzip
import logging
import re
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

import urllib3
from urllib3.exceptions import HTTPError, InsecureRequestWarning, SSLError

from logshipper.outputs import influx_advice
from logshipper.outputs.answer_json import error_text, read_json
from logshipper.outputs.deadline import Deadline
from logshipper.outputs.protocol import Acknowledged, Rejected, RetryLater, TooLarge
from logshipper.points import Points
from logshipper.printable import without_secrets

log = logging.getLogger(__name__)

# Bodies below this many bytes are not worth compressing. Of 5,000 requests (1.32 MB), level 1 leaves 0.20 MB in 10 ms
# and level 6 0.16 MB in 29 ms. That is 2 s of CPU for a million lines: worth it for a network, not for loopback.
_LEAST_TO_GZIP, _GZIP_LEVEL = 4096, 1
# Bytes of an answer that are read: an error's text is short, whoever sends it.
_LONGEST_ANSWER = 2**16
_LONGEST_ERROR = 1_000  # characters: the expressions of an error's advice take long on more
# A whole write may take this many times the timeout, which applies to each step of it.
SLOWEST = 6
# Tried on 1.6.7: points acknowledged after its first restart are lost at the second; what comes after that is kept.
_AFTER_A_FULL_DISK = "free its disk, stop this shipper and restart the server twice: only then does it repair its log"
# A server that answers a write with these, without InfluxDB's error message, is not InfluxDB, or of another version.
_STRANGERS = (404, 405, 501)
# Errors that say nothing about the points, although the status may be 400.
_NOT_THE_POINTS = {
    "database is required": "missing", "database not found": "missing", "retention policy not found": "missing",
    "not authorized": "unauthorized", "timeout": "server",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Transport:
    """How to reach a server: `timeout` in seconds for each step of a write; certificate files, "" for the defaults."""

    timeout: float = 5.0
    tls_ca: str = ""
    tls_cert: str = ""
    tls_key: str = ""
    verify: bool = True


@dataclass(frozen=True, slots=True)
class InfluxSettings:
    """Where and how to write.

    When one of `urls` fails, the next one is tried. `parameters` go with each write. `database` is created if it is
    missing (1.x only); leave it empty to prevent that. `headers` hold the authorization and never appear in a message.
    `gzip` compresses the bodies.
    """

    urls: Sequence[str]
    write_path: str
    parameters: Mapping[str, str]
    database: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    gzip: bool = False
    transport: Transport = Transport()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered; of a long body, the beginning."""

    status: int
    body: bytes
    headers: Mapping[str, str]


def basic_authorization(username: str, password: str) -> str:
    """Return the header's value for a user name and a password."""
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


class InfluxOutput:
    """Writes to one of the servers, and classifies each error by what can be done about it."""

    def __init__(self, settings: InfluxSettings) -> None:
        self.settings = settings
        self._turn = 0
        self._pools: dict[str, tuple[urllib3.PoolManager, Deadline]] = {}

    def write(self, points: Points) -> Acknowledged:
        """Write points; see `Output`. Raises Rejected, because InfluxDB does not name every point that it refuses."""
        url = self.settings.urls[self._turn % len(self.settings.urls)]
        body, encoding = points.body, {}
        if self.settings.gzip and len(body) >= _LEAST_TO_GZIP:
            body, encoding = gzip.compress(body, _GZIP_LEVEL), {"Content-Encoding": "gzip"}
        try:
            self._write(url, body, encoding)
        except RetryLater:
            self._turn += 1
            raise
        except Rejected as error:
            if influx_advice.too_old(error.reason) < len(points):
                raise
            return Acknowledged(dict.fromkeys(range(len(points)), error.reason))
        return Acknowledged()

    def _write(self, url: str, body: bytes, encoding: Mapping[str, str]) -> None:
        """Post the points; create a database that is missing, and post them again."""
        try:
            self._post(url, self.settings.write_path, self.settings.parameters, body, encoding)
        except RetryLater as error:
            if error.kind != "missing" or not self.settings.database:
                raise
            self._create_database(url, error)
            self._post(url, self.settings.write_path, self.settings.parameters, body, encoding)

    def sync(self) -> None:
        """Do nothing: an acknowledged write is durable."""

    def _create_database(self, url: str, missing: RetryLater) -> None:
        """Create the database. Raises `missing` if it is there, and RetryLater if it cannot be created."""
        name = self.settings.database
        if name in self._databases(url):
            raise missing
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        try:
            self._post(url, "/query", {"q": f'CREATE DATABASE "{quoted}"'}, b"", {})
        except (RetryLater, Rejected, TooLarge) as error:
            raise RetryLater("missing", f"{missing.reason}; cannot create it: {error.reason}") from error
        if name not in self._databases(url):
            raise RetryLater("missing", f"{missing.reason}; this server takes no database of that name: choose another")
        log.info("%s: created the database %s", url, name)

    def _databases(self, url: str) -> Collection[str]:
        """Return the databases that the server shows us."""
        try:
            answer = read_json(self._post(url, "/query", {"q": "SHOW DATABASES"}, b"", {}))
            return {row[0] for row in answer["results"][0]["series"][0].get("values", ())}
        except (RetryLater, Rejected, TooLarge, ValueError, KeyError, TypeError, IndexError):
            return ()

    def _post(self, url: str, path: str, parameters: Mapping[str, str], body: bytes, more: Mapping[str, str]) -> bytes:
        """Post a body, and return the answer. Raises OutputError unless the server acknowledged it."""
        answer = self.ask("POST", url, path, parameters, body, more)
        if body and answer.status != 204:
            raise RetryLater(
                "refused", f"{url}: HTTP {answer.status}: {influx_advice.of_stranger(answer.status, path)}"
            )
        return answer.body

    def ask(  # noqa: PLR0913, PLR0917 - what a request has
        self, method: str, url: str, path: str, parameters: Mapping[str, str], body: bytes, more: Mapping[str, str],
        longest: int = _LONGEST_ANSWER,
    ) -> Answer:  # fmt: skip
        """Send a request, with `more` headers, and return the answer, of which `longest` bytes are read.

        Raises OutputError for any other than 2xx.
        """
        headers = {"Content-Type": "text/plain; charset=utf-8", **more, **self.settings.headers}
        address = f"{url.rstrip('/')}{path}?{urlencode(parameters)}"
        try:
            pool, deadline = self._pool(url)
            with deadline.watch():
                answer = pool.request(
                    method, address, body=body, headers=headers, redirect=False, retries=False, preload_content=False
                )
                data = _read(answer, longest)
        except SSLError as error:
            raise RetryLater("tls", _with_advice(url, network_reason(error))) from error
        except HTTPError as error:
            raise RetryLater("connection", _with_advice(url, network_reason(error))) from error
        except (OSError, ValueError) as error:  # an unreadable certificate, an answer that is not text
            raise RetryLater("connection", f"{url}: {without_secrets(str(error))}") from error
        if not 200 <= answer.status < 300:
            raise classify(url, answer.status, answer.headers, data, path)
        return Answer(answer.status, data, answer.headers)

    def _pool(self, url: str) -> tuple[urllib3.PoolManager, Deadline]:
        if url not in self._pools:
            pool = pool_of(self.settings.transport)
            self._pools[url] = pool, Deadline(pool, SLOWEST * self.settings.transport.timeout)
        return self._pools[url]

    @property
    def connections(self) -> int:
        """Return how many connections were made: another one may mean that the server restarted."""
        return sum(deadline.connections for _, deadline in self._pools.values())

    def close(self) -> None:
        """Close the connections."""
        for pool, _ in self._pools.values():
            pool.clear()
        self._pools.clear()


def pool_of(how: Transport) -> urllib3.PoolManager:
    """Return a connection pool that uses these certificates and no proxy."""
    if not how.verify:
        urllib3.disable_warnings(InsecureRequestWarning)
    return urllib3.PoolManager(
        timeout=how.timeout, cert_reqs="CERT_REQUIRED" if how.verify else "CERT_NONE",
        ca_certs=how.tls_ca or None, cert_file=how.tls_cert or None, key_file=how.tls_key or None,
    )  # fmt: skip


def _read(answer: urllib3.BaseHTTPResponse, longest: int) -> bytes:
    """Return the beginning of an answer, and let go of the connection: closed if there is more than anybody reads."""
    data: bytes = answer.read(longest, decode_content=True)
    if len(data) == longest or answer.read(1):
        answer.close()
    else:
        answer.release_conn()
    return data


def classify(  # noqa: PLR0911 - one return per kind of answer
    url: str, status: int, headers: Mapping[str, str], body: bytes, path: str = "/write"
) -> RetryLater | Rejected | TooLarge:
    """Return the error that an answer means.

    Sources: InfluxDB's API references of 1.x, 2.x and 3; tried on 1.6.7. A 400 without InfluxDB's error message comes
    from a proxy or a wrong port and says nothing about the points, so they are tried again.
    """
    raw = " ".join(body.decode("utf-8", "replace").split())
    text, own = (without_secrets(words)[:_LONGEST_ERROR] for words in (raw, error_text(raw)))
    shown = f"{url}: HTTP {status}: {own or _plain(text) or 'no explanation'}"[:400]
    advice = influx_advice.of_answer(own or text)
    reason = _advised(shown, advice)
    if status == 413:
        return TooLarge(reason)
    if status in (401, 403):
        return RetryLater("unauthorized", _advised(shown, advice or influx_advice.of_answer("unauthorized")))
    if status in (429, 503):
        return RetryLater("busy", reason, retry_after(headers.get("Retry-After"), time.time()) or None)
    for words, kind in _NOT_THE_POINTS.items():
        if own.startswith(words) or (status >= 500 and words in own):
            return RetryLater(kind, reason)
    if status in _STRANGERS and not own:
        return RetryLater("refused", _stranger(shown, status, path))
    if status == 404:
        return RetryLater("missing", reason)
    if "no space left on device" in own:
        return RetryLater("disk", f"{shown}; {_AFTER_A_FULL_DISK}", may_forget=True)
    if status in (400, 422) and own:
        return Rejected(own[:500])
    if 300 <= status < 400:
        return RetryLater("redirect", f"{url}: HTTP {status}: redirects are not followed; use the server's own address")
    if status >= 500:
        return RetryLater("server", reason)
    return RetryLater("refused", reason if advice else _stranger(shown, status, path))


def _plain(text: str) -> str:
    """Return the words of a page, at most a line."""
    return " ".join(re.sub(r"<(?:style|script).*?</|<[^>]*>", " ", text).split())[:100]


def _stranger(shown: str, status: int, path: str) -> str:
    return _advised(shown, influx_advice.of_stranger(status, path))


def _with_advice(url: str, reason: str) -> str:
    return _advised(f"{url}: {reason}", influx_advice.of_network(reason))


def _advised(text: str, advice: str) -> str:
    return f"{text}; {advice}" if advice else text


def retry_after(value: str | None, now: float) -> float | None:
    """Return how many seconds a Retry-After header asks for, given as a number or a date; None for anything else."""
    if not value:
        return None
    if value.strip().isdecimal():
        return float(value.strip()[:9])
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - now)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def network_reason(error: Exception) -> str:
    """Return the innermost cause in words, without what urllib3 wraps around it."""
    cause: BaseException = error
    while isinstance(getattr(cause, "reason", None), BaseException):
        cause = cause.reason  # type: ignore[attr-defined]
    text = without_secrets(str(cause.__cause__ or cause))  # an answer that is not HTTP is quoted
    text = text.rsplit("object at 0x", maxsplit=1)[-1].split(": ", 1)[-1] if "object at 0x" in text else text
    return re.sub(r"^\[Errno -?\d+\] ", "", text)
