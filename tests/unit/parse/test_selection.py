"""A batch without the points that an input does not take."""

from logshipper.model import Batch, Chunk, origins
from logshipper.parse.selection import selected
from logshipper.points import Points


def test_filtered_points_are_counted_and_the_others_keep_their_offsets() -> None:
    chunk = Chunk("", 1, 100, b"x\ny\nx\n", 106)
    batch = Batch(chunk, 3, Points.of(["x 1", "y 2", "x 3"]), events=Points.of(["e 1", "x 9"]), noise={"server": 0})
    left = selected(lambda point: str(point).startswith("x"), batch)
    assert list(left.points) == ["x 1", "x 3"]
    assert origins(chunk, left.offsets) == [100, 104]
    assert list(left.events) == ["x 9"]
    assert left.noise == {"server": 0, "filtered": 1}
    assert left.lines == len(left.points) + sum(left.noise.values())


def test_a_batch_is_unchanged_if_every_point_is_taken() -> None:
    batch = Batch(Chunk("", 1, 0, b"x\n", 2), 1, Points.of(["x 1"]))
    assert selected(bool, batch) is batch
