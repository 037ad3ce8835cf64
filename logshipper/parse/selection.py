"""A batch without the points that the input does not take."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from logshipper.model import Batch, origins
from logshipper.points import AnyPoint, chosen_of


def selected(takes_point: Callable[[AnyPoint], bool], batch: Batch) -> Batch:
    """Return the batch with only the points that are taken; the others are counted as filtered."""
    if takes_point is bool:  # the default: every point is taken
        return batch
    points: Iterable[AnyPoint] = batch.points
    pairs = zip(points, origins(batch.chunk, batch.offsets), strict=True)
    taken = [(point, offset) for point, offset in pairs if takes_point(point)]
    filtered = len(batch.points) - len(taken)
    return replace(
        batch,
        points=chosen_of(batch.points, (point for point, _ in taken)),
        offsets=[offset for _, offset in taken],
        events=chosen_of(batch.events, filter(takes_point, batch.events)),
        noise={**batch.noise, "filtered": filtered} if filtered else batch.noise,
    )
