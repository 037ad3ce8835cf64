"""Where the demo ships to: a SQLite file of its own, or the InfluxDB that the environment names."""

import contextlib
import json
import os
import sqlite3
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

COUNT = "SELECT count(status) FROM uwsgi_log"


class SetUpError(Exception):
    """Something is missing or wrong; the message is one line with the fix."""


@dataclass(frozen=True)
class Target:
    """An output: its section of the settings file, and how to count the rows that it holds.

    `url` is empty for SQLite; `headers` hold the secret and are never shown.
    """

    section: str
    name: str
    database: str
    url: str = ""
    headers: Mapping[str, str] | None = None

    def rows(self) -> int | None:
        """Return how many requests are there, or None if that is unknown now."""
        with contextlib.suppress(OSError, ValueError, LookupError, sqlite3.Error):
            return self._rows_influx() if self.url else self._rows_sqlite()
        return None

    def _rows_sqlite(self) -> int:
        with contextlib.closing(sqlite3.connect(f"{Path(self.database).as_uri()}?mode=ro", uri=True)) as connection:
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'uwsgi_log'").fetchone():
                return 0
            return int(connection.execute(COUNT).fetchone()[0])

    def _rows_influx(self) -> int:
        form = urllib.parse.urlencode({"db": self.database, "q": COUNT})
        request = urllib.request.Request(f"{self.url}/query?{form}", headers=dict(self.headers or {}))  # noqa: S310
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 - the scheme was looked at
            result = json.load(answer)["results"][0]
        return int(result["series"][0]["values"][0][1]) if "series" in result else 0


def choose(folder: Path) -> Target:
    """Return what the environment asks for: INFLUX_URL, or a file in the folder."""
    if os.environ.get("INFLUX_URL"):
        return influx(os.environ["INFLUX_URL"].rstrip("/"), os.environ)
    database = str(folder / "requests.db")
    return Target(f"[[outputs.sqlite]]\npath = {json.dumps(database)}\n", database, database)


def influx(url: str, env: Mapping[str, str]) -> Target:
    """Return the InfluxDB at the URL: 2.x where there is a token, else 1.x. Secrets stay in the environment."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise SetUpError(
            "INFLUX_URL is not http://HOST:PORT; user and password go into INFLUX_USER and INFLUX_PASSWORD"
        )
    if env.get("INFLUX_TOKEN"):
        lacking = [name for name in ("INFLUX_ORG", "INFLUX_BUCKET") if not env.get(name)]
        if lacking:
            raise SetUpError(f"{' and '.join(lacking)} must be set beside INFLUX_TOKEN")
        section = (
            f'[[outputs.influxdb_v2]]\nurls = [{json.dumps(url)}]\ntoken = "${{INFLUX_TOKEN}}"\n'
            f"organization = {json.dumps(env['INFLUX_ORG'])}\nbucket = {json.dumps(env['INFLUX_BUCKET'])}\n"
        )
        headers = {"Authorization": f"Token {env['INFLUX_TOKEN']}"}
        return Target(section, f"InfluxDB at {url}, bucket {env['INFLUX_BUCKET']}", env["INFLUX_BUCKET"], url, headers)
    database = env.get("INFLUX_DATABASE", "telegraf")
    section = f"[[outputs.influxdb]]\nurls = [{json.dumps(url)}]\ndatabase = {json.dumps(database)}\n"
    headers = {}
    if env.get("INFLUX_USER"):
        section += 'username = "${INFLUX_USER}"\npassword = "${INFLUX_PASSWORD}"\n'
        from logshipper.outputs.influxdb import basic_authorization

        headers["Authorization"] = basic_authorization(env["INFLUX_USER"], env.get("INFLUX_PASSWORD", ""))
    return Target(section, f"InfluxDB at {url}, database {database}", database, url, headers)
