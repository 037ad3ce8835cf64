"""The rows of the cards: percentiles by the nearest rank, and tables in the order that their titles say."""

import pytest

from logshipper.viewer.cards import cards, percentile, summary, utc
from logshipper.viewer.sums import Sums, Window


@pytest.fixture
def sums() -> Sums:
    made = Sums(Window(0, 120, 60), True, 0, 0, 119)
    made.bars[0, "2xx"].add(30, {5: 30})
    made.bars[60, "2xx"].add(30, {5: 29, 900: 1})
    made.bars[60, "5xx"].add(15, {900: 15})
    made.uris["GET", "/quick", "2xx"].add(59, {5: 59})
    made.uris["GET", "/slow", "2xx"].add(1, {900: 1})
    made.uris["GET", "/slow", "5xx"].add(15, {900: 15})
    return made


def test_the_numbers_of_all(sums: Sums) -> None:
    made = cards(sums)
    assert [made[name][0]["value"] for name in ("total", "rate", "p95", "failed")] == ["75", "0.62", "900", "20.00"]


def test_half_and_99_percent_are_numbers_too(sums: Sums) -> None:
    made = cards(sums)
    assert [made[name][0]["value"] for name in ("p50", "p99")] == ["5", "900"]


def test_no_line_is_drawn_across_a_gap(sums: Sums) -> None:
    sums.bars[240, "2xx"].add(1, {7: 1})
    drawn = [(row["time"][14:19], row["ms"]) for row in cards(sums)["latency"] if row["name"] == "p99"]
    assert drawn == [("00:00", 5), ("01:00", 900), ("02:00", None), ("04:00", 7)]


def test_workers_are_busy_as_long_as_their_requests_take(sums: Sums) -> None:
    sums.last = 89
    busy = [row["busy"] for row in cards(sums)["busy"]]
    assert busy == [round(30 * 0.005 / 60, 3), round((29 * 0.005 + 16 * 0.9) / 30, 3)]


def test_a_summary_of_requests(sums: Sums) -> None:
    assert summary(sums) == {"requests": 75, "5xx %": 20.0, "p50 (ms)": 5, "p95 (ms)": 900, "p99 (ms)": 900}


def test_an_estimate_says_so(sums: Sums) -> None:
    sums.is_exact = False
    assert cards(sums)["p95"] == [{"value": "≈ 900"}]


def test_bars_are_stacked_and_divided_by_what_they_cover(sums: Sums) -> None:
    sums.last = 89
    assert [(row["time"][14:19], row["low"], row["high"]) for row in cards(sums)["throughput"]] == [
        ("00:00", 0, 0.5), ("01:00", 0, 1.0), ("01:00", 1.0, 1.5),
    ]  # fmt: skip


def test_the_slowest_and_the_most_failing_come_first(sums: Sums) -> None:
    made = cards(sums)
    assert [row["uri"] for row in made["slowest"]] == ["/slow", "/quick"]
    assert made["failing"] == [
        {"method": "GET", "uri": "/slow", "requests": 16, "5xx": 15, "p50": 900, "p95": 900, "p99": 900, "max": 900}
    ]


def test_without_times_there_are_counts_and_no_percentiles() -> None:
    made = Sums(Window(0, 60, 60), True, 0, 0, 59)
    made.bars[0, "2xx"].add(3, {})
    made.uris["GET", "/", "2xx"].add(3, {})
    shown = cards(made)
    assert (shown["total"], shown["p95"], shown["latency"], shown["by_uri"]) == ([{"value": "3"}], [], [], [])
    assert shown["slowest"][0]["p95"] is None


def test_nothing_is_no_error() -> None:
    shown = cards(Sums(Window(0, 60, 60), True, 0, 0, 59))
    assert shown.pop("total") == [{"value": "0"}]
    assert not any(shown.values())


@pytest.mark.parametrize(("share", "expected"), [(0.5, 2), (0.75, 3), (0.76, 10), (1, 10), (0.01, 1)])
def test_a_percentile_is_the_nearest_rank(share: float, expected: int) -> None:
    assert percentile({1: 1, 2: 1, 3: 1, 10: 1}, share) == expected


def test_times_are_utc() -> None:
    assert utc(1772366400) == "2026-03-01T12:00:00Z"
