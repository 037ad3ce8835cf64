"""The loop: signals, waiting, and all the pipelines."""

import logging
import resource
import signal
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from logshipper.account import Account, total
from logshipper.deliver.writers import Writers
from logshipper.follow.inotify import Inotify
from logshipper.parse.prefix_cache import CacheBudget
from logshipper.printable import printable
from logshipper.settings.options import DEFAULT_METRICS_ADDRESS, Settings
from logshipper.ship.awaited import Awaited
from logshipper.ship.pipeline import Pipeline, PipelineInput
from logshipper.ship.reload import Reload, Troubles
from logshipper.ship.service_manager import ServiceManager
from logshipper.ship.status import StatusExchange, take
from logshipper.ship.waker import Waker
from logshipper.state.last_run import last_outputs, note_outputs, predecessors
from logshipper.state.lock import StateLock
from logshipper.wiring.outputs import plan_outputs
from logshipper.wiring.parsers import build_parser
from logshipper.wiring.planned_output import PlannedOutput
from logshipper.wiring.state import check_files, state_folder
from logshipper.words import counted

log = logging.getLogger(__name__)

# Poll the files this often, in seconds.
POLL_INTERVAL = 0.05
# Search for new files this often, in seconds.
DISCOVER_INTERVAL = 1.0
# While inotify watches every folder, do both only this often, for what it misses, such as writes to a deleted file.
LOOK_INTERVAL = 10.0
# With many files, spend at most this part of the time on polling.
LOOK_SHARE = 0.1
# Seconds after a signal to stop in which writes may still be acknowledged.
STOP_PATIENCE = 3.0


