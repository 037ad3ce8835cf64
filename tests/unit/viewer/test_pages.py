"""What the viewer adds to Datasette: the landing page, and a policy that keeps the browser on this machine."""

import asyncio
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

from logshipper.viewer import application
from logshipper.viewer.pages import HEADERS, POLICY, asgi_wrapper
from tests.support.request_lines import line
from tests.support.requests_log import store


def ask(path: Path) -> Any:
    return asyncio.run(application(path).client.get("/"))


def test_the_landing_page_is_the_dashboard_once_there_are_rows(tmp_path: Path) -> None:
    assert ask(store([line()], tmp_path)).headers["location"] == "/-/dashboards/requests"


def test_before_the_first_row_the_landing_page_says_that_it_is_waiting(tmp_path: Path) -> None:
    (tmp_path / "requests.db").touch()
    answer = ask(tmp_path / "requests.db")
    assert (answer.status_code, "Waiting for the first request" in answer.text) == (200, True)


def test_a_file_with_events_alone_says_what_was_read_instead_and_what_helps(tmp_path: Path) -> None:
    begun = "*** Starting uWSGI 2.0.31 (64bit) on [Sun Mar  1 12:00:00 2026] ***\n"
    died = "DAMN ! worker 1 (pid: 7) died, killed by signal 9 :( trying respawn ...\n"
    answer = ask(store([begun, died], tmp_path))
    assert "not requests:" in answer.text
    assert "worker_died" in answer.text
    assert "logshipper explain" in answer.text


def test_queries_are_offered_beside_a_visitors_own(tmp_path: Path) -> None:
    page = asyncio.run(application(store([line()], tmp_path)).client.get("/requests"))
    assert "Which URIs failed most in the last day" in page.text


def test_the_policy_forbids_loading_anything_from_elsewhere() -> None:
    directives = dict(part.strip().partition(" ")[::2] for part in POLICY.split(";"))
    assert directives["default-src"] == "'self'"
    assert not any("http" in value or "*" in value or "unsafe-eval" in value for value in directives.values())


def test_each_response_gets_the_policy_and_keeps_its_headers() -> None:
    sent: list[MutableMapping[str, Any]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x", b"y")]})
        await send({"type": "http.response.body", "body": b"z"})

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    asyncio.run(asgi_wrapper()(app)({}, None, send))  # type: ignore[arg-type, unused-ignore]
    assert sent[0]["headers"] == [(b"x", b"y"), *HEADERS]
    assert dict(HEADERS)[b"content-security-policy"] == POLICY.encode()
    assert sent[1] == {"type": "http.response.body", "body": b"z"}


def test_no_column_is_drawn_as_html_and_no_cell_of_csv_is_a_formula(tmp_path: Path) -> None:
    path = store([line()], tmp_path)
    query = "?sql=select+%27**x**%3Cb%3Ey%27+as+a_markdown,+%27%3D1%2B1%27+as+b,+-5+as+c"

    async def ask() -> list[str]:
        client = application(path).client
        return [(await client.get(f"/requests{kind}{query}")).text for kind in ("", ".csv")]

    page, exported = asyncio.run(ask())
    assert "<strong>" not in page
    assert "**x**&lt;b&gt;y" in page
    assert exported == "a_markdown,b,c\r\n**x**<b>y,'=1+1,-5\r\n"
