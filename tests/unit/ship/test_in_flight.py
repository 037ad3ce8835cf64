"""Chunks are acknowledged in any order and settled in the order of the file. No file, no clock."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from logshipper.model import Batch, Chunk, Outcome
from logshipper.points import Points
from logshipper.ship.in_flight import InFlight, TrackedChunk

LINE = b"line\n"


def tracker_with(count: int) -> tuple[InFlight[int], list[TrackedChunk[int]]]:
    """Return a tracker with `count` chunks of one line each; the progress of each is its number."""
    tracker: InFlight[int] = InFlight()
    tracked = [
        tracker.add(number, Batch(Chunk("/log", 1, number * 5, LINE, number * 5 + 5), 1, Points(LINE, 1)).sent())
        for number in range(count)
    ]
    return tracker, tracked


def settled(tracker: InFlight[int]) -> Sequence[int]:
    return [progress for progress, _ in tracker.settled()]


def acknowledge(tracker: InFlight[int], tracked: TrackedChunk[int]) -> None:
    tracker.acknowledge(tracked, Outcome(lines=1, written=1, noise={}, rejected=()))


def test_no_chunk_is_settled_before_it_is_acknowledged() -> None:
    tracker, _ = tracker_with(2)
    assert settled(tracker) == []
    assert (tracker.lines, tracker.oldest) == (2, 0)


def test_a_chunk_waits_for_those_before_it() -> None:
    tracker, tracked = tracker_with(3)
    acknowledge(tracker, tracked[1])
    assert settled(tracker) == []
    acknowledge(tracker, tracked[0])
    assert settled(tracker) == [0, 1]


def test_a_settled_chunk_stays_until_it_is_removed() -> None:
    tracker, tracked = tracker_with(2)
    acknowledge(tracker, tracked[0])
    assert settled(tracker) == settled(tracker) == [0]
    assert tracker.remove(1) == len(LINE)
    assert (tracker.oldest, tracker.lines) == (1, 1)
    acknowledge(tracker, tracked[1])
    tracker.remove(1)
    assert not tracker


def test_an_acknowledged_chunk_releases_its_bytes() -> None:
    tracker, tracked = tracker_with(1)
    acknowledge(tracker, tracked[0])
    assert tracked[0].sent is None


@given(st.permutations(range(12)))
def test_after_each_acknowledgement_the_longest_prefix_is_settled(order: list[int]) -> None:
    tracker, tracked = tracker_with(12)
    done: set[int] = set()
    for number in order:
        acknowledge(tracker, tracked[number])
        done.add(number)
        prefix = next((first for first in range(12) if first not in done), 12)
        assert settled(tracker) == list(range(prefix))
    assert tracker.remove(12) == 12 * len(LINE)
