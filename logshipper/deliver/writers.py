"""The threads that deliver: several writes in flight, their results handed back to the thread that reads."""

import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from logshipper.deliver.concurrency import Concurrency
from logshipper.deliver.retry import DeliveryState, Stopped, deliver
from logshipper.model import Points
from logshipper.outputs.protocol import OpenOutput


@dataclass(frozen=True, slots=True)
class Task:
    """Points to deliver; `number` names the task when its result comes back."""

    number: int
    points: Points


@dataclass(frozen=True, slots=True)
class Result:
    """A delivered task: its number of points, and those that were refused, with the reasons.

    `error` is set if a writer failed unexpectedly. `connects` is the number of connections that the thread has made so
    far, 0 for an output that makes none.
    """

    number: int
    points: int
    refused: dict[int, str]
    error: BaseException | None = None
    writer: str = ""
    connects: int = 0


class Writers:
    """As many threads as `concurrency` says, each with an output of its own."""

    def __init__(
        self, open_output: OpenOutput, concurrency: Concurrency, control: DeliveryState, wake: Callable[[], None]
    ) -> None:
        """Call `wake` whenever there is a result."""
        self.concurrency, self._open, self._control, self._wake = concurrency, open_output, control, wake
        self._tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._results: queue.SimpleQueue[Result] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._count = 0

    def fit(self) -> None:
        """Start or end threads until there are as many as `concurrency` says; a busy one ends after its write."""
        while self._count < self.concurrency.writers:
            self._threads = [thread for thread in self._threads if thread.is_alive()]
            names = {thread.name for thread in self._threads}
            name = next(name for name in map("writer-{}".format, range(len(names) + 1)) if name not in names)
            thread = threading.Thread(target=self._run, daemon=True, name=name)
            self._threads.append(thread)
            thread.start()
            self._count += 1
        while self._count > self.concurrency.writers:
            self._tasks.put(None)
            self._count -= 1

    def troubles(self) -> Iterator[str]:
        """Yield the kinds of the failures since the last call."""
        while not self._control.troubles.empty():
            kind, accepted = self._control.troubles.get()
            if kind:
                self.concurrency.trouble(kind, time.monotonic())
                yield kind
            else:
                self.concurrency.too_large(accepted, time.monotonic())
        self.fit()

    def submit(self, task: Task) -> None:
        """Give a task to the next free thread."""
        self._tasks.put(task)

    def results(self) -> Iterator[Result]:
        """Yield the finished tasks. Raises the exception with which a writer failed."""
        while not self._results.empty():
            result = self._results.get()
            if result.error:
                raise result.error
            self.concurrency.acknowledged(result.points, time.monotonic())
            yield result
        self.fit()

    def _run(self) -> None:
        try:
            output = self._open()
            while (task := self._tasks.get()) is not None:
                refused = deliver(task.points, self.concurrency.batch, output, self._control)
                connects = getattr(output, "connects", 0)
                name = threading.current_thread().name
                self._give(Result(task.number, len(task.points), refused, None, name, connects))
                del task  # free its memory while waiting for the next one
            output.close()
        except Stopped:
            output.close()
        except BaseException as error:  # the main thread ends the program with it
            self._give(Result(0, 0, {}, error))

    def _give(self, result: Result) -> None:
        self._results.put(result)
        self._wake()

    def stop(self, patience: float) -> None:
        """End the threads; after `patience` seconds, abandon those that are stuck in a write."""
        self._control.stop.set()
        for _ in self._threads:
            self._tasks.put(None)
        for thread in self._threads:
            thread.join(patience / len(self._threads))
