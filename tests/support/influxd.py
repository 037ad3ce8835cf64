"""Real influxd, each on a free port of 127.0.0.1, with its data in a given folder."""

import json
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from tests.support.needs import need
from tests.support.network import fetch, free_port
from tests.support.processes import LocalServer, Server


@dataclass
class Influxd(LocalServer):
    """Debian's influxd 1.x on a free port; it can be restarted on the same folder.

    `settings` are influxd's own environment names without the prefix: {"DATA_MAX_VALUES_PER_TAG": "100"}.
    """

    settings: Mapping[str, str] = field(default_factory=dict)

    def start(self) -> Self:
        """Start influxd and wait until it answers /ping."""
        self.folder.mkdir(parents=True, exist_ok=True)
        settings = {
            "BIND_ADDRESS": f"127.0.0.1:{free_port()}",
            "HTTP_BIND_ADDRESS": f"127.0.0.1:{self.port}",
            "META_DIR": str(self.folder / "meta"),
            "DATA_DIR": str(self.folder / "data"),
            "DATA_WAL_DIR": str(self.folder / "wal"),
            "MONITOR_STORE_ENABLED": "false",
            "REPORTING_DISABLED": "true",
            "HTTP_LOG_ENABLED": "false",
            **self.settings,
        }
        command = [need("influxd", package="influxdb"), "run", "-config", "/dev/null"]
        env = {f"INFLUXDB_{name}": value for name, value in settings.items()}
        self.server = Server(command, self.folder / "influxd.out", env).start()
        self.server.wait_ready(lambda: fetch(f"{self.url}/ping")[0] == 204)
        return self

    def query(self, influxql: str, database: str = "") -> list[dict[str, Any]]:
        """Run InfluxQL and return the series of the answer: dicts with `name`, `columns`, `values`, `tags`.

        Times are integer nanoseconds. An error from the database raises AssertionError.
        """
        form = {"q": influxql, "db": database, "epoch": "ns"}
        status, body = fetch(f"{self.url}/query", urllib.parse.urlencode(form).encode(), timeout=60)
        answer = json.loads(body)
        assert status == 200, answer
        found: list[dict[str, Any]] = []
        for result in answer["results"]:
            assert "error" not in result, result["error"]
            found += result.get("series", [])
        return found

    def create(self, database: str) -> str:
        """Create the database and return its name."""
        self.query(f'CREATE DATABASE "{database}"')
        return database

    def rows(self, influxql: str, database: str) -> list[dict[str, Any]]:
        """Run InfluxQL and return one dict per row: column -> value, tags of a GROUP BY included."""
        return [
            {**series.get("tags", {}), **dict(zip(series["columns"], values, strict=True))}
            for series in self.query(influxql, database)
            for values in series["values"]
        ]

    def count(self, database: str, measurement: str = "uwsgi_log", column: str = "status") -> int:
        """Return the number of points in the measurement that have the field."""
        found = self.rows(f'SELECT count("{column}") AS n FROM "{measurement}"', database)
        return int(found[0]["n"]) if found else 0
