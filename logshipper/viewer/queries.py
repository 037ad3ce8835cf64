"""The queries that the viewer offers beside a visitor's own; they are in queries.yaml."""

from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import Any

import yaml


@cache
def _all() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("queries.yaml").read_text())
    return found


def offered(columns: Collection[str]) -> dict[str, dict[str, str]]:
    """Return the queries that a table with these columns can answer, as Datasette wants them."""
    return {
        name: {"title": one["title"], "sql": one["sql"]}
        for name, one in _all().items()
        if set(one["needs"]) <= set(columns)
    }
