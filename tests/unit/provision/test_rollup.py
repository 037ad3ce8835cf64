"""The rollups' schedule and their questions. What they compute is in tests/integration/test_influxdb_rollup.py."""

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logshipper.outputs.api import Api
from logshipper.provision import rollup
from logshipper.provision.rollup import DAY, RESOLUTIONS, Resolution, between, catch_up, looks_back, stretches


def test_everything_is_looked_at_first_and_once_a_day_a_day_once_an_hour() -> None:
    found = list(islice(looks_back(30), 2 * 1440 + 1))
    assert [index for index, seconds in enumerate(found) if seconds == 30 * 86_400] == [0, 1440, 2880]
    assert [found[index] for index in (1, 59, 60, 61, 120)] == [10_800, 10_800, 93_600, 10_800, 93_600]


@given(st.sets(st.integers(0, 200)))
def test_stretches_cover_each_minute_once_and_are_not_long(minutes: set[int]) -> None:
    found = stretches([minute * 60 for minute in sorted(minutes)], 60)
    assert {begin // 60 for first, last in found for begin in range(first, last, 60)} == minutes
    assert sum((last - first) // 60 for first, last in found) == len(minutes)
    assert all(last - first <= 600 for first, last in found)


def test_an_hour_is_a_stretch_of_its_own() -> None:
    assert stretches([0, 3600, 7200], 3600) == [(0, 3600), (3600, 7200), (7200, 10_800)]


def test_hours_and_more_are_in_the_policy_of_the_year() -> None:
    assert [one.measurement for one in RESOLUTIONS] == [
        '"uwsgi_log_minutes"', '"uwsgi_log_five_minutes"',
        '"year"."uwsgi_log_hours"', '"year"."uwsgi_log_six_hours"', '"year"."uwsgi_log_days"',
    ]  # fmt: skip


def test_more_than_an_hour_is_left_alone_unless_a_day_or_more_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, tuple[int, int]]] = []

    def none(_api: Api, _database: str, resolution: Resolution, period: tuple[int, int]) -> list[int]:
        asked.append((resolution.step, period))
        return []

    monkeypatch.setattr(rollup, "stale", none)
    catch_up(Api("http://nowhere"), "telegraf", 10 * DAY + 7, 10 * DAY + 10_000)
    assert asked == [(step, (10 * DAY, 10 * DAY + 10_000)) for step in (60, 300, 3600)]
    asked.clear()
    catch_up(Api("http://nowhere"), "telegraf", 10 * DAY + 7200, 11 * DAY + 7200, RESOLUTIONS[-1:])
    assert asked == [(DAY, (10 * DAY, 11 * DAY)), (DAY, (11 * DAY, 11 * DAY + 7200))], "a day is counted as a whole"


def test_a_period_ends_before_the_next_one() -> None:
    assert between((60, 120)) == "time >= 60s AND time < 120s"
