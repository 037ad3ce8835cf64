"""A batch without the points that the input does not take."""

from collections.abc import Callable
from dataclasses import replace

from logshipper.model import Batch, Points, origins


def selected(takes_point: Callable[[str], bool], batch: Batch) -> Batch:
    """Return the batch with only the points that are taken; the others are counted as filtered."""
    if takes_point is bool:  # the default: every point is taken
        return batch
    pairs = zip(batch.points, origins(batch.chunk, batch.offsets), strict=True)
    taken = [(point, offset) for point, offset in pairs if takes_point(point)]
    filtered = len(batch.points) - len(taken)
    return replace(
        batch,
        points=Points.of([point for point, _ in taken]),
        offsets=[offset for _, offset in taken],
        events=Points.of([event for event in batch.events if takes_point(event)]),
        noise={**batch.noise, "filtered": filtered} if filtered else batch.noise,
    )
