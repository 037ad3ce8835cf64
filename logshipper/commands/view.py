"""`logshipper view [DB]`: the viewer on a SQLite file."""

import socket
from pathlib import Path

import click

from logshipper.errors import UserError


@click.command("view")
@click.argument("database", default="requests.db", type=click.Path(path_type=Path))
@click.option(
    "--port",
    default=8001,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="The port to listen on; 0 for any free one.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
def command(database: Path, port: int, host: str) -> None:
    """Show the SQLite file DATABASE (requests.db by default) in the browser, read-only."""
    try:
        import uvicorn

        from logshipper.viewer import application
    except ModuleNotFoundError as error:
        raise UserError(f"the viewer is not installed ({error.name})", fix="pip install 'flaskfana[viewer]'") from error
    app = application(database).app()
    listener = listen(host, port)
    click.echo(f"The viewer is on {address(listener)} (Ctrl-C to stop)")
    settings = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=2)
    try:
        uvicorn.Server(settings).run(sockets=[listener])
    except KeyboardInterrupt:
        click.echo()  # Ctrl-C is the way to stop the viewer, not a failure


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket. Raises UserError if the port is taken or the address is not this machine's."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise UserError(
            f"cannot listen ({error.strerror or error})",
            where=f"{host} port {port}",
            fix="choose another with --port",
        ) from error
    return listener


def address(listener: socket.socket) -> str:
    """Return the address to open in a browser."""
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"
