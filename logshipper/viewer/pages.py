"""Datasette plugin: the landing page, and a policy that keeps the browser on this machine."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from datasette import handle_exception, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request, Response

# With rich installed, Datasette prints pages of traceback for every mistake in a user's SQL; the page already says what
# is wrong.
handle_exception.rich = None

Asgi = Callable[[Any, Any, Any], Awaitable[None]]

# The browser loads nothing from elsewhere and sends nothing there, whatever a log line holds. Vega compiles its
# expressions in the browser, hence unsafe-eval; the templates contain small scripts and styles.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)


async def landing(datasette: Datasette, request: Request) -> Response:
    """Redirect to the dashboard, or say that nothing has been shipped yet."""
    database = datasette.get_database("requests")
    if await database.table_exists("uwsgi_log"):
        return Response.redirect(datasette.urls.path("/-/dashboards/requests"))
    page = await datasette.render_template("waiting.html", {"path": database.path}, request=request)
    return Response.html(page)


@hookimpl  # type: ignore[untyped-decorator]  # Datasette ships no types
def register_routes() -> list[tuple[str, Callable[..., Awaitable[Response]]]]:
    """Show the landing page instead of Datasette's list of databases."""
    return [("^/$", landing)]


@hookimpl  # type: ignore[untyped-decorator]  # Datasette ships no types
def asgi_wrapper() -> Callable[[Asgi], Asgi]:
    """Add the policy to every response."""

    def wrap(app: Asgi) -> Asgi:
        async def answer(scope: Any, receive: Any, send: Any) -> None:
            async def send_with_policy(message: MutableMapping[str, Any]) -> None:
                if message["type"] == "http.response.start":
                    headers = [*message.get("headers", []), (b"content-security-policy", POLICY.encode())]
                    message = {**message, "headers": headers}
                await send(message)

            await app(scope, receive, send_with_policy)

        return answer

    return wrap
