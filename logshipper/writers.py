"""The threads that deliver: several writes in flight, results handed back to the thread that reads."""

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from logshipper.deliver import Control, Stopped, deliver
from logshipper.outputs import OpenOutput


@dataclass(frozen=True, slots=True)
class Task:
    """Points to deliver; `number` names the task when its result comes back."""

    number: int
    points: Sequence[str]


@dataclass(frozen=True, slots=True)
class Result:
    """A delivered task: which of its points were refused, and why; `error` where a writer failed unexpectedly.

    `connects` tells how many connections the thread has made so far, 0 for an output that makes none.
    """

    number: int
    refused: dict[int, str]
    error: BaseException | None = None
    writer: str = ""
    connects: int = 0


class Writers:
    """`count` threads, each with an output of its own."""

    def __init__(
        self, open_output: OpenOutput, count: int, most: int, control: Control, wake: Callable[[], None]
    ) -> None:
        """`most` is the number of points in one write; `wake` is called when a result is there."""
        self.count, self._most, self._control, self._wake = count, most, control, wake
        self._open = open_output
        self._tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self.results: queue.SimpleQueue[Result] = queue.SimpleQueue()
        self._threads = [threading.Thread(target=self._run, daemon=True, name=f"writer-{n}") for n in range(count)]

    def start(self) -> None:
        """Start the threads."""
        for thread in self._threads:
            thread.start()

    def troubles(self) -> Iterator[str]:
        """Yield the kinds of the failures since the last time."""
        while not self._control.troubles.empty():
            yield self._control.troubles.get()

    def submit(self, task: Task) -> None:
        """Hand a task to the next free thread."""
        self._tasks.put(task)

    def _run(self) -> None:
        try:
            output = self._open()
            while (task := self._tasks.get()) is not None:
                refused = deliver(task.points, self._most, output, self._control)
                connects = getattr(output, "connects", 0)
                self._give(Result(task.number, refused, None, threading.current_thread().name, connects))
            output.close()
        except Stopped:
            output.close()
        except BaseException as error:  # the main thread ends the program with it
            self._give(Result(0, {}, error))

    def _give(self, result: Result) -> None:
        self.results.put(result)
        self._wake()

    def stop(self, patience: float) -> None:
        """End the threads; one that is stuck in a write is left behind after `patience` seconds."""
        self._control.stop.set()
        for _ in self._threads:
            self._tasks.put(None)
        for thread in self._threads:
            thread.join(patience / max(1, len(self._threads)))
