"""`logshipper rollup`: its errors. What it computes is in tests/integration/test_influxdb_rollup.py."""

from pathlib import Path

from click.testing import CliRunner

from logshipper.commands.rollup import command
from logshipper.errors import RunError
from tests.support.network import free_port
from tests.support.recorded import Recorded


def failure(url: str, secrets: Path) -> str:
    done = CliRunner().invoke(command, [url, "--once", "--secrets", str(secrets)], standalone_mode=False)
    assert isinstance(done.exception, RunError)
    return str(done.exception)


def test_a_server_that_is_unreachable_ends_a_single_run_with_one_line(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    assert failure(url, tmp_path).startswith(f"{url}: ")


def test_without_a_password_the_folder_of_secrets_is_named(tmp_path: Path) -> None:
    server = Recorded({"version": "1.6.7", "GET /ping": {}}, refuses=True)
    with server.served():
        assert failure(server.url, tmp_path).endswith("that logshipper setup wrote, with --secrets")
