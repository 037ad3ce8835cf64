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
    assert done.stdout == ""
    assert "\nGET        /api/obj/<int:id_num>\n" in done.stderr
    assert done.stderr.splitlines()[-1].endswith(f'routes; in the settings, below [logshipper]: routes_file = "{file}"')


def test_of_many_routes_the_first_are_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = "class app:\n    url_map = Map([Rule(f'/{n}', methods=['POST']) for n in range(99)])\n"
    (tmp_path / "many_routes.py").write_text(f"from werkzeug.routing import Map, Rule\n{app}")
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(command, ["many_routes:app", "--output", "r.json"], standalone_mode=False)
    assert done.stderr.splitlines()[0] == "POST       /0"
    assert done.stderr.splitlines()[-2:-1] == ["… and 84 more"]


@pytest.mark.parametrize("name", ["nothing_there:app", "flaskapp:nothing", "json:loads", "json:JSONEncoder"])
def test_anything_but_an_application_is_a_user_error(name: str) -> None:
    done = CliRunner().invoke(command, [name], standalone_mode=False)
    assert isinstance(done.exception, UserError)
    assert name in str(done.exception)
