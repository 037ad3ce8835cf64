"""Outputs that stand in for a database."""

from collections.abc import Callable

from logshipper.outputs.protocol import Acknowledged, OutputError
from logshipper.points import Points


class FakeOutput:
    """Stores points; `answer(lines)` may return an error to raise, or the points to reject."""

    connections = 0

    def __init__(self, answer: Callable[[list[str]], OutputError | Acknowledged | None] = lambda lines: None) -> None:
        self.answer, self.bodies, self.stored = answer, 0, set[str]()

    def write(self, points: Points) -> Acknowledged:
        self.bodies += 1
        lines = points.body.decode("latin-1").splitlines()
        answer = self.answer(lines) or Acknowledged()
        if isinstance(answer, OutputError):
            raise answer
        self.stored.update(line for index, line in enumerate(lines) if index not in answer.rejected)
        return answer

    def sync(self) -> None:
        pass

    def close(self) -> None:
        pass


POINTS = [f"p{number}" for number in range(10)]


def points_of(body: bytes) -> Points:
    """Return a body of line protocol as points; none of them may contain a newline."""
    return Points(body, body.count(b"\n"))
