"""`logshipper routes`: what it writes for an application."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from logshipper.commands.routes import command
from logshipper.errors import UserError
from logshipper.parse.routes import route_of


def test_the_command_writes_the_routes_of_an_application(tmp_path: Path) -> None:
    file = tmp_path / "routes.json"
    done = CliRunner().invoke(command, ["flaskapp:create_app", "--output", str(file)], standalone_mode=False)
    assert done.exception is None
    assert route_of(file)("/api/obj/124", "GET") == "/api/obj/<int:id_num>"


@pytest.mark.parametrize("name", ["nothing_there:app", "flaskapp:nothing", "json:loads", "json:JSONEncoder"])
def test_anything_but_an_application_is_a_user_error(name: str) -> None:
    done = CliRunner().invoke(command, [name], standalone_mode=False)
    assert isinstance(done.exception, UserError)
    assert name in str(done.exception)
