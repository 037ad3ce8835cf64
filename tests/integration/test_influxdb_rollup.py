"""The rollups on a real influxd: correct after late lines, replays and kills, in any window."""

import itertools
import random
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from logshipper.commands.rollup import command
from logshipper.outputs.api import Api
from logshipper.provision import influxdb1, rollup
from logshipper.provision.plan import ROLLUP_DAYS, YEAR
from logshipper.provision.rollup import RESOLUTIONS, CaughtUp, catch_up
from logshipper.provision.rollup_histogram import ERROR
from tests.support.influxd import Influxd
from tests.support.network import fetch
from tests.support.panels import Query, queries
from tests.support.traffic import batches, parsed, requests

MINUTE, HOUR, DAY = 60, 3600, 86_400
START = int(time.time()) // HOUR * HOUR - 4 * HOUR
END = START + 3 * HOUR


@pytest.fixture
def server(own_influxd: Any) -> Influxd:
    server: Influxd = own_influxd()
    server.create("telegraf")
    influxdb1.keep(Api(server.url), "telegraf", YEAR, None, ROLLUP_DAYS)
    return server


def lines(seconds: int = 3 * HOUR, rate: int = 2) -> list[str]:
    return list(requests(START, seconds, rate))


def write(server: Influxd, found: list[str]) -> None:
    for body in batches(iter(found)):
        assert fetch(f"{server.url}/write?db=telegraf&precision=ns", body, timeout=60)[0] == 204


def sums(server: Influxd) -> list[tuple[Any, ...]]:
    """Return requests, errors, bytes and longest time of each rollup and level."""
    found = []
    for resolution in (one for one in RESOLUTIONS if one.step <= HOUR):
        for level in resolution.levels:
            what = 'sum("n") AS n, sum("errors") AS e, sum("bytes") AS b, max("max") AS m'
            (row,) = server.rows(f"SELECT {what} FROM {resolution.measurement} WHERE level = '{level}'", "telegraf")
            found.append((row["n"], row["e"], row["b"], row["m"]))
    return found


def expected(found: list[str]) -> tuple[int, int, int, int]:
    known = [parsed(line) for line in found]
    failed = sum(one.status >= 500 for one in known)
    return len(known), failed, sum(one.size for one in known), max(one.time for one in known)


def test_every_level_adds_up_to_the_requests(server: Influxd) -> None:
    write(server, lines())
    catch_up(Api(server.url), "telegraf", START, END)
    assert set(sums(server)) == {expected(lines())}


def test_late_lines_and_replays_are_counted_once(server: Influxd) -> None:
    everything = lines()
    late = random.Random(2).sample(everything, 500)
    write(server, [line for line in everything if line not in set(late)])
    api = Api(server.url)
    catch_up(api, "telegraf", START, END)
    write(server, late)
    write(server, everything[:1000])
    changes = catch_up(api, "telegraf", START, END)
    assert changes.minutes == {int(line.rpartition(" ")[2]) // 10**9 // MINUTE * MINUTE for line in late}
    assert changes.periods > len(changes.minutes)
    assert set(sums(server)) == {expected(everything)}
    assert catch_up(api, "telegraf", START, END) == CaughtUp()


def test_a_rollup_killed_halfway_is_completed_by_the_next_one(server: Influxd, monkeypatch: pytest.MonkeyPatch) -> None:
    write(server, lines(HOUR))
    sent = 0
    request = Api.request

    def killed(api: Api, method: str, path: str, *rest: Any) -> Any:
        nonlocal sent
        if path.startswith("/write"):
            sent += 1
            if sent in {1, 3, 4, 10, 30, 31, 50}:
                raise KeyboardInterrupt
        return request(api, method, path, *rest)

    monkeypatch.setattr(Api, "request", killed)
    monkeypatch.setattr(rollup, "WRITE_AT_ONCE", 40)
    kills = 0
    while True:
        try:
            catch_up(Api(server.url), "telegraf", START, START + HOUR)
            break
        except KeyboardInterrupt:
            kills += 1
    assert kills == 7
    assert set(sums(server)) == {expected(lines(HOUR))}


def in_window(query: Query, hours: int, first: int, last: int) -> str:
    """Return the query that a range of `hours` sends, with another window: the range decides who answers."""
    start, end = END - hours * HOUR, END
    text = query.influxql(start, end)
    asked = f"time >= {start * 1000}ms and time <= {end * 1000}ms"
    assert asked in text
    return text.replace(asked, f"time >= {first}s and time < {last}s")


def test_percentiles_of_any_window_match_its_requests(server: Influxd) -> None:
    """After lines that came late, and a replay."""
    everything = lines()
    late = set(random.Random(4).sample(everything, 2000))
    api = Api(server.url)
    write(server, [line for line in everything if line not in late])
    catch_up(api, "telegraf", START, END)
    write(server, [*late, *everything[5000:6000]])
    catch_up(api, "telegraf", START, END)
    times = [parsed(line).time for line in everything]
    chance = random.Random(3)
    windows = [(6, sorted(chance.sample(range(START, END + 1, 5 * MINUTE), 2))) for _ in range(50)]
    windows += [(48, list(pair)) for pair in itertools.combinations(range(START, END + 1, HOUR), 2)]
    (query,) = [query for query in queries() if query.place == "uwsgi-requests: Response times (B)"]
    for hours, (first, last) in windows:
        (row,) = server.rows(in_window(query, hours, first, last), "telegraf")
        known = sorted(times[(first - START) * 2 : (last - START) * 2])
        for percent in (50, 95, 99):
            exact = known[max(1, int(len(known) * percent / 100 + 0.5)) - 1]
            assert row[f"p{percent}"] == pytest.approx(exact, rel=ERROR + 1e-6), (first, last, percent)


def test_a_day_is_counted_as_a_whole_and_again_after_late_lines(server: Influxd) -> None:
    everything = lines(HOUR)
    write(server, everything[:-100])
    api = Api(server.url)
    catch_up(api, "telegraf", START - DAY, END)
    write(server, everything[-100:])
    catch_up(api, "telegraf", START - DAY, END)
    what = 'sum("n") AS n, sum("le_600000") AS le FROM "year"."uwsgi_log_days" WHERE level = '
    for level, counted in (("'total'", len(everything)), ("'method'", len(everything)), ("'route'", None)):
        (row,) = server.rows(f"SELECT {what}{level}", "telegraf")
        assert (row["n"], row.get("le")) == (len(everything), counted)
    times = sorted(parsed(line).time for line in everything)
    rows = server.rows('SELECT p50, p95, p99 FROM "year"."uwsgi_log_days" WHERE level = \'total\'', "telegraf")
    if START // DAY == (START + HOUR - 1) // DAY:
        assert [row["p95"] for row in rows] == [times[int(len(times) * 0.95 + 0.5) - 1]]


def test_the_rollup_runs_as_a_command(server: Influxd, tmp_path: Path) -> None:
    write(server, lines(HOUR))
    arguments = [f"{server.url}/telegraf", "--secrets", str(tmp_path), "--once"]
    assert CliRunner().invoke(command, arguments, standalone_mode=False).return_value == 0
    assert sums(server)[0] == expected(lines(HOUR))
