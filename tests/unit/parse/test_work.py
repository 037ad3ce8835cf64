"""What a chunk has become so far: each line counts once, and a rejected one is kept as it is in the file."""

from logshipper.parse.work import Work
from logshipper.points import Points
from tests.support.parsing import chunk


def test_empty_lines_are_not_counted() -> None:
    assert Work(chunk("a\n\nb\n"), lines=["a", "", "b"], offsets=[0, 2, 3]).count() == 2


def test_a_whole_chunk_counts_its_points() -> None:
    assert Work(chunk("a\nb\n"), whole=Points.of(["x", "y"])).count() == 2


def test_a_line_is_rejected_exactly_as_in_the_file() -> None:
    work = Work(chunk("a\r\n"), lines=["a"], offsets=[0], originals=["a\r"])
    work.reject(0, "why")
    (line,) = work.rejected
    assert (line.line, line.offset, line.reason, work.count()) == (b"a\r", 0, "why", 1)
