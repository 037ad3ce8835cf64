"""`logshipper routes MODULE:APP`: print an application's url_map as JSON."""

import importlib
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from logshipper.errors import UserError
from logshipper.parse.routes import exported
from logshipper.printable import in_columns
from logshipper.words import counted

# How many routes are listed; more than a screen helps nobody.
_LISTED = 15
# Flask answers these by itself.
_BY_ITSELF = {"HEAD", "OPTIONS"}


@click.command("routes")
@click.argument("application", metavar="MODULE:APP")
@click.option("--output", type=click.Path(path_type=Path), help="Write to this file instead of standard output.")
@click.option("--prefix", default="", help="The path where the application is mounted, such as /shop.")
def command(application: str, output: Path | None, prefix: str) -> None:
    """Export the routes of MODULE:APP, an application or its factory function, for the tag `route`.

    Example: logshipper routes flaskapp:create_app --output routes.json
    """
    app = _load(application)
    found = exported(app.url_map, prefix)
    text = json.dumps(found, indent=1) + "\n"
    if output is None:
        click.echo(text, nl=False)
        return
    temporary = output.with_name(f".{output.name}.new")
    try:
        temporary.write_text(text, "utf-8")
        os.replace(temporary, output)
    except OSError as error:
        fix = "choose another --output"
        raise UserError(f"cannot write the routes: {error.strerror}", where=str(output), fix=fix) from error
    click.echo(_listed(found["rules"], output), err=True)


def _listed(rules: Sequence[Mapping[str, Any]], output: Path) -> str:
    """Return the routes as text, and what to do with the file."""
    lines = []
    for one in rules[:_LISTED]:
        methods = " ".join(sorted({*(one["methods"] or ["ANY"])} - _BY_ITSELF)) or "OPTIONS"
        lines.append(f"{methods:9}  {in_columns(one['rule'])}")
    more = [f"… and {len(rules) - _LISTED:,} more"] if len(rules) > _LISTED else []
    fix = f'in the settings, below [logshipper]: routes_file = "{in_columns(str(output.absolute()))}"'
    return "\n".join([*lines, *more, f"{output}: {counted(len(rules), 'route')}; {fix}"])


def _load(application: str) -> Any:
    """Return the object with a `url_map`. Raises UserError."""
    module_name, _, name = application.partition(":")
    sys.path.insert(0, "")
    fix = "give MODULE:APP, such as flaskapp:create_app"
    try:
        found: Any = importlib.import_module(module_name)
        for part in (name or "app").removesuffix("()").split("."):
            found = getattr(found, part)
        if not hasattr(found, "url_map") and callable(found):
            found = found()
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if f"{module_name}.".startswith(f"{missing}."):
            fix = "go to the application's folder, and give MODULE:APP, such as flaskapp:create_app"
            raise UserError("no such module in this folder or environment", where=application, fix=fix) from error
        extra = missing.partition(".")[0] == "werkzeug"
        package = "'flaskfana[routes]'" if extra else missing.partition(".")[0]
        raise UserError(
            f"{missing} is not installed", where=application, fix=f"{sys.executable} -m pip install {package}"
        ) from error
    except Exception as error:  # the import of an application may raise anything
        raise UserError(
            f"cannot load the application: {type(error).__name__}: {error}", where=application, fix=fix
        ) from error
    if not hasattr(found, "url_map"):
        raise UserError("not a Flask application: it has no url_map", where=application, fix=fix)
    return found
