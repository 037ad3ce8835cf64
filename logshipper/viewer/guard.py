"""Who may ask the viewer, and how much an answer may cost.

A web page that its user has open may send requests to this machine too: by a name that it points here (DNS rebinding),
from a form, an image or a frame. So only known hosts are answered, nothing that another site asks for, and SQL that is
not the page's own waits in a line of its own, where it cannot hold up the page.
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

VISITOR_MS = 1_500
"""Milliseconds that a query may take which the page does not make itself."""
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


def guarded(app: Asgi, access: Access, own_queries: Collection[str] = ()) -> Asgi:
    """Return the application behind the guard; `own_queries` are those that the page makes."""
    visitors = asyncio.Semaphore(1)

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        status, reason = access.refusal(headers)
        if status:
            await _refuse(send, status, reason)
            return
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        if dict(query).get("sql", "") in own_queries and not any(name.startswith("_where") for name, _ in query):
            await app(scope, receive, send)
            return
        limited = [pair for pair in query if pair[0] != "_timelimit"] + [("_timelimit", str(VISITOR_MS))]
        async with visitors:
            await app({**scope, "query_string": urlencode(limited).encode()}, receive, send)

    return answer


async def _refuse(send: Any, status: int, reason: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    if status == 401:
        headers.append((b"www-authenticate", b'Basic realm="viewer", charset="UTF-8"'))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": f"{reason}\n".encode()})
