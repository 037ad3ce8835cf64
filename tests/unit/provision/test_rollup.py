"""The rollups' schedule and their questions. What they compute is in tests/integration/test_influxdb_rollup.py."""

import re
from itertools import islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logshipper.outputs.api import Api
from logshipper.provision import rollup
from logshipper.provision.rollup import DAY, RESOLUTIONS, Resolution, between, catch_up, looks_back, pieces, roll


class Recorded(Api):
    """A server with one request at the beginning of each minute; keeps what is asked of it and written to it."""

    def __init__(self, first: int, last: int) -> None:
        super().__init__("http://nowhere")
        self.requests = range(first, last, 60)
        self.read: list[tuple[int, int]] = []
        self.written: list[str] = []

    def influxql(self, statement: str, **_form: str) -> list[dict[str, Any]]:
        first, last = map(int, re.findall(r"(\d+)s", statement))
        self.read.append((first, last))
        values = [[moment * 10**9, 5, 100, 200] for moment in self.requests if first <= moment < last]
        return [{"tags": {"host": "a", "route": "/", "method": "GET", "status_class": "2xx"}, "values": values}]

    def request(self, _method: str, _path: str, data: bytes | None, _content_type: str) -> Any:
        self.written += (data or b"").decode().splitlines()

    def totals(self) -> list[tuple[str, int]]:
        """Return each rollup's points of the level total: the name and the number of requests."""
        found = (re.match(r"(\w+),step=\w+,level=total n=(\d+)i", line) for line in self.written)
        return [(one[1], int(one[2])) for one in found if one]


def test_everything_is_looked_at_first_and_once_a_day_a_day_once_an_hour() -> None:
    found = list(islice(looks_back(30), 2 * 1440 + 1))
    assert [index for index, seconds in enumerate(found) if seconds == 30 * 86_400] == [0, 1440, 2880]
    assert [found[index] for index in (1, 59, 60, 61, 120)] == [10_800, 10_800, 93_600, 10_800, 93_600]


@given(st.sets(st.integers(0, 200)), st.sets(st.integers(0, 5)))
def test_each_period_is_read_once_and_whole(minutes: set[int], hours: set[int]) -> None:
    periods = {RESOLUTIONS[0]: {minute * 60 for minute in minutes}, RESOLUTIONS[2]: {hour * 3600 for hour in hours}}
    found = pieces(periods)
    assert found == sorted(set(found))
    read = {start + second for start in found for second in range(0, 600, 60)}
    assert all(
        begin + second in read
        for one, begins in periods.items()
        for begin in begins
        for second in range(0, one.step, 60)
    )
    assert len(found) <= len(minutes) + 6 * len(hours)


def test_requests_are_read_once_for_all_rollups_and_only_stale_periods_are_written() -> None:
    server = Recorded(30 * DAY, 30 * DAY + 3600)
    periods = {one: {30 * DAY} for one in RESOLUTIONS if one.step <= 3600}
    roll(server, "telegraf", periods)
    assert server.read == [(30 * DAY + start, 30 * DAY + start + 600) for start in range(0, 3600, 600)]
    assert server.totals() == [("uwsgi_log_minutes", 1), ("uwsgi_log_five_minutes", 5), ("uwsgi_log_hours", 60)]


def test_hours_and_more_are_in_the_policy_of_the_year() -> None:
    assert [one.measurement for one in RESOLUTIONS] == [
        '"uwsgi_log_minutes"', '"uwsgi_log_five_minutes"',
        '"year"."uwsgi_log_hours"', '"year"."uwsgi_log_six_hours"', '"year"."uwsgi_log_days"',
    ]  # fmt: skip


def test_more_than_an_hour_is_left_alone_unless_a_day_or_more_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[list[int], tuple[int, int]]] = []

    def none(
        _api: Api, _database: str, chosen: list[Resolution], period: tuple[int, int]
    ) -> dict[Resolution, set[int]]:
        asked.append(([one.step for one in chosen], period))
        return {}

    monkeypatch.setattr(rollup, "stale", none)
    catch_up(Api("http://nowhere"), "telegraf", 10 * DAY + 7, 10 * DAY + 10_000)
    assert asked == [([60, 300, 3600], (10 * DAY, 10 * DAY + 10_000))]
    asked.clear()
    catch_up(Api("http://nowhere"), "telegraf", 10 * DAY + 7200, 11 * DAY + 7200)
    steps = [60, 300, 3600, 6 * 3600, DAY]
    days = [(10 * DAY, 11 * DAY), (11 * DAY, 11 * DAY + 7200)]
    assert asked == [(steps, day) for day in days], "a day is counted as a whole"


def test_a_period_ends_before_the_next_one() -> None:
    assert between((60, 120)) == "time >= 60s AND time < 120s"
