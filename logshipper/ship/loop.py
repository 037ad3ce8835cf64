"""The loop: the one module that knows all stages."""

import logging
import resource
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

from logshipper.account import total
from logshipper.deliver.retry import Control
from logshipper.deliver.writers import Writers
from logshipper.errors import UserError
from logshipper.follow.inotify import Watch
from logshipper.parse.prefix_cache import HeadBudget
from logshipper.settings.options import DEFAULT_METRICS_ADDRESS, Settings
from logshipper.ship.pipeline import Feed, Lane
from logshipper.ship.status import Exchange, Snapshot, take
from logshipper.ship.waker import Waker
from logshipper.ship.write_stats import OutputStats
from logshipper.state.lock import StateLock
from logshipper.wiring.outputs import OutputPlan, plan_outputs
from logshipper.wiring.parsers import build_parser
from logshipper.wiring.state import check_files, state_folder

log = logging.getLogger(__name__)

# Seconds between two looks at the files and, where nobody tells, for new ones; where inotify tells of them a look is
# taken so seldom for what it cannot see: writing to a file that was deleted, say.
POLL_INTERVAL = 0.05
DISCOVER_INTERVAL = 1.0
LOOK_INTERVAL = 10.0
# Looking at very many files takes at most this part of the time.
LOOK_SHARE = 0.1
# What is being written may still be acknowledged for so long after a signal to stop, in seconds.
STOP_PATIENCE = 3.0


class Shipper:
    """Ships until it is stopped, or, `once`, until everything that is there was shipped."""

    def __init__(self, settings: Settings, *, once: bool = False) -> None:
        """Open nothing but the state. Raises UserError for settings that cannot be used."""
        self.settings, self.once = settings, once
        check_files(settings)
        outputs = plan_outputs(settings)
        self.waker = Waker()
        self.watch = Watch(wanted=all(given.watch_method == "inotify" for given in settings.inputs))
        self._stopping = False
        folder = state_folder(settings)
        self.budget = HeadBudget()
        feeds = [self._feeds() for _ in outputs]
        self.lock = StateLock(folder)
        self.exchange = Exchange(self.waker.wake)
        self.stats = [OutputStats() for _ in outputs]
        self.lanes = [
            self._lane(output, folder / output.identity, given, stats)
            for output, given, stats in zip(outputs, feeds, self.stats, strict=True)
        ]

    def _feeds(self) -> list[Feed]:
        feeds = []
        for given in self.settings.inputs:
            parser = build_parser(self.settings, given, self.budget)
            name = parser.rules.head.measurement
            feeds.append(Feed(name, given.files, not given.from_beginning, parser))
        return feeds

    def _lane(self, output: OutputPlan, folder: Path, feeds: Sequence[Feed], stats: OutputStats) -> Lane:
        control = Control(_reporter(output.name, stats), stats.count_write)
        writers = Writers(output.open, output.pace(), control, self.waker.wake)
        if output.fresh() and folder.is_dir() and any(folder.rglob("*.json")):
            log.info("%s is new: the logs are read again", output.name)
            for file in folder.rglob("*.json*"):
                file.unlink()
        return Lane(output.name, feeds, folder, writers)

    def run(self) -> int:
        """Ship; return the exit code."""
        _raise_file_limit()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        end_metrics = self._serve_metrics()
        for lane in self.lanes:
            lane.writers.fit()
        try:
            self._loop()
        finally:
            end_metrics()
            self._close()
        set_aside = sum(account.set_aside.total() for lane in self.lanes for _, account in lane.accounts())
        return 1 if self.once and (set_aside or self._stopping) else 0

    def _serve_metrics(self) -> Callable[[], None]:
        address = self.settings.logshipper.metrics_address
        if not address or self.once:
            return lambda: None
        from logshipper.ship.metrics import serve

        try:
            return serve(address, self.exchange)
        except UserError as error:
            if address != DEFAULT_METRICS_ADDRESS:
                raise
            log.warning("%s", error)  # nobody asked for this port; a second shipper on the machine is no error
            return lambda: None

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._stopping = True
        self.waker.wake()

    def _loop(self) -> None:
        linger = self.settings.agent.flush_interval
        self._discover()
        discover_at = time.monotonic() + DISCOVER_INTERVAL  # what came before its folder was watched
        for lane in self.lanes:
            log.info("following %s -> %s", _logs(len(lane.logs)), lane.name)
        while not self._stopping:
            started = time.monotonic()
            _, names = self.watch.take()
            if names or started >= discover_at:
                self._discover()
                discover_at = started + (LOOK_INTERVAL if self.watch.complete else DISCOVER_INTERVAL)
            if self.exchange.wanted:
                self.exchange.publish(self._snapshot())
            lines = 0
            for lane in self.lanes:
                lane.poll()
                lines += lane.step(self.once)
                lane.save()
            if self.once and not lines and all(lane.is_drained() for lane in self.lanes):
                return
            # A full batch means that there is more; a few lines may wait for company.
            if not lines:
                self._rest(time.monotonic() - started)
            elif lines < self.settings.agent.metric_batch_size:
                self.waker.wait(linger)

    def _rest(self, took: float) -> None:
        """Wait for news after a look, of so many seconds, that found none."""
        if self.waker.wait(max(POLL_INTERVAL, took / LOOK_SHARE)):
            return  # whoever woke us, a signal perhaps, is not to wait for the next look
        if self.watch.complete and not self.once and not any(lane.is_restless() for lane in self.lanes):
            self.waker.wait(LOOK_INTERVAL, also=self.watch.fd)

    def _discover(self) -> None:
        for lane in self.lanes:
            lane.discover()
        logs = [source.path for lane in self.lanes for source in lane.logs]
        self.watch.cover([name for given in self.settings.inputs for name in given.files], logs)

    def _snapshot(self) -> Snapshot:
        counted = [(lane, stats.counts()) for lane, stats in zip(self.lanes, self.stats, strict=True)]
        return take(counted, self.settings.logshipper.max_tag_values)

    def _close(self) -> None:
        for lane in self.lanes:
            lane.close(STOP_PATIENCE / len(self.lanes))
            for path, account in lane.accounts():
                say = log.error if account.difference else log.info
                say("%s -> %s: %s", path, lane.name, account.text())
                if account.set_aside:
                    log.warning("%s: the lines set aside are kept in %s", path, lane.folder / "quarantine")
        log.debug("in all: %s", total(account for lane in self.lanes for _, account in lane.accounts()).text())
        self.watch.close()
        self.lock.release()


def _logs(count: int) -> str:
    return "1 log" if count == 1 else f"{count} logs"


def _reporter(name: str, stats: OutputStats) -> Callable[[str, str], None]:
    """Return a function that counts each trouble of an output, and says each new one once, and its end."""
    last = ""

    def report(kind: str, reason: str) -> None:
        nonlocal last
        if kind:
            stats.count_retry(kind)
        if not kind:
            log.warning("%s: delivered again", name)
        elif kind != last:
            log.error("%s: %s; nothing is lost, trying again", name, reason)
        else:
            log.debug("%s: %s", name, reason)
        last = kind

    return report


def _raise_file_limit() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
