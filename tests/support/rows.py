"""Rows out of line protocol, and points out of either form, so that tests can write and compare them briefly."""

from logshipper.points import AnyPoints, PointRow, PointShape, Rows, utf8
from tests.support.line_protocol_reader import Point, points


def rows_of(body: str | bytes) -> Rows:
    """Return the points of line protocol as rows; text is latin-1-decoded bytes."""
    return Rows([_row(point) for point in points(body.decode("latin-1") if isinstance(body, bytes) else body)])


def _row(point: Point) -> PointRow:
    values = [
        utf8(value) if isinstance(value, str) else value for value in (*point.tags.values(), *point.fields.values())
    ]
    fields = tuple((utf8(name), type(value)) for name, value in point.fields.items())
    shape = PointShape(utf8(point.measurement), tuple(map(utf8, point.tags)), fields)
    return shape, tuple(values), point.time or 0


def seen(found: AnyPoints) -> list[tuple[object, ...]]:
    """Return what databases see of points: measurement, tags, fields with their types, and time."""
    return [_seen(row) for row in (found if isinstance(found, Rows) else rows_of(found.body))]


def _seen(row: PointRow) -> tuple[object, ...]:
    shape, values, time = row
    tags, cells = values[: len(shape.tags)], values[len(shape.tags) :]
    fields = {name: (kind, value) for (name, kind), value in zip(shape.fields, cells, strict=True)}
    return shape.measurement, list(zip(shape.tags, tags, strict=True)), fields, time
