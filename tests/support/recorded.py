"""A server that gives recorded answers, and remembers what it was asked to change."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.support.http_server import Answer, http_server


@dataclass
class Recorded:
    """Answers by "METHOD /path", or by the InfluxQL of a query; an int is a status without JSON. Any other is 404.

    One that `refuses` wants another password for each query.
    `changes` are the requests that are no GET, with the JSON of their bodies; `headers` those of the last request.
    """

    answers: Mapping[str, Any]
    changes: list[tuple[str, Any]] = field(default_factory=list)
    headers: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    refuses: bool = False

    @contextmanager
    def served(self) -> Iterator["Recorded"]:
        """Serve on a free port."""
        with http_server(self._answer) as self.url:
            yield self

    def _answer(self, headers: Mapping[str, str], body: bytes) -> Answer:
        self.headers = headers
        path = unquote(urlsplit(headers[":path"]).path)
        name = f"{headers[':method']} {path}"
        if path == "/query":
            name = parse_qs(body.decode())["q"][0]
            if not name.startswith(("SHOW", "SELECT")):
                self.changes.append((name, None))
        elif headers[":method"] != "GET":
            self.changes.append((name, json.loads(body) if body else None))
        found = self.answers.get(name, (401 if self.refuses else {"results": [{}]}) if path == "/query" else 404)
        status, value = (found, {"message": "recorded"}) if isinstance(found, int) else (200, found)
        return Answer(status, json.dumps(value).encode(), {"X-Influxdb-Version": str(self.answers.get("version", ""))})


def table(*rows: list[Any]) -> dict[str, Any]:
    """Return the answer to an InfluxQL query."""
    return {"results": [{"series": [{"values": list(rows)}] if rows else []}]}
