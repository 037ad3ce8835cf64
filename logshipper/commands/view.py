"""`logshipper view [DB]`: the viewer on a SQLite file."""

import errno
import socket
from pathlib import Path

import click

from logshipper.errors import UserError
from logshipper.wiring.secrets import secret_of


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
@click.option("--allow-host", multiple=True, metavar="NAME", help="Another name by which it may be asked; repeatable.")
@click.option("--password-file", type=click.Path(path_type=Path), help="Ask for the password in this file.")
@click.option("--no-password", is_flag=True, help="Let everybody in who reaches an address that is not this machine's.")
def command(  # noqa: PLR0913, PLR0917 - one for each option
    database: Path, port: int, host: str, allow_host: tuple[str, ...], password_file: Path | None, no_password: bool
) -> None:
    """Show the SQLite file DATABASE (requests.db by default) in the browser, read-only.

    Example: logshipper view requests.db --port 8001
    """
    try:
        import uvicorn

        from logshipper.viewer import application
        from logshipper.viewer.guard import Access, guarded
    except ModuleNotFoundError as error:
        raise UserError(f"the viewer is not installed ({error.name})", fix="pip install 'flaskfana[viewer]'") from error
    is_local = host in ("localhost", "::1") or host.startswith("127.")
    password = secret_of("", str(password_file), "--password-file") if password_file else ""
    if not (is_local or password or no_password):
        fix = "give --password-file FILE, or --no-password if everybody may read"
        raise UserError("others can reach this address", where=f"--host {host}", fix=fix)
    access = Access((host, *allow_host), password, any_address=not is_local)
    app = guarded(application(database).app(), access)
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
        not_ours = isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL
        raise UserError(
            f"cannot listen ({error.strerror or error})",
            where=f"{host} port {port}",
            fix="correct --host" if not_ours else "choose another port with --port",
        ) from error
    return listener


def address(listener: socket.socket) -> str:
    """Return the address to open in a browser."""
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"