class ShipLoop:
    """Ships until it is stopped or, with `once`, until everything that is there was shipped."""

    def __init__(
        self,
        settings: Settings,
        *,
        once: bool = False,
        timeout: float = 0.0,
        reload: Reload | None = None,
        manager: ServiceManager | None = None,
    ) -> None:
        """Open nothing but the state. `timeout` limits a run `once`, in seconds; 0 for no limit.

        With `reload`, SIGHUP ends the loop if there are other settings to continue with. Raises UserError for unusable
        settings.
        """
        self.deadline = time.monotonic() + timeout if timeout else float("inf")
        self.settings, self.once = settings, once
        self.reload, self.manager = reload, manager or ServiceManager({})
        if once:  # otherwise a folder may come later
            check_files(settings)
        outputs = plan_outputs(settings)
        self.waker = Waker()
        self.awaited = Awaited([name for one in settings.inputs for name in one.files], once=once)
        self.inotify = Inotify(wanted=all(one.watch_method == "inotify" for one in settings.inputs))
        self._stopping = False
        self._watch: Callable[[int, Account], None] | None = None
        folder = state_folder(settings)
        self.budget = CacheBudget()
        self.lock = StateLock(folder)
        self.exchange = StatusExchange(self.waker.wake)
        self.pipelines = [self._pipeline(output, folder / output.state_name) for output in outputs]
        self._inherit(folder, reload.troubles if reload else {})

    def _inherit(self, folder: Path, troubles: Troubles) -> None:
        """Let each pipeline continue what the last run wrote to the same output, or to the one that it replaces."""
        by_name, before = {one.folder.name: one for one in self.pipelines}, last_outputs(folder)
        for name, old in predecessors(before, list(by_name)).items():
            by_name[name].stats.inherit(troubles.get(old))
            if name != old:
                by_name[name].take_over(folder / old)
        if before != list(by_name):
            note_outputs(folder, list(by_name))

    def troubles(self) -> Troubles:
        """Return since when each output cannot be written, for the settings after a reload."""
        return {one.folder.name: one.stats.trouble for one in self.pipelines}

    def _inputs(self, rows: bool) -> list[PipelineInput]:
        inputs = []
        for one in self.settings.inputs:
            parser = build_parser(self.settings, one, self.budget, rows=rows)
            name = parser.rules.prefix.measurement
            inputs.append(PipelineInput(name, one.files, not one.from_beginning, parser))
        return inputs

    def _pipeline(self, output: PlannedOutput, folder: Path) -> Pipeline:
        if output.fresh() and folder.is_dir() and any(folder.rglob("*.json")):
            log.info("%s is new: reading the logs again", output.name)
            for file in folder.rglob("*.json*"):
                file.unlink()
        writers = Writers(output.open, output.concurrency(), self.waker.wake)
        return Pipeline(output.name, self._inputs(output.takes_rows), folder, writers)

    def run(self, watch: Callable[[int, Account], None] | None = None) -> int:
        """Ship; return the exit code.

        `watch` is called in each round with the bytes of log that wait, and the account: those of the slowest output.
        """
        self._watch = watch
        _raise_file_limit()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        if self.reload:
            signal.signal(signal.SIGHUP, self._hang_up)
        end_metrics = self._serve_metrics()
        for pipeline in self.pipelines:
            pipeline.writers.fit()
        try:
            self._loop()
        finally:
            if not (self.reload and self.reload.settings):
                self.manager.stopping()
            end_metrics()
            self._close()
        failed = self._stopping or self.awaited.names or any(map(_has_failed, self.pipelines))
        return 1 if self.once and failed else 0

    def _serve_metrics(self) -> Callable[[], None]:
        address = self.settings.logshipper.metrics_address
        if not address or self.once:
            return lambda: None
        from logshipper.ship.metrics import start

        reloaded = self.reload is not None and self.reload.happened
        return start(address, self.exchange, optional=reloaded or address == DEFAULT_METRICS_ADDRESS)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._stopping = True
        self.waker.wake()

    def _hang_up(self, number: int, frame: FrameType | None) -> None:
        if self.reload is None or self.reload.is_hang_up():
            self._stop(number, frame)
            return
        self.reload.asked = True
        self.waker.wake()

    def _is_reloaded(self) -> bool:
        """Read the settings if somebody asked for it; return whether to end, and continue with others."""
        if not (self.reload and self.reload.asked):
            return False
        self.manager.reloading()
        if self.reload.read():
            return True
        self.manager.ready(self._state())
        return False

    def _loop(self) -> None:
        linger = self.settings.agent.flush_interval
        self._discover()
        discover_at = time.monotonic() + DISCOVER_INTERVAL  # a file may have come before its folder was watched
        for pipeline in self.pipelines:
            log.info("following %s -> %s", counted(len(pipeline.logs), "log"), pipeline.name)
        self.manager.ready(self._state())
        while not self._stopping and not self._is_reloaded():
            started = time.monotonic()
            self.manager.alive(self._state)
            _, names = self.inotify.take()
            if names or started >= discover_at:
                self._discover()
                discover_at = started + (LOOK_INTERVAL if self.inotify.complete else DISCOVER_INTERVAL)
            if self.exchange.wanted:
                self.exchange.publish(take(self.pipelines, self.settings.logshipper.max_tag_values))
            lines = 0
            for pipeline in self.pipelines:
                pipeline.poll()
                lines += pipeline.step(self.once)
                pipeline.save()
            if self._watch:
                slowest = max(self.pipelines, key=Pipeline.backlog)
                self._watch(slowest.backlog(), total(account for _, account in slowest.accounts()))
            if self.once and ((not lines and self._is_finished()) or self._is_late()):
                return
            # After a full batch there is more to read; after a few lines, wait for others to join the next write.
            if not lines:
                self._rest(time.monotonic() - started)
            elif lines < self.settings.agent.metric_batch_size:
                self.waker.wait(linger)

    def _is_late(self) -> bool:
        if time.monotonic() < self.deadline:
            return False
        self._stopping = True
        for pipeline in self.pipelines:
            for problem in pipeline.problems():
                log.error("%s", problem)
            log.error("%s: the time is up: %d bytes of log wait; run this again", pipeline.name, pipeline.backlog())
        return True

    def _is_finished(self) -> bool:
        """Return whether everything that is there was shipped; send what waits for a line that is not there."""
        if not all(pipeline.is_drained() for pipeline in self.pipelines):
            return False
        if sum(pipeline.finish() for pipeline in self.pipelines):
            return False
        for path in {path for pipeline in self.pipelines for path in pipeline.unfinished()}:
            log.warning("%s: the last line has no newline and may be incomplete; run this again when it has one", path)
        return True

    def _rest(self, took: float) -> None:
        """Wait for news after a poll that found none and `took` this many seconds."""
        if self.waker.wait(max(POLL_INTERVAL, took / LOOK_SHARE)):
            return  # something woke the loop, perhaps a signal: do not make it wait
        if self.inotify.complete and not self.once and not any(pipeline.needs_polling() for pipeline in self.pipelines):
            self.waker.wait(min(LOOK_INTERVAL, self.manager.patience), also=self.inotify.fd)

    def _state(self) -> str:
        """Return in one line what the shipper does now, or what keeps it from it."""
        problems = [problem for pipeline in self.pipelines for problem in pipeline.problems()]
        if problems:
            return printable(problems[0])
        account = total(account for pipeline in self.pipelines for _, account in pipeline.accounts())
        logs, backlog = sum(len(one.logs) for one in self.pipelines), sum(one.backlog() for one in self.pipelines)
        return f"{counted(logs, 'log')}: {account.text()}; {backlog} bytes of log wait"

    def _discover(self) -> None:
        for pipeline in self.pipelines:
            pipeline.discover()
        logs = [live_log.path for pipeline in self.pipelines for live_log in pipeline.logs]
        self.awaited.look(logs)
        self.inotify.cover([name for one in self.settings.inputs for name in one.files], logs)

    def _close(self) -> None:
        for pipeline in self.pipelines:
            pipeline.close(STOP_PATIENCE / len(self.pipelines))
            for first_look in pipeline.first_looks.values() if self.once else ():
                first_look.end()
            for path, account in pipeline.accounts():
                say = log.error if account.difference else log.info
                say("%s -> %s: %s", path, pipeline.name, account.text())
                if waiting := pipeline.open_events(path):
                    events = counted(waiting, "event")
                    log.info("%s: %s kept in the checkpoint until a line with a time follows", path, events)
                if account.rejected:
                    kept = pipeline.folder / "quarantine"
                    log.warning(
                        "%s: the rejected lines are in %s; `logshipper retry` ships what matches then", path, kept
                    )
        log.debug(
            "total: %s", total(account for pipeline in self.pipelines for _, account in pipeline.accounts()).text()
        )
        self.inotify.close()
        self.lock.release()


def _has_failed(pipeline: Pipeline) -> bool:
    """Return whether lines were rejected, a log has none that could be a request, or it cannot be read."""
    rejected = any(account.rejected for _, account in pipeline.accounts())
    unknown = any(first_look.is_all_unknown for first_look in pipeline.first_looks.values())
    return rejected or unknown or any(live_log.problem for live_log in pipeline.logs)


def _raise_file_limit() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
