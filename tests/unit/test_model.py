"""What the stages pass on: which line a point came from, and what became of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logshipper.model import Batch, Chunk, origins, outcomes, rejected_lines
from logshipper.points import Points

CHUNK = Chunk("/a.log", 7, 100, b"one\n\ntwo\nthree\n", 115)


@pytest.mark.parametrize(
    ("offsets", "expected"), [([109, 100], [109, 100]), ((), [100, 104, 105, 109])], ids=["some lines", "every line"]
)
def test_each_point_has_the_offset_of_its_line(offsets: list[int], expected: list[int]) -> None:
    assert list(origins(CHUNK, offsets)) == expected


def test_the_line_of_a_refused_point_is_rejected_unchanged() -> None:
    (aside,) = rejected_lines(CHUNK, [109, 100], {0: "too old"})
    assert (aside.offset, aside.line, aside.reason) == (109, b"three", "refused by the output: too old")
    assert [one.line for one in rejected_lines(CHUNK, [111, 100], {1: "", 0: ""})] == [b"three", b"one"]


def batch_of(lines: int, events: int = 0) -> Batch:
    """Return a batch in which every line became a point."""
    data = b"".join(b"line %d\n" % number for number in range(lines))
    points, made = Points.of(["p"] * lines), Points.of(["e"] * events)
    return Batch(Chunk("/a.log", 7, 0, data, len(data)), lines, points, events=made)


def test_the_refused_points_of_a_write_belong_to_the_chunks_they_came_from() -> None:
    sent = [batch_of(2).sent(), batch_of(3, events=1).sent(), batch_of(1).sent()]
    first, second, third = outcomes(sent, {1: "too old", 3: "too new", 5: "no event", 6: "bad"})
    assert [line.line for line in first.rejected] == [b"line 1"]
    assert [line.line for line in second.rejected] == [b"line 1"]
    assert second.rejected_events == ["no event"]
    assert [(one.lines, one.written) for one in (first, second, third)] == [(2, 1), (3, 2), (1, 0)]


@pytest.mark.slow
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2)), max_size=5), st.data())
def test_every_line_of_a_write_is_written_or_rejected(sizes: list[tuple[int, int]], data: st.DataObject) -> None:
    sent = [batch_of(lines, events).sent() for lines, events in sizes]
    total = sum(lines + events for lines, events in sizes)
    refused = data.draw(st.dictionaries(st.integers(0, max(0, total - 1)), st.just("no"), max_size=total))
    for one, outcome in zip(sent, outcomes(sent, refused), strict=True):
        assert outcome.written + len(outcome.rejected) == outcome.lines == one.lines
