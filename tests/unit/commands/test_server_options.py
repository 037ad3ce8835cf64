"""What the commands for servers take: an address, and who signs in."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from logshipper.commands.server_options import administrator_of, influxdb_of, server_of, tls_options
from logshipper.errors import UserError
from logshipper.outputs.influxdb import Transport
from logshipper.provision.plan import Administrator


@pytest.mark.parametrize(
    ("text", "url", "database"),
    [
        ("http://127.0.0.1:8086", "http://127.0.0.1:8086", "telegraf"),
        ("https://db.example:443/my-db/", "https://db.example:443", "my-db"),
    ],
)
def test_an_address_names_server_and_database(text: str, url: str, database: str) -> None:
    api, found = influxdb_of(text, Transport())
    assert (api.url, found) == (url, database)


@pytest.mark.parametrize("text", ["", "db", "ftp://db", "http://", "http://db:0", "http://db:x", "http://db/x?u=1"])
def test_what_is_not_an_address_is_rejected_with_the_fix(text: str) -> None:
    with pytest.raises(UserError, match="is not an address; write http://HOST:PORT"):
        server_of(text, Transport())


def test_a_password_in_an_address_is_rejected_and_not_shown() -> None:
    with pytest.raises(UserError, match="set INFLUX_USER") as found:
        server_of("http://ann:pa55word@db", Transport())
    assert "pa55word" not in str(found.value)


def test_the_environment_says_who_signs_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".netrc").write_text("machine db.example login ann password fr0m-netrc\n")
    (tmp_path / ".netrc").chmod(0o600)
    assert administrator_of("http://db.example", {}) == Administrator("", "ann", "fr0m-netrc")
    assert administrator_of("http://db.example", {"INFLUX_USER": "bob"}) == Administrator("", "bob", "")
    assert administrator_of("http://db.example", {"INFLUX_TOKEN": "t0ken"}) == Administrator("t0ken", "", "")


def test_certificates_become_the_transport(tmp_path: Path) -> None:
    seen: list[Transport] = []

    @click.command()
    @tls_options
    def command(*, transport: Transport) -> None:
        seen.append(transport)

    (tmp_path / "ca.pem").write_text("")
    CliRunner().invoke(command, ["--tls-ca", f"{tmp_path}/ca.pem", "--insecure-skip-verify"], standalone_mode=False)
    assert seen == [Transport(30.0, f"{tmp_path}/ca.pem", verify=False)]
    refused = CliRunner().invoke(command, ["--tls-key", f"{tmp_path}/none"], standalone_mode=False)
    assert str(refused.exception) == f"--tls-key: cannot read {tmp_path}/none; correct it, or make the file readable"
