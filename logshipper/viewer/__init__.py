"""The viewer: Datasette with datasette-dashboards on the shipper's SQLite file. Everything comes from this machine."""

import os
import re
import sqlite3
from itertools import combinations
from pathlib import Path
from typing import Any

import yaml
from datasette.app import Datasette
from datasette.database import Database
from datasette.plugins import pm
from datasette_dashboards import replace_opts_in_query

from logshipper.errors import UserError
from logshipper.viewer import pages

HERE = Path(__file__).resolve().parent
DATABASE = "requests"  # the name in the viewer's addresses, whatever the file is called
SETTINGS = {
    "sql_time_limit_ms": 20_000,  # a million rows take less than a second; a cold disk needs longer
    "max_returned_rows": 5_000,
    "default_cache_ttl": 0,  # always show the newest rows
    "suggest_facets": False,  # suggestions would scan the whole table for each page
    "allow_download": False,
    "num_sql_threads": 4,
}
# One row that is dated in the future, by a wrong clock or time zone, must not hide all others.
NEWEST = (
    "(SELECT coalesce((SELECT max(time) FROM uwsgi_log"
    " WHERE time <= strftime('%Y-%m-%dT%H:%M:%S', 'now', '+5 minutes')), (SELECT max(time) FROM uwsgi_log)))"
)
# The requests that pass the filters. The window ends at the newest one. `last` = all means no beginning: '-all' is no
# time span to SQLite, which returns NULL.
WINDOW = (
    f"SELECT * FROM uwsgi_log WHERE time <= {NEWEST}"  # noqa: S608 - our own text
    f" AND time >= coalesce(strftime('%Y-%m-%dT%H:%M:%S', {NEWEST}, '-' || :last), '')"
    "[[ AND method = :method]][[ AND status_class = :status_class]][[ AND uri = :uri]]"
)
# Seconds for each bar, so that a chart has about 60 to 150 of them.
STEP = (
    "(SELECT CASE WHEN s <= 300 THEN 5 WHEN s <= 900 THEN 10 WHEN s <= 3600 THEN 30 WHEN s <= 21600 THEN 180"
    " WHEN s <= 86400 THEN 600 WHEN s <= 604800 THEN 5400 WHEN s <= 2592000 THEN 21600 ELSE s / 120 END"
    " FROM (SELECT strftime('%s', max(time)) - strftime('%s', min(time)) AS s FROM ({window})))"
)
# What the page says of the newest request, and of those that are dated later still.
HEADLINE = (
    f"WITH own AS (SELECT {NEWEST} AS newest)"  # noqa: S608 - our own text
    " SELECT newest, (SELECT count(*) FROM uwsgi_log WHERE time > newest) AS later FROM own"
)
_OPTIONAL = re.compile(r"\[\[[^\]]*?:(\w+)[^\]]*\]\]")


def dashboard() -> dict[str, Any]:
    """Return the dashboard's definition with all the SQL that the page sends."""
    definition: dict[str, Any] = yaml.safe_load((HERE / "dashboard.yaml").read_text())
    definition["headline"] = HEADLINE
    for chart in definition["charts"].values():
        chart["db"] = DATABASE
        chart["query"] = chart["query"].replace("{step}", STEP).replace("{window}", WINDOW)
        if needed := chart.pop("optional", ""):
            chart["exists"] = _exists(*needed.split("."))
    return definition


def _exists(table: str, column: str = "") -> str:
    """Return the SQL that has a row if there is a table, or a column of one."""
    if column:
        return f"SELECT 1 FROM pragma_table_info('{table}') WHERE name = '{column}'"  # noqa: S608 - our own text
    return f"SELECT 1 FROM sqlite_master WHERE name = '{table}'"  # noqa: S608 - as above


def own_queries() -> set[str]:
    """Return the SQL that the page itself sends, with each choice of filters."""
    definition = dashboard()
    made = {"", definition["headline"]}
    for chart in definition["charts"].values():
        optional = sorted(set(_OPTIONAL.findall(chart["query"])))
        for count in range(len(optional) + 1):
            for names in combinations(optional, count):
                made.add(replace_opts_in_query(chart["query"], dict.fromkeys(names, "x")))
        made.add(chart.get("exists", ""))
    return made


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
