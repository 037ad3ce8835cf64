"""The threads that deliver: several writes in flight, their results handed back to the thread that reads."""

import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from logshipper.deliver.concurrency import Concurrency
from logshipper.deliver.retry import Answered, DeliveryContext, Failed, Stopped, deliver
from logshipper.outputs.protocol import OpenOutput
from logshipper.points import AnyPoints


@dataclass(frozen=True, slots=True)
class Task:
    """Points to deliver; `number` names the task when its result comes back."""

    number: int
    points: AnyPoints


@dataclass(frozen=True, slots=True)
class Delivered:
    """A delivered task: its number of points, and those that were rejected, with the reasons.

    `connects` is the number of connections that the writer has made so far, 0 for an output that makes none.
    """

    number: int
    points: int
    rejected: Mapping[int, str]
    accepted: int = 0
    writer: str = ""
    connects: int = 0


Event = Delivered | Failed | Answered


class Writers:
    """As many threads as `concurrency` says, each with an output of its own, and one queue of what they report."""

    def __init__(self, open_output: OpenOutput, concurrency: Concurrency, wake: Callable[[], None]) -> None:
        """Call `wake` whenever there is an event."""
        self.concurrency, self._open, self._wake = concurrency, open_output, wake
        self._context = DeliveryContext(self._report)
        self._tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._events: queue.SimpleQueue[Event | BaseException] = queue.SimpleQueue()
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

    def submit(self, task: Task) -> None:
        """Give a task to the next free thread."""
        self._tasks.put(task)

    def events(self) -> Iterator[Event]:
        """Yield what has happened since the last call. Raises the exception with which a writer failed."""
        while not self._events.empty():
            event = self._events.get()
            if isinstance(event, BaseException):
                raise event
            self._learn(event, time.monotonic())
            yield event
        self.fit()

    def _learn(self, event: Event, now: float) -> None:
        if isinstance(event, Failed):
            self.concurrency.trouble(event.kind, now)
        elif isinstance(event, Delivered):
            if event.accepted:
                self.concurrency.too_large(event.accepted, now)
            self.concurrency.acknowledged(event.points, now)

    def _run(self) -> None:
        try:
            output = self._open()
            while (task := self._tasks.get()) is not None:
                receipt = deliver(task.points, self.concurrency.batch, output, self._context)
                connects = output.connections
                name = threading.current_thread().name
                done = Delivered(task.number, len(task.points), receipt.rejected, receipt.accepted, name, connects)
                del task  # free its memory while waiting for the next one
                self._report(done)
            output.close()
        except Stopped:
            output.close()
        except BaseException as error:  # the main thread raises it
            self._report(error)

    def _report(self, event: Event | BaseException) -> None:
        self._events.put(event)
        if not isinstance(event, Answered):  # `Delivered` follows it
            self._wake()

    def stop(self, patience: float) -> None:
        """End the threads; after `patience` seconds, abandon those that are stuck in a write."""
        self._context.stop.set()
        for _ in self._threads:
            self._tasks.put(None)
        for thread in self._threads:
            thread.join(patience / len(self._threads))
