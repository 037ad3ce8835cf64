"""A tally adds up like counting each request alone, and what is taken away again leaves nothing."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from logshipper.histogram import Buckets
from logshipper.outputs.sqlite_tally import Requests, Rollup, RollupTally

NAMES = st.sampled_from(["", "GET", "/a"])
SIZES = st.none() | st.integers(0, 2**40)
TIMES = st.none() | st.integers(0, 10**9) | st.floats(0, 10**9)
REQUESTS = st.lists(st.tuples(st.integers(-200, 200), NAMES, NAMES, NAMES, NAMES, SIZES, TIMES), min_size=1)
One = tuple[int, str, str, str, str, int | None, float | None]


def by_column(requests: list[One]) -> Requests:
    return Requests(*zip(*requests, strict=True))


def counted_one_by_one(requests: list[One]) -> Rollup:
    buckets = Buckets()
    times = Counter(buckets[time] for *_, time in requests if time is not None)
    return Rollup(len(requests), sum(size or 0 for *_, size, _ in requests), dict(times))


@given(REQUESTS)
def test_each_request_is_counted_in_its_minute_and_its_hour(requests: list[One]) -> None:
    tally = RollupTally()
    tally.count(by_column(requests))
    assert tally.waiting == len(requests)
    by_minute, by_hour = ({key: Rollup.of(counts) for key, counts in of.items()} for of in (tally.minutes, tally.hours))
    assert by_minute.keys() == {one[:3] for one in requests}
    assert by_hour.keys() == {(one[0] // 60, *one[1:5]) for one in requests}
    for minute_key, cell in by_minute.items():
        assert cell == counted_one_by_one([one for one in requests if one[:3] == minute_key])
    for hour_key, cell in by_hour.items():
        assert cell == counted_one_by_one([one for one in requests if (one[0] // 60, *one[1:5]) == hour_key])


@given(REQUESTS)
def test_requests_that_are_taken_away_again_leave_nothing(requests: list[One]) -> None:
    tally = RollupTally()
    tally.count(by_column(requests))
    tally.count(by_column(requests), -1)
    for counts in (*tally.minutes.values(), *tally.hours.values()):
        cell = Rollup.of(counts)
        assert (cell.requests, cell.bytes, set(cell.times.values()) - {0}) == (0, 0, set())


def test_adding_a_cell_leaves_that_cell_as_it_is() -> None:
    total, one = Rollup(), Rollup(1, 10, {5: 1})
    total.add(one)
    total.add(one)
    assert (total, one) == (Rollup(2, 20, {5: 2}), Rollup(1, 10, {5: 1}))
