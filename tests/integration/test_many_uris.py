"""An application with a page for each of many users: one route, few series, and every uri can still be found."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from logshipper.settings.options import Agent, Grok, Input, LogshipperSettings, Settings
from logshipper.wiring.parsers import build_parser
from tests.support.influxd import Influxd
from tests.support.parsing import chunk, texts
from tests.support.request_lines import line

USERS = 100_000
CAP = 10_000
START = 1_493_995_899
A_SECOND, BLOCK = 5_000, 5_000  # lines
APPLICATION = """
from flask import Flask

app = Flask(__name__)
app.add_url_rule("/user/<int:id>", view_func=lambda id: "x", endpoint="user")
"""


def blocks(users: int) -> Iterator[str]:
    """Yield the log of one request by each user."""
    for first in range(0, users, BLOCK):
        at = time.asctime(time.gmtime(START + first // A_SECOND))
        yield "".join(line(f"/user/{user}", at=at) for user in range(first, first + BLOCK))


def command(*arguments: str, folder: Path) -> None:
    subprocess.run([sys.executable, "-m", "logshipper", *arguments], cwd=folder, check=True)


@pytest.fixture
def routes(tmp_path: Path) -> Path:
    """The routes of the application, exported by the command."""
    pytest.importorskip("flask")
    (tmp_path / "pages.py").write_text(APPLICATION)
    command("routes", "pages:app", "--output", "routes.json", folder=tmp_path)
    return tmp_path / "routes.json"


def test_many_users_share_one_route_and_their_uris_are_limited(routes: Path) -> None:
    given = Input(grok=Grok(timezone="UTC"), files=["/a.log"])
    own = LogshipperSettings(routes_file=str(routes), max_tag_values=CAP)
    parser = build_parser(Settings(agent=Agent(omit_hostname=True), logshipper=own, inputs=[given]), given)
    memory = parser.memory("/a.log")
    series: set[str] = set()
    times: set[tuple[str, str]] = set()
    offset = count = full = 0
    for text in blocks(USERS):
        batch = parser.parse(chunk(text, offset), memory)
        offset = batch.chunk.end
        for number, point in enumerate(texts(batch), count):
            head, stamp = point[: point.index(" ")], point[point.rindex(" ") :]
            series.add(head)
            times.add((head, stamp))
            full += f'uri_full="/user/{number}"' in point if "uri=(other)" in head else f"uri=/user/{number}" in head
        count += len(batch.points)
    assert count == full == len(times) == USERS
    assert len(series) == CAP + 1
    assert all("route=/user/<int:id>" in head for head in series)


def test_influxdb_stores_all_requests_within_the_series_limit(
    tmp_path: Path, routes: Path, influxd: Influxd, influx_db: str
) -> None:
    log = tmp_path / "uwsgi.log"
    log.write_text("".join(blocks(USERS)))
    settings = tmp_path / "logshipper.toml"
    settings.write_text(
        f"[logshipper]\n  state_dir = '{tmp_path}/state'\n  routes_file = '{tmp_path}/routes.json'\n"
        f"  max_tag_values = {CAP}\n[agent]\n  hostname = 'web'\n"
        f"[[inputs.logparser]]\n  files = ['{log}']\n  from_beginning = true\n"
        f"[[outputs.influxdb]]\n  urls = ['{influxd.url}']\n  database = '{influx_db}'\n  timeout = '60s'\n"
    )
    command("run", "--once", "--config", str(settings), folder=tmp_path)

    assert influxd.count(influx_db) == USERS
    found = influxd.rows('SHOW TAG VALUES FROM uwsgi_log WITH KEY = "route"', influx_db)
    assert [row["value"] for row in found] == ["/user/<int:id>"]
    uris = [row["value"] for row in influxd.rows('SHOW TAG VALUES FROM uwsgi_log WITH KEY = "uri"', influx_db)]
    assert len(uris) == CAP + 1
    series = influxd.rows("SHOW SERIES FROM uwsgi_log", influx_db)
    assert len(series) <= CAP + 1
    kept = influxd.rows("SELECT count(uri_full) AS n FROM uwsgi_log WHERE uri = '(other)'", influx_db)
    assert kept[0]["n"] == USERS - CAP
    for user in (0, CAP - 1):
        found = influxd.rows(f"SELECT count(status) AS n FROM uwsgi_log WHERE uri = '/user/{user}'", influx_db)
        assert found[0]["n"] == 1
    for user in (CAP, 12_345, USERS - 1):
        found = influxd.rows(f"SELECT count(status) AS n FROM uwsgi_log WHERE uri_full = '/user/{user}'", influx_db)
        assert found[0]["n"] == 1
