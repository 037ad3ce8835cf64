"""Points on their way: one body, divided again only where that is needed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logshipper.model import Batch, Chunk, Points, joined, origins, outcomes, rejected_lines

texts = st.lists(st.text("ab\n\xff ", min_size=1, max_size=6))


@given(texts)
def test_points_can_be_read_back_unchanged(given_texts: list[str]) -> None:
    points = Points.of(given_texts)
    assert list(points) == given_texts
    assert len(points) == len(given_texts)
    assert points.body == "".join(f"{text}\n" for text in given_texts).encode("latin-1")


@given(texts, st.integers(0, 8), st.integers(0, 8))
def test_a_part_holds_the_points_of_its_range(given_texts: list[str], one: int, other: int) -> None:
    start, end = sorted((min(one, len(given_texts)), min(other, len(given_texts))))
    part = Points.of(given_texts).part(start, end)
    assert part == Points.of(given_texts[start:end])


def test_a_part_of_everything_is_not_a_copy() -> None:
    points = Points.of(["a", "b"])
    assert points.part(0, 2) is points


@given(st.lists(texts))
def test_parts_are_joined_in_order(parts: list[list[str]]) -> None:
    assert joined([Points.of(part) for part in parts]) == Points.of([text for part in parts for text in part])


def test_only_points_with_newlines_store_where_they_end() -> None:
    assert Points.of(["a", "b"]).ends == ()
    assert list(Points.of(['a text="x\ny" 1', "b"]).ends) == [15, 17]


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
    assert second.refused_events == ["no event"]
    assert [(one.lines, one.written) for one in (first, second, third)] == [(2, 1), (3, 2), (1, 0)]


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2)), max_size=5), st.data())
def test_every_line_of_a_write_is_written_or_rejected(sizes: list[tuple[int, int]], data: st.DataObject) -> None:
    sent = [batch_of(lines, events).sent() for lines, events in sizes]
    total = sum(lines + events for lines, events in sizes)
    refused = data.draw(st.dictionaries(st.integers(0, max(0, total - 1)), st.just("no"), max_size=total))
    for one, outcome in zip(sent, outcomes(sent, refused), strict=True):
        assert outcome.written + len(outcome.rejected) == outcome.lines == one.lines
