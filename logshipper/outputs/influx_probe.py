"""Questions to an InfluxDB, over the same way and with the same rights as the writes; they leave nothing there."""

import email.utils
import json
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from logshipper.durations import nanoseconds
from logshipper.outputs.answer_json import read_json
from logshipper.outputs.influxdb import InfluxOutput, InfluxSettings
from logshipper.outputs.protocol import OutputError, RetryLater
from logshipper.printable import without_secrets

MEASUREMENT = "logshipper_check"
_SHORT = 2**16  # bytes
_JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Greeting:
    """What a server says of itself: its version, and how many seconds its clock is ahead of ours."""

    version: str
    ahead: float


class InfluxProbe:
    """One server. Each method raises OutputError, with the fix in its reason, if the server refuses."""

    def __init__(self, settings: InfluxSettings, url: str) -> None:
        self._output, self._settings, self.url = InfluxOutput(settings), settings, url
        self._run = uuid.uuid4().hex[:12]

    def greet(self) -> Greeting:
        """Ask who it is."""
        headers = self._output.ask("GET", self.url, "/ping", {}, b"", {}).headers
        found = {name.lower(): value for name, value in headers.items()}
        try:
            ahead = email.utils.parsedate_to_datetime(found.get("date", "")).timestamp() - time.time()
        except (ValueError, TypeError):
            ahead = 0.0
        return Greeting(without_secrets(found.get("x-influxdb-version", "")), ahead)

    def write(self) -> None:
        """Write one point, in a measurement of its own."""
        line = f"{MEASUREMENT},run={self._run} value=1i {time.time_ns()}\n"
        self._output.ask("POST", self.url, self._settings.write_path, self._settings.parameters, line.encode(), {})

    def is_there(self, database: str, policy: str) -> bool:
        """Return whether that point is in the database, asked with InfluxQL as Grafana does."""
        table = f"{quoted(policy)}.{quoted(MEASUREMENT)}" if policy else quoted(MEASUREMENT)
        query = f"SELECT value FROM {table} WHERE run = '{self._run}'"  # noqa: S608 - quoted
        return bool(self.influxql("GET", query, database))

    def remove(self, database: str) -> None:
        """Remove that point: with InfluxQL in 1.x, with the API in 2.x."""
        if self._settings.write_path == "/write":
            self.influxql("POST", f"DROP SERIES FROM {quoted(MEASUREMENT)} WHERE run = '{self._run}'", database)
            return
        asked = {
            "start": "1970-01-01T00:00:00Z",
            "stop": "2200-01-01T00:00:00Z",
            "predicate": f'_measurement="{MEASUREMENT}" AND run="{self._run}"',
        }
        whose = {name: self._settings.parameters[name] for name in ("org", "bucket")}
        self._output.ask("POST", self.url, "/api/v2/delete", whose, json.dumps(asked).encode(), _JSON)

    def influxql(
        self, method: str, query: str, database: str, longest: int = _SHORT
    ) -> Sequence[Mapping[str, Any]]:  # fmt: skip
        """Return the series that a query finds; `longest` as for `json`."""
        answer = self.json(method, "/query", {"db": database, "q": query}, longest)
        results = answer.get("results") if isinstance(answer, dict) else None
        first = results[0] if isinstance(results, list) and results else {}
        if error := first.get("error"):
            raise RetryLater("refused", f"{self.url}: {without_secrets(str(error))}")
        return list(first.get("series") or ())

    def json(self, method: str, path: str, parameters: Mapping[str, str], longest: int = _SHORT) -> Any:
        """Return an answer that is JSON, of at most `longest` bytes."""
        answer = self._output.ask(method, self.url, path, parameters, b"", {}, longest)
        try:
            return read_json(answer.body)
        except ValueError as error:
            raise RetryLater("refused", f"{self.url}{path}: the answer is not JSON") from error

    def may_only_write(self, bucket: str) -> bool:
        """Return whether a server of 2.x hides the bucket from this token, as it does if the token may only write."""
        try:
            return not self._buckets(bucket)
        except (OutputError, KeyError, TypeError):
            return False

    def _buckets(self, name: str) -> Sequence[Mapping[str, Any]]:
        asked = {"org": self._settings.parameters["org"], "name": name}
        return list(self.json("GET", "/api/v2/buckets", asked)["buckets"])

    def retention(self, database: str, policy: str) -> float | None:
        """Return how long points are kept, in seconds, 0 for ever; None if this user may not ask."""
        try:
            if self._settings.write_path == "/write":
                return self._policy_1(database, policy)
            bucket = self._buckets(database)[0]
            return float(next((rule["everySeconds"] for rule in bucket["retentionRules"]), 0))
        except (OutputError, KeyError, IndexError, TypeError, ValueError):
            return None

    def _policy_1(self, database: str, policy: str) -> float:
        series = self.influxql("GET", f"SHOW RETENTION POLICIES ON {quoted(database)}", "")[0]
        for values in series["values"]:
            row = dict(zip(series["columns"], values, strict=True))
            if row["name"] == policy if policy else row["default"]:
                return (nanoseconds(str(row["duration"])) or 0.0) / 1e9
        return 0.0

    def close(self) -> None:
        """Close the connections."""
        self._output.close()


def quoted(name: str) -> str:
    """Return an identifier as InfluxQL writes it."""
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
