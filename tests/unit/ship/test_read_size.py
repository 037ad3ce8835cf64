"""How much is read for a write: enough to fill it, and hardly more."""

from hypothesis import given
from hypothesis import strategies as st

from logshipper.deliver.concurrency import Concurrency
from logshipper.ship.read_size import FULL, LEAST_BYTES, MOST_BYTES, ReadSize


@given(st.integers(1, 20_000), st.integers(50, 3000), st.floats(0.97, 1.03))
def test_just_enough_is_read_to_fill_a_write(most: int, line: int, off: float) -> None:
    read_size = ReadSize(Concurrency(most, 1, fixed=True))
    for _ in range(3):  # the first time it does not know the lines yet
        points = size = 0
        while wanted := read_size.wanted(points, size):
            assert LEAST_BYTES <= wanted <= MOST_BYTES
            read = max(1, int(wanted / (line * off)))
            points, size = points + read, size + read * line
            read_size.note(read * line, read)
    assert points >= FULL * most or size >= read_size.most_gathered
    assert points <= max(most, FULL * most + LEAST_BYTES / line / off + 1)


def test_lines_without_points_are_read_up_to_a_limit_of_bytes() -> None:
    read_size, size = ReadSize(Concurrency(2000)), 0
    while wanted := read_size.wanted(0, size):
        size += wanted
        read_size.note(wanted, 0)
    assert read_size.most_gathered <= size < read_size.most_gathered + MOST_BYTES
