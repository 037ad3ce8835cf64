"""Concurrency with a real database: it adapts to what the server accepts, and every point arrives."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from logshipper.deliver.concurrency import BATCH
from tests.support import proxy as modes
from tests.support.influxd import Influxd
from tests.support.log_writer import Writer
from tests.support.network import fetch, free_port
from tests.support.proxy import Exchange, Proxy
from tests.support.shipper import OUTPUT, Shipper
from tests.support.waiting import wait_until


class Shop:
    """A shipper between a log and a database, maybe with a proxy before it."""

    def __init__(self, folder: Path, influxd: Influxd, database: str) -> None:
        self.folder, self.influxd, self.database = folder, influxd, database
        self.writer, self.proxy, self.port = Writer(folder / "app.log"), Proxy(influxd.port), free_port()
        self.shipper: Shipper | None = None

    def start(self, url: str, **options: str) -> None:
        output = OUTPUT.format(url=url, database=self.database, more="")
        address = f"127.0.0.1:{self.port}"
        self.shipper = Shipper(self.folder, [self.folder / "app.log"], output, metrics=address, **options).start()  # type: ignore[arg-type]

    def gauges(self) -> tuple[int, int]:
        """Return writers and points in a write."""
        _, body = fetch(f"http://127.0.0.1:{self.port}/metrics")
        found = {
            sample.name: int(sample.value)
            for family in text_string_to_metric_families(body.decode())
            for sample in family.samples
            if sample.name in ("logshipper_writers", "logshipper_batch_points")
        }
        return found["logshipper_writers"], found["logshipper_batch_points"]

    def count(self) -> int:
        return self.influxd.count(self.database, column="totalReq")

    def arrives(self, lines: int) -> set[tuple[int, int]]:
        """Wait until all points are there; return the gauges that were seen."""
        seen = set()

        def done() -> bool:
            seen.add(self.gauges())
            return self.count() == lines

        wait_until(done)
        return seen

    def end(self) -> str:
        """Stop the shipper and return what it said."""
        assert self.shipper
        assert self.shipper.stop() == 0
        return self.shipper.output_text()

    def close(self) -> None:
        if self.shipper:
            self.shipper.kill()
        self.proxy.close()


@pytest.fixture
def shop(tmp_path: Path, influxd: Influxd, influx_db: str) -> Iterator[Shop]:
    made = Shop(tmp_path, influxd, influx_db)
    yield made
    made.close()


def account(lines: int) -> str:
    return f"read {lines}, written {lines}, rejected 0, not a request 0, in flight 0"


def test_every_point_arrives_while_the_concurrency_changes(shop: Shop) -> None:
    lines = 130_000
    shop.proxy.mode = modes.one_a_second(25)  # so that it lasts on any machine
    shop.writer.write(lines)
    shop.start(shop.proxy.url, agent="metric_batch_size = 400", ours="writers = 4")
    seen = shop.arrives(lines)
    assert (4, 400) in seen
    assert len(seen) > 1
    assert all(writers <= 4 and batch <= 400 for writers, batch in seen)
    assert account(lines) in shop.end()


def too_large(most: int, refused: list[int]) -> modes.Mode:
    """Answer 413 to bodies of more than `most` bytes."""

    def mode(exchange: Exchange) -> None:
        if exchange.length > most:
            refused.append(exchange.length)
            modes.answer(413)(exchange)
        else:
            modes.forward(exchange)

    return mode


def test_a_limit_on_the_body_size_is_learned(shop: Shop) -> None:
    lines, refused = 20_000, list[int]()
    shop.proxy.mode = too_large(100_000, refused)
    shop.writer.write(lines)
    shop.start(shop.proxy.url)
    shop.arrives(lines)
    # Each write that was on its way meets with it, in parts; then the size is known.
    assert 1 <= len(refused) <= 100
    assert shop.gauges()[1] * 400 < 150_000
    assert account(lines) in shop.end()


def one_at_a_time(inside: list[int]) -> modes.Mode:
    """Answer 503 to a write that comes while there is another one."""
    lock: threading.Lock = threading.Lock()

    def mode(exchange: Exchange) -> None:
        if lock.acquire(blocking=False):
            try:
                modes.forward(exchange)
            finally:
                lock.release()
        else:
            inside.append(exchange.length)
            modes.answer(503, "Retry-After: 1")(exchange)

    return mode


def test_a_server_that_accepts_one_write_at_a_time_gets_one(shop: Shop) -> None:
    lines, refused = 20_000, list[int]()
    shop.proxy.mode = one_at_a_time(refused)
    shop.writer.write(lines)
    shop.start(shop.proxy.url)
    seen = shop.arrives(lines)
    assert refused
    assert 1 in {writers for writers, _ in seen}
    assert account(lines) in shop.end()


def test_everything_arrives_after_an_outage(shop: Shop) -> None:
    lines = 20_000
    shop.proxy.mode = modes.answer(503, "Retry-After: 1")
    shop.writer.write(lines)
    shop.start(shop.proxy.url)
    wait_until(lambda: shop.gauges() == (1, BATCH // 2))
    shop.proxy.mode = modes.forward
    shop.arrives(lines)
    assert account(lines) in shop.end()
