"""Who may ask the viewer, and how much an answer may cost.

A web page that its user has open may send requests to this machine too: by a name that it points here (DNS rebinding),
from a form, an image or a frame. So only known hosts are answered, nothing that another site asks for, and a visitor's
SQL waits in a line of its own, where it cannot hold up the page.
"""

import asyncio
import base64
import hmac
import ipaddress
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

Asgi = Callable[[Any, Any, Any], Awaitable[None]]

FIGURES = "/-/figures"
"""Where the page gets what it shows."""
VISITOR_MS = 1_500
"""Milliseconds that a visitor's query may take."""
_READS_NOTHING = ("/viewer/", "/-/static", "/-/dashboards")
_LOCAL = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Access:
    """The names by which the viewer may be asked, and the password, "" for none.

    `any_address`: it listens on more than this machine, so any IP address will do: a name can be pointed here by
    somebody else, an address cannot.
    """

    hosts: Collection[str] = ()
    password: str = field(default="", repr=False)
    any_address: bool = False

    def refusal(self, headers: Mapping[str, str]) -> tuple[int, str]:
        """Return the status and the reason with which a request is refused; 0 if it is not."""
        if not self._knows(headers.get("host", "")):
            return 421, "This viewer is not known by that name; start it with --allow-host NAME."
        origin = headers.get("origin", "")
        foreign = origin and (origin == "null" or not self._knows(urlsplit(origin).netloc))
        if foreign or headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return 403, "Another site asked for this page. To see it, type its address."
        if self.password and not self._signed_in(headers.get("authorization", "")):
            return 401, "The password is missing or wrong."
        return 0, ""

    def _knows(self, host: str) -> bool:
        try:
            name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
        except ValueError:
            return False
        return name in _LOCAL or name in {one.lower() for one in self.hosts} or (self.any_address and _is_address(name))

    def _signed_in(self, authorization: str) -> bool:
        kind, _, packed = authorization.partition(" ")
        try:
            given = base64.b64decode(packed).partition(b":")[2] if kind.lower() == "basic" else b""
        except ValueError:
            return False
        return hmac.compare_digest(given, self.password.encode())


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def guarded(app: Asgi, access: Access) -> Asgi:
    """Return the application behind the guard."""
    # The page's own questions and visitors' SQL each wait in a line of their own.
    own, visitors = asyncio.Semaphore(1), asyncio.Semaphore(1)

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        status, reason = access.refusal(headers)
        if status:
            await _refuse(send, status, reason)
        elif scope["path"] == FIGURES:
            async with own:
                await app(scope, receive, send)
        elif scope["path"].startswith(_READS_NOTHING):
            await app(scope, receive, send)
        else:
            async with visitors:
                await app({**scope, "query_string": _limited(scope["query_string"])}, receive, send)

    return answer


def _limited(query: bytes) -> bytes:
    """Return the parameters with our time limit instead of a visitor's."""
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    limited = [pair for pair in pairs if pair[0] != "_timelimit"]
    return urlencode([*limited, ("_timelimit", str(VISITOR_MS))]).encode() if limited != pairs else query


async def _refuse(send: Any, status: int, reason: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    if status == 401:
        headers.append((b"www-authenticate", b'Basic realm="viewer", charset="UTF-8"'))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": f"{reason}\n".encode()})
