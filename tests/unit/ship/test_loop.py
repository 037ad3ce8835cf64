"""The loop: from files to outputs until everything is shipped, or until a signal stops it."""

import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from logshipper.errors import UserError
from logshipper.settings.options import Agent, FileOutputSettings, Grok, InfluxDB1, Input, LogshipperSettings, Settings
from logshipper.ship.loop import ShipLoop
from tests.support.network import free_port
from tests.support.request_lines import LINE, line
from tests.support.waiting import DEADLINE, wait_until


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def settings(folder: Path, *outputs: str, logs: str = "app.log") -> Settings:
    return Settings(
        agent=Agent(hostname="h"),
        logshipper=LogshipperSettings(state_dir=str(folder / "state"), metrics_address=""),
        inputs=[Input(files=[str(folder / logs)], from_beginning=True, grok=Grok(timezone="UTC"))],
        file=[FileOutputSettings(files=[str(folder / name)]) for name in outputs or ("points.lp",)],
    )


def count(folder: Path, name: str = "points.lp") -> int:
    file = folder / name
    return file.read_text().count("uwsgi_log,") if file.exists() else 0


def test_a_run_with_once_ships_what_is_there_and_ends(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text("".join(line(number=number) for number in range(10)))
    assert ShipLoop(settings(tmp_path), once=True).run() == 0
    assert count(tmp_path) == 10


def test_the_next_run_ships_only_new_lines(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text(line(number=1))
    ShipLoop(settings(tmp_path), once=True).run()
    with (tmp_path / "app.log").open("a") as log:
        log.write(line(number=2))
    ShipLoop(settings(tmp_path), once=True).run()
    assert count(tmp_path) == 2


def test_a_rejected_line_makes_a_run_with_once_exit_with_1(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text(f"{LINE}\n{LINE[:80]}\n")
    assert ShipLoop(settings(tmp_path), once=True).run() == 1


def test_each_output_gets_every_line(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text(f"{LINE}\n")
    assert ShipLoop(settings(tmp_path, "one.lp", "two.lp"), once=True).run() == 0
    assert (count(tmp_path, "one.lp"), count(tmp_path, "two.lp")) == (1, 1)


def test_the_loop_follows_the_log_until_a_signal(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_text(line(number=1))

    def write_and_stop() -> None:
        wait_until(lambda: count(tmp_path) == 1)
        with log.open("a") as opened:
            opened.write(line(number=2))
        try:
            wait_until(lambda: count(tmp_path) == 2)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    loop = ShipLoop(settings(tmp_path))
    signal.signal(signal.SIGTERM, loop._stop)  # so that it is ours before the loop takes it
    writer = threading.Thread(target=write_and_stop)
    writer.start()
    assert loop.run() == 0
    writer.join()
    assert count(tmp_path) == 2


def test_a_second_loop_on_the_same_state_folder_is_refused(tmp_path: Path) -> None:
    first = ShipLoop(settings(tmp_path))
    try:
        with pytest.raises(UserError, match="another logshipper uses"):
            ShipLoop(settings(tmp_path))
    finally:
        first._close()


def test_unusable_settings_are_a_user_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no folder"):
        ShipLoop(settings(tmp_path, logs="nowhere/app.log"), once=True)


def test_a_missing_file_makes_a_run_with_once_exit_with_1(tmp_path: Path) -> None:
    assert ShipLoop(settings(tmp_path), once=True).run() == 1


def test_a_run_with_once_exits_with_1_when_its_timeout_expires(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "app.log").write_text(line(number=1))
    away = replace(settings(tmp_path), file=[], influxdb=[InfluxDB1(urls=[f"http://127.0.0.1:{free_port()}"])])
    loop = ShipLoop(away, once=True, timeout=DEADLINE)

    def expire() -> None:
        wait_until(lambda: "start the server" in caplog.text)
        loop.deadline = 0.0

    clock = threading.Thread(target=expire)
    clock.start()
    assert loop.run() == 1
    clock.join()
    assert "the time is up: " in caplog.text


def test_an_error_that_waiting_cannot_resolve_is_a_user_error(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text(line(number=1))
    (tmp_path / "points.lp").mkdir()
    with pytest.raises(UserError, match="a folder, not a file"):
        ShipLoop(settings(tmp_path), once=True).run()
