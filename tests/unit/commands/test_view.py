"""`logshipper view`: where it listens."""

import re
import socket
from pathlib import Path

import pytest
from click.testing import CliRunner

from logshipper.commands.view import address, command, listen
from logshipper.errors import UserError


def test_a_taken_port_names_the_option() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as other,
        pytest.raises(UserError, match=r"Address already in use.*; choose another port with --port"),
    ):
        listen("127.0.0.1", other.getsockname()[1])


@pytest.mark.parametrize("host", ["192.0.2.1", "no..name"])
def test_an_address_that_is_not_this_machines_is_refused(host: str) -> None:
    with pytest.raises(UserError, match=rf"{re.escape(host)}.*; correct --host"):
        listen(host, 0)


@pytest.mark.parametrize(("host", "shown"), [("127.0.0.1", "127.0.0.1"), ("::1", "[::1]")])
def test_the_printed_address_can_be_opened_in_a_browser(host: str, shown: str) -> None:
    with listen(host, 0) as listener:
        assert address(listener) == f"http://{shown}:{listener.getsockname()[1]}/"


def test_help_names_the_defaults() -> None:
    text = CliRunner().invoke(command, ["--help"]).output
    assert all(default in text for default in ("8001", "127.0.0.1", "requests.db"))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_others_are_let_in_only_with_a_password_or_a_plain_yes(tmp_path: Path, host: str) -> None:
    done = CliRunner().invoke(command, [str(tmp_path / "x.db"), "--host", host], standalone_mode=False)
    assert isinstance(done.exception, UserError)
    assert "--no-password" in done.exception.fix
