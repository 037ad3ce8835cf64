"""Time each panel of the dashboard *uWSGI requests* over ten million requests, at every range.

    python -m bench.long_range [--requests 10000000] [--out FILE]

A real influxd (Debian's 1.x) gets thirty days of made-up traffic and its rollups. Each panel's queries are asked
together, as a browser does, five times; the middle one of the times counts.
"""

import argparse
import statistics
import tempfile
import time
import urllib.parse
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from logshipper.outputs.api import Api
from logshipper.provision import influxdb1
from logshipper.provision.plan import ROLLUP_DAYS, YEAR
from logshipper.provision.rollup import catch_up
from tests.support.influxd import Influxd
from tests.support.network import fetch
from tests.support.panels import Query, queries
from tests.support.traffic import SECOND, batches, requests

DAY = 86_400
DAYS = 30
RANGES = {"15 minutes": 900, "3 hours": 10_800, "24 hours": DAY, "7 days": 7 * DAY, "30 days": DAYS * DAY}


def main() -> None:
    """Fill the server, ask, and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--requests", type=int, default=10_000_000)
    parser.add_argument("--out", type=Path, help="write the table here too")
    options = parser.parse_args()
    rate = -(-options.requests // (DAYS * DAY))
    end = int(time.time()) // 3600 * 3600
    with tempfile.TemporaryDirectory() as folder:
        server = Influxd(Path(folder) / "influxd", {"DATA_CACHE_MAX_MEMORY_SIZE": "4g"}).start()
        try:
            spent = fill(server, end - DAYS * DAY, rate)
            text = report(server, spent, end)
        finally:
            server.kill()
    print(text)
    if options.out:
        options.out.write_text(text)


def fill(server: Influxd, start: int, rate: int) -> float:
    """Write the requests day by day, and then the rollups; return how many seconds those took.

    Every day is the same: making it takes longer than writing.
    """
    api = Api(server.url)
    api.influxql('CREATE DATABASE "telegraf"')
    influxdb1.keep(api, "telegraf", YEAR, None, ROLLUP_DAYS)
    points = [line.rpartition(" ")[::2] for line in requests(0, DAY, rate)]
    for day in range(start, start + DAYS * DAY, DAY):
        for body in batches(f"{head} {day * SECOND + int(offset)}" for head, offset in points):
            status, answer = fetch(f"{server.url}/write?db=telegraf&precision=ns", body, timeout=120)
            assert status == 204, answer
    begin = time.perf_counter()
    catch_up(api, "telegraf", start, start + DAYS * DAY)
    return time.perf_counter() - begin


def panels() -> Iterator[tuple[str, list[Query]]]:
    """Yield each panel's name and queries."""
    found: dict[str, list[Query]] = {}
    for query in queries():
        if query.source == "telegraf" and query.place != query.panel:
            found.setdefault(query.panel, []).append(query)
    yield from found.items()


def milliseconds(server: Influxd, panel: list[Query], period: tuple[int, int]) -> float:
    """Return the middle of five times that a panel waits for all of its queries."""

    def ask(query: Query) -> None:
        form = {"db": "telegraf", "q": query.influxql(*period)}
        status, answer = fetch(f"{server.url}/query", urllib.parse.urlencode(form).encode(), timeout=300)
        assert status == 200, (query.place, answer)

    spent = []
    with ThreadPoolExecutor(6) as browser:
        for _ in range(5):
            begin = time.perf_counter()
            list(browser.map(ask, panel))
            spent.append(1000 * (time.perf_counter() - begin))
    return statistics.median(spent)


def report(server: Influxd, spent: float, end: int) -> str:
    """Return the table."""
    minutes, hours = (
        server.rows(f'SELECT count("n") AS n FROM {name}', "telegraf")[0]["n"]
        for name in ('"uwsgi_log_minutes"', '"year"."uwsgi_log_hours"')
    )
    lines = [
        f"{server.count('telegraf'):,} requests of {DAYS} days; {minutes:,} points of a minute, {hours:,} of an hour, "
        f"made in {spent:,.0f} s.",
        "",
        f"| panel | {' | '.join(RANGES)} |",
        f"| --- |{' ---: |' * len(RANGES)}",
    ]
    for name, panel in panels():
        times = [milliseconds(server, panel, (end - seconds, end)) for seconds in RANGES.values()]
        lines.append(f"| {name.partition(': ')[2]} | {' | '.join(f'{one:,.0f} ms' for one in times)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
