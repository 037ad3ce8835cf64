"""The viewer: Datasette with datasette-dashboards on the shipper's SQLite file. Everything comes from this machine."""

import os
import sqlite3
from pathlib import Path
from typing import Any

import yaml
from datasette.app import Datasette
from datasette.database import Database
from datasette.plugins import pm

from logshipper.errors import UserError
from logshipper.viewer import pages
from logshipper.viewer.guard import VISITOR_MS

HERE = Path(__file__).resolve().parent
DATABASE = "requests"  # the name in the viewer's addresses, whatever the file is called
SETTINGS = {
    "sql_time_limit_ms": VISITOR_MS,
    "max_returned_rows": 5_000,
    "default_cache_ttl": 0,  # always show the newest rows
    "suggest_facets": False,  # suggestions would scan the whole table for each page
    "allow_download": False,
    "num_sql_threads": 4,
}


def dashboard() -> dict[str, Any]:
    """Return the dashboard's definition: the filters, and how each card is drawn."""
    definition: dict[str, Any] = yaml.safe_load((HERE / "dashboard.yaml").read_text())
    return definition


def application(path: Path) -> Datasette:
    """Return Datasette on the SQLite file, opened read-only. Raises UserError if there is no such file."""
    require_sqlite(path)
    if not pm.is_registered(pages):
        pm.register(pages)
    viewer = Datasette(
        metadata={
            "title": "Flaskfana",
            "databases": {DATABASE: {"tables": {"uwsgi_log": {"sort_desc": "time"}}}},
            "plugins": {"datasette-dashboards": {"requests": dashboard()}},
        },
        template_dir=str(HERE / "templates"),
        static_mounts=[("viewer", str(HERE / "static"))],
        settings=SETTINGS,
    )
    viewer.add_database(Database(viewer, str(path), is_mutable=True), name=DATABASE)
    viewer.remove_database("_memory")
    return viewer


def require_sqlite(path: Path) -> None:
    """Raise UserError for a missing file or one that is not SQLite. An empty file is an empty database."""
    if not path.exists():
        fix = f"ship a log into it: logshipper run LOG --to sqlite:///{path}"
        raise UserError("no such database", where=str(path), fix=fix)
    if not os.access(path, os.R_OK):
        fix = "run the viewer as the user of the shipper, or let your group read the file: chmod g+r"
        raise UserError("you may not read the file", where=str(path), fix=fix)
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        connection.execute("SELECT count(*) FROM sqlite_master")
        connection.close()
    except sqlite3.Error as error:
        fix = "give the path of the file that logshipper wrote"
        if "readonly" in str(error):  # SQLite keeps two small files next to a database that is being written
            fix = "copy the file to a folder that you can write to"
        what = f"cannot be read as a SQLite database ({error})"
        raise UserError(what, where=str(path), fix=fix) from error
