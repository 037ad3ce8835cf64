"""Datasette plugin: the landing page, a policy that keeps the browser on this machine, and limits for SQL."""

import sqlite3
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from datasette import handle_exception, hookimpl
from datasette.app import Datasette
from datasette.database import Database
from datasette.utils.asgi import Request, Response

from logshipper.viewer.csv_cells import CsvCells
from logshipper.viewer.figures import answer
from logshipper.viewer.guard import FIGURES
from logshipper.viewer.limits import bound
from logshipper.viewer.queries import offered

# With rich installed, Datasette prints pages of traceback for every mistake in a user's SQL; the page already says what
# is wrong.
handle_exception.rich = None

Asgi = Callable[[Any, Any, Any], Awaitable[None]]

# The browser loads nothing from elsewhere and sends nothing there, whatever a log line holds. The templates
# contain small scripts and styles; Vega interprets its expressions, so that no text becomes code.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; object-src 'none'; worker-src 'none'; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'self'"
)
HEADERS = [
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
]


async def landing(datasette: Datasette, request: Request) -> Response:
    """Redirect to the dashboard, or say that nothing has been shipped yet."""
    database = datasette.get_database("requests")
    if await database.table_exists("uwsgi_log"):
        return Response.redirect(datasette.urls.path("/-/dashboards/requests"))
    instead = await _events(database) if await database.table_exists("uwsgi_event") else []
    found = {"path": database.path, "instead": instead}
    page = await datasette.render_template("waiting.html", found, request=request)
    return Response.html(page)


async def _events(database: Database) -> list[tuple[str, int, str]]:
    """Return kind, number and the last message of the lines that are not requests."""
    found = await database.execute(
        "SELECT kind, count(*), coalesce(message, ''), max(time) FROM uwsgi_event GROUP BY kind ORDER BY 2 DESC"
    )
    return [(kind, count, message) for kind, count, message, _ in found.rows]


async def figures(datasette: Datasette, request: Request) -> Response:
    """Return what the page shows, as JSON."""
    database = datasette.get_database("requests")
    given = {name: request.args[name] for name in request.args}
    return Response.json(await database.execute_fn(lambda connection: answer(connection, database.path, given)))


@hookimpl  # type: ignore[untyped-decorator]  # Datasette ships no types
def register_routes() -> list[tuple[str, Callable[..., Awaitable[Response]]]]:
    """Show the landing page instead of Datasette's list of databases, and answer the page."""
    return [("^/$", landing), (f"^{FIGURES}$", figures)]


@hookimpl  # type: ignore[untyped-decorator]
def prepare_connection(conn: sqlite3.Connection) -> None:
    """Bound what a query may take; Datasette bounds its time."""
    bound(conn)


@hookimpl  # type: ignore[untyped-decorator]
def canned_queries(datasette: Datasette, database: str) -> Callable[[], Awaitable[dict[str, dict[str, str]]]]:
    """Offer queries beside a visitor's own."""

    async def found() -> dict[str, dict[str, str]]:
        return offered(await datasette.get_database(database).table_columns("uwsgi_log"))

    return found


@hookimpl(tryfirst=True)  # type: ignore[untyped-decorator]
def render_cell(value: object, column: str) -> str | None:
    """Show a text as a text where another plugin would draw it as HTML."""
    return value if isinstance(value, str) and column.endswith("_markdown") else None


@hookimpl  # type: ignore[untyped-decorator]
def asgi_wrapper() -> Callable[[Asgi], Asgi]:
    """Add the headers to every response, and make the cells of CSV harmless."""

    def wrap(app: Asgi) -> Asgi:
        async def respond(scope: Any, receive: Any, send: Any) -> None:
            cells: CsvCells | None = None

            async def send_safely(message: MutableMapping[str, Any]) -> None:
                nonlocal cells
                if message["type"] == "http.response.start":
                    headers = list(message.get("headers", []))
                    kinds = [value for name, value in headers if name.lower() == b"content-type"]
                    # Datasette calls CSV plain text, so that a browser shows it.
                    if scope.get("path", "").endswith(".csv") or b"csv" in b"".join(kinds):
                        cells = CsvCells()
                        headers = [(name, value) for name, value in headers if name.lower() != b"content-length"]
                    message = {**message, "headers": headers + HEADERS}
                elif cells:
                    last = not message.get("more_body", False)
                    message = {**message, "body": cells.feed(message.get("body", b""), last=last)}
                await send(message)

            await app(scope, receive, send_safely)

        return respond

    return wrap
