"""Who is answered by the viewer, and what a visitor's query may cost."""

import asyncio
import base64
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from logshipper.viewer import application
from logshipper.viewer.guard import FIGURES, VISITOR_MS, Access, guarded
from tests.support.request_lines import line
from tests.support.requests_log import store

SLOW = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c"


def asked(path: Path, address: str, access: Access | None = None, **headers: str) -> httpx.Response:
    """Ask for an address."""

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(guarded(application(path).app(), access or Access()))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost", timeout=60) as client:
            names = {name.replace("_", "-"): value for name, value in headers.items()}
            return await client.get(address, headers=names)

    return asyncio.run(ask())


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return store([line()], tmp_path)


@pytest.mark.parametrize(
    ("host", "status"),
    [("localhost:8001", 302), ("127.0.0.1", 302), ("[::1]:8001", 302), ("LOCALHOST", 302), ("viewer.test", 302),
     ("evil.example", 421), ("127.0.0.1.evil.example", 421), ("192.0.2.1", 421), ("", 421), ("[", 421),
     ("localhost@evil.example", 421)],
)  # fmt: skip
def test_only_known_hosts_are_answered(database: Path, host: str, status: int) -> None:
    answer = asked(database, "/", Access(["viewer.test"]), host=host)
    assert answer.status_code == status
    assert ("evil" in answer.text) is False


def test_when_listening_on_the_network_any_address_is_accepted_but_no_unknown_name(database: Path) -> None:
    access = Access(["0.0.0.0"], any_address=True)
    assert [asked(database, "/", access, host=host).status_code for host in ("192.0.2.1:80", "evil.test")] == [
        302,
        421,
    ]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 302),
        ({"sec_fetch_site": "none"}, 302),
        ({"sec_fetch_site": "same-origin"}, 302),
        ({"sec_fetch_site": "same-site"}, 403),
        ({"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate"}, 403),
        ({"origin": "http://localhost:8001"}, 302),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
    ],
)
def test_requests_from_other_sites_are_refused(database: Path, headers: dict[str, str], status: int) -> None:
    assert asked(database, "/", None, **headers).status_code == status


def test_a_password_is_required_and_checked(database: Path) -> None:
    def signed(text: bytes) -> str:
        return f"Basic {base64.b64encode(text).decode()}"

    access = Access(password="pa55:wörd")
    for given, status in [
        (signed("any:pa55:wörd".encode()), 302), (signed(b"any:wrong"), 401), ("Basic x", 401), ("", 401),
    ]:  # fmt: skip
        answer = asked(database, "/", access, authorization=given)
        assert answer.status_code == status
    assert answer.headers["www-authenticate"].startswith("Basic")
    assert "pa55" not in repr(access)


@pytest.mark.slow
def test_a_visitors_slow_query_is_interrupted_and_does_not_block_the_page(database: Path) -> None:
    slow = [urlencode({"sql": SLOW, "_timelimit": "99999", "x": str(number)}) for number in range(4)]

    async def ask() -> list[Any]:
        transport = httpx.ASGITransport(guarded(application(database).app(), Access()))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost", timeout=60) as client:
            waiting = [asyncio.create_task(client.get(f"/requests.json?{query}")) for query in slow]
            page = await client.get(FIGURES, params={"last": "all"})
            done = sum(task.done() for task in waiting)
            return [page, done, *(await asyncio.gather(*waiting))]

    page, done, *visits = asyncio.run(ask())
    assert page.json()["cards"]["total"] == [{"value": "1"}]
    assert done < len(slow)  # the page did not wait for all of them
    assert {answer.status_code for answer in visits} == {400}
    assert all("Interrupted" in answer.text for answer in visits)
    assert VISITOR_MS <= 2_000


@pytest.mark.slow
def test_a_visitors_query_takes_little_memory_and_opens_no_file(database: Path) -> None:
    for sql in (
        "select replace(hex(zeroblob(60000000)), '00', 'aaaa')",
        "select zeroblob(5000000)",
        "select group_concat(hex(randomblob(1000)), hex(zeroblob(1000000))) from "
        "(with recursive c(x) as (select 1 union all select x + 1 from c limit 9999) select x from c)",
    ):
        answer = asked(database, f"/requests.json?{urlencode({'sql': sql})}")
        assert answer.status_code == 400, sql
        assert "too big" in answer.text or "memory" in answer.text or "too long" in answer.text


@pytest.mark.slow
def test_a_visitor_cannot_give_a_query_more_time_by_asking_for_it_as_a_table(database: Path) -> None:
    slow = urlencode({"_where": f"(SELECT 1 FROM ({SLOW}))", "_timelimit": "99999"})
    answer = asked(database, f"/requests/uwsgi_log.json?{slow}")
    assert (answer.status_code, "Interrupted" in answer.text or "interrupted" in answer.text) == (400, True)
