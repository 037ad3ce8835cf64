"""How much is read for a write: as many points as it may hold, and hardly more."""

from hypothesis import given
from hypothesis import strategies as st

from logshipper.deliver.concurrency import Concurrency
from logshipper.ship.read_size import FULL, LEAST_BYTES, MOST_BYTES, ReadSize


@given(st.integers(1, 20_000), st.integers(50, 3000), st.floats(0.97, 1.03))
def test_a_write_is_filled_and_not_overfilled(most: int, line: int, off: float) -> None:
    fill = ReadSize(Concurrency(most, 1, fixed=True))
    for _ in range(3):  # the first time it does not know the lines yet
        points = size = 0
        while wanted := fill.wanted(points, size):
            assert LEAST_BYTES <= wanted <= MOST_BYTES
            read = max(1, int(wanted / (line * off)))
            points, size = points + read, size + read * line
            fill.note(read * line, read)
    assert points >= FULL * most or size >= fill.most_gathered
    assert points <= max(most, FULL * most + LEAST_BYTES / line / off + 1)


def test_lines_that_become_no_points_do_not_fill_the_memory() -> None:
    fill, size = ReadSize(Concurrency(2000)), 0
    while wanted := fill.wanted(0, size):
        size += wanted
        fill.note(wanted, 0)
    assert fill.most_gathered <= size < fill.most_gathered + MOST_BYTES
