"""Outputs that stand in for a database."""

from collections.abc import Callable

from logshipper.outputs.protocol import OutputError


class FakeOutput:
    """Takes bodies; `answer(lines)` may raise one of the errors."""

    def __init__(self, answer: Callable[[list[str]], OutputError | None] = lambda lines: None) -> None:
        self.answer, self.bodies, self.stored = answer, 0, set[str]()

    def write(self, body: bytes) -> None:
        self.bodies += 1
        lines = body.decode("latin-1").splitlines()
        error = self.answer(lines)
        if error:
            raise error
        self.stored.update(lines)

    def close(self) -> None:
        pass


POINTS = [f"p{number}" for number in range(10)]
