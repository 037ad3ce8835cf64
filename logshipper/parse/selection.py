"""A batch without the points that the input does not take."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from logshipper.model import Batch, origins


def selected(takes_point: Callable[[Any], bool], batch: Batch) -> Batch:
    """Return the batch with only the points that are taken; the others are counted as filtered."""
    if takes_point is bool:  # the default: every point is taken
        return batch
    pairs = zip(batch.points, origins(batch.chunk, batch.offsets), strict=True)
    taken: list[tuple[Any, int]] = [(point, offset) for point, offset in pairs if takes_point(point)]
    events: list[Any] = [event for event in batch.events if takes_point(event)]
    filtered = len(batch.points) - len(taken)
    return replace(
        batch,
        points=type(batch.points).of([point for point, _ in taken]),
        offsets=[offset for _, offset in taken],
        events=type(batch.events).of(events),
        noise={**batch.noise, "filtered": filtered} if filtered else batch.noise,
    )
