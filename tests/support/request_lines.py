"""Request lines as uWSGI writes them: the one writer for all tests."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


def stamp(moment: datetime) -> str:
    """Return a time as uWSGI writes it."""
    return moment.strftime("%a %b %e %H:%M:%S %Y")


def line(
    uri: str = "/",
    *,
    ms: int = 5,
    status: int = 200,
    method: str = "GET",
    at: datetime | str = START,
    number: int = 1,
    user: str = "",
    address: str = "10.0.2.2",
) -> str:
    """Return one line of the log, with its newline; `number` is the server's count of requests."""
    when = at if isinstance(at, str) else stamp(at)
    return (
        f"[pid: 13|app: 0|req: {number}/{number}] {address} ({user}) {{40 vars in 672 bytes}} [{when}] {method} {uri}"
        f" => generated 14 bytes in {ms} msecs (HTTP/1.1 {status}) 2 headers in 79 bytes (1 switches on core 0)\n"
    )


# The line in the README, which many tests use, without its newline.
LINE = line("/api/obj/124", ms=5005, at="Fri May  5 14:51:39 2017", number=2)[:-1]


def spread(uris: Iterable[str], *, begin: datetime = START, every: float = 1.0, **more: Any) -> list[str]:
    """Return a line for each uri, `every` seconds apart."""
    return [
        line(uri, at=begin + timedelta(seconds=every * number), number=number + 1, **more)
        for number, uri in enumerate(uris)
    ]
