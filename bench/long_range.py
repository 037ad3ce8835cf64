"""Time each query of the long-range dashboard over ten million requests, next to the same query of the raw rows.

    python -m bench.long_range [--requests 10000000] [--out FILE]

A real influxd (Debian's 1.x) gets thirty days of made-up traffic, and the rollups that its continuous queries
would have made of them. Each query is asked five times; the middle one of the times is told.
"""

import argparse
import statistics
import tempfile
import time
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from influxdb import v1
from influxdb.api import Api
from tests.support.influxd import Influxd
from tests.support.network import fetch
from tests.support.panels import Query, queries
from tests.support.traffic import SECOND, batches, requests

DAY = 86_400
DAYS = 30
# What a field of the rollups is in the raw rows.
RAW = {
    '100 * sum("errors") / sum("count")': 'mean("status")',  # as much to read as the share of errors takes
    'sum("count")': 'count("resTime")',
    'sum("errors") AS "errors", ': "",
    'mean("p50")': 'percentile("resTime", 50)',
    'max("p95")': 'percentile("resTime", 95)',
    'max("p99")': 'percentile("resTime", 99)',
    'sum("bytes")': 'sum("resSize")',
    '"year"."uwsgi_log_${step}"': '"uwsgi_log"',
}


@dataclass(frozen=True)
class Timing:
    """A panel's query: milliseconds from the rollups and from the raw rows."""

    place: str
    rollup: float
    raw: float


def main() -> None:
    """Fill the server, ask, and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--requests", type=int, default=10_000_000)
    parser.add_argument("--out", type=Path, help="write the table here too")
    options = parser.parse_args()
    rate = -(-options.requests // (DAYS * DAY))
    start = int(time.time()) // DAY * DAY - DAYS * DAY
    with tempfile.TemporaryDirectory() as folder:
        server = Influxd(Path(folder) / "influxd", {"DATA_CACHE_MAX_MEMORY_SIZE": "4g"}).start()
        try:
            fill(server, start, rate)
            text = report(server, start, list(measure(server, start)))
        finally:
            server.kill()
    print(text)
    if options.out:
        options.out.write_text(text)


def fill(server: Influxd, start: int, rate: int) -> None:
    """Write the requests and their rollups, the same day again and again: making a day takes longer than writing it."""
    api = Api(server.url)
    api.influxql('CREATE DATABASE "telegraf"')
    v1.keep(api, "telegraf", "year", 366)
    points = [line.rpartition(" ")[::2] for line in requests(0, DAY, rate)]
    for day in range(start, start + DAYS * DAY, DAY):
        for body in batches(f"{head} {day * SECOND + int(offset)}" for head, offset in points):
            status, answer = fetch(f"{server.url}/write?db=telegraf&precision=ns", body, timeout=120)
            assert status == 204, answer
        first, last = (time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment)) for moment in (day, day + DAY))
        v1.backfill(api, "telegraf", first, last)
        print(f"{time.strftime('%F', time.gmtime(day))} written", flush=True)


def measure(server: Influxd, start: int) -> Iterator[Timing]:
    """Yield the timings of every query of the long-range dashboard over the whole period."""
    for query in queries():
        if query.place.startswith("uwsgi-requests-long-range") and "variable" not in query.place:
            raw = query.text
            for rolled, meant in RAW.items():
                raw = raw.replace(rolled, meant)
            yield Timing(
                query.place.removeprefix("uwsgi-requests-long-range: "),
                milliseconds(server, query, start, times=5),
                milliseconds(server, Query(query.place, query.source, raw), start, times=1),
            )


def milliseconds(server: Influxd, query: Query, start: int, times: int) -> float:
    """Return the middle time of the answers."""
    spent = []
    for _ in range(times):
        form = {"db": "telegraf", "q": query.influxql(start, start + DAYS * DAY, points=800)}
        begin = time.perf_counter()
        status, answer = fetch(f"{server.url}/query", urllib.parse.urlencode(form).encode(), timeout=900)
        spent.append(1000 * (time.perf_counter() - begin))
        assert status == 200, (query.place, answer)
        assert b'"values"' in answer, (query.place, answer)
    return statistics.median(spent)


def report(server: Influxd, start: int, timings: list[Timing]) -> str:
    """Return the table."""
    raw = server.count("telegraf")
    minutes, hours = (
        server.rows(f'SELECT count("p50") AS n FROM "year"."{name}"', "telegraf")[0]["n"]
        for name in ("uwsgi_log_1m", "uwsgi_log_1h")
    )
    lines = [
        f"{raw:,} requests of {DAYS} days; {minutes:,} points of a minute, {hours:,} of an hour. The "
        "rollups of an hour are asked, as the dashboard does.",
        "",
        "| query | rollups | raw rows |",
        "| --- | ---: | ---: |",
    ]
    lines += [f"| {one.place} | {one.rollup:,.0f} ms | {one.raw:,.0f} ms |" for one in timings]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
