"""`run` as a service: what systemd hears, reloading, and folders that appear late. A socket stands in for systemd."""

import json
import os
import signal
import socket
import subprocess
from functools import partial
from pathlib import Path

from tests.support.request_lines import line
from tests.support.shipper import Shipper
from tests.support.waiting import wait_until

OUTPUT = '[[outputs.file]]\nfiles = ["{}"]'


def shipper(folder: Path, *logs: str, **more: str) -> Shipper:
    output = OUTPUT.format(folder / "out.lp")
    return Shipper(folder, [folder / name for name in logs or ("app.log",)], output, env=more)


def points(folder: Path, name: str = "out.lp") -> int:
    return (folder / name).read_text().count("uwsgi_log,") if (folder / name).exists() else 0


def test_systemd_hears_that_it_is_ready_alive_and_stopping(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text(line())
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(60)
        one = shipper(tmp_path, NOTIFY_SOCKET=str(tmp_path / "notify"), WATCHDOG_USEC="300000").start()
        assert systemd.recv(4096).decode().startswith("READY=1\nSTATUS=1 log: read ")
        heard = [systemd.recv(4096).decode() for _ in range(5)]
        assert heard.count("WATCHDOG=1") >= 4
        assert one.stop() == 0
        while not (last := systemd.recv(4096).decode()).startswith("STOPPING=1"):
            assert last.startswith(("WATCHDOG", "STATUS"))


def test_sighup_takes_other_settings_and_keeps_the_positions(tmp_path: Path) -> None:
    for name in ("app.log", "web.log"):
        (tmp_path / name).write_text(line())
    one = shipper(tmp_path).start()
    try:
        wait_until(lambda: points(tmp_path) == 1)
        one.files = [tmp_path / "app.log", tmp_path / "web.log"]
        one.write_config()
        one.signal(signal.SIGHUP)
        wait_until(lambda: points(tmp_path) == 2, "the lines of the second log, and the first not again")
        assert one.said("the settings were reloaded")
    finally:
        assert one.stop() == 0


def test_a_metrics_address_that_cannot_be_used_after_a_reload_does_not_end_the_shipper(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text(line())
    one = shipper(tmp_path).start()
    try:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            one.metrics = f"127.0.0.1:{taken.getsockname()[1]}"
            one.write_config()
            one.signal(signal.SIGHUP)
            one.wait_for(f"WARNING cannot serve metrics at {one.metrics}: Address already in use")
            with (tmp_path / "app.log").open("a") as log:
                log.write(line(number=2))
            wait_until(lambda: points(tmp_path) == 2)
    finally:
        assert one.stop() == 0


def test_reloads_leave_no_descriptors_open(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text("")
    one = shipper(tmp_path).start()

    def following() -> int:
        return one.log.read_text().count("following 1 log")

    def reload(times: int) -> int:
        """Reload, and return how many descriptors are open when the next line was shipped."""
        for _ in range(times):
            wanted = following() + 1
            one.signal(signal.SIGHUP)
            wait_until(partial(lambda wanted: following() >= wanted, wanted))
        before = points(tmp_path)
        with (tmp_path / "app.log").open("a") as log:
            log.write(line(number=times))
        wait_until(lambda: points(tmp_path) > before)
        assert one.server is not None
        return len(os.listdir(f"/proc/{one.server.pid}/fd"))

    try:
        one.wait_for("following 1 log")
        assert reload(1) == reload(10)
    finally:
        assert one.stop() == 0


def test_sighup_with_bad_settings_keeps_the_old_ones_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text(line())
    one = shipper(tmp_path).start()
    try:
        wait_until(lambda: points(tmp_path) == 1)
        one.config.write_text("[[inputs.logparser]]\nfile = []\n")
        one.signal(signal.SIGHUP)
        one.wait_for("the settings were not reloaded; keeping the previous ones")
        assert one.said("file is not supported in inputs.logparser; did you mean files?")
        with (tmp_path / "app.log").open("a") as log:
            log.write(line(number=2))
        wait_until(lambda: points(tmp_path) == 2)
    finally:
        assert one.stop() == 0


def test_a_log_whose_folder_appears_late_is_read_from_its_start(tmp_path: Path) -> None:
    one = shipper(tmp_path, "late/app.log").start()
    try:
        one.wait_for(f"no such file, waiting for it; check the name, or mkdir -p {tmp_path}/late")
        (tmp_path / "late").mkdir()
        (tmp_path / "late/app.log").write_text(line())
        wait_until(lambda: points(tmp_path) == 1)
    finally:
        assert one.stop() == 0


def test_the_state_is_in_systemds_folder_if_the_settings_name_none(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text(line())
    one = shipper(tmp_path, STATE_DIRECTORY=str(tmp_path / "systemd"))
    one.config.write_text(one.config.read_text().replace("state_dir", "# state_dir"))
    one.once()
    assert list((tmp_path / "systemd").rglob("*.json"))


def test_messages_can_be_json(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text(line())
    one = shipper(tmp_path)
    said = [json.loads(text) for text in _once(one, "--log-format", "json").splitlines()]
    assert {message["level"] for message in said} == {"INFO"}
    assert said[0]["message"].startswith("following 1 log")


def _once(one: Shipper, *more: str) -> str:
    done = subprocess.run(
        one.command("--once", *more), capture_output=True, text=True, env={**os.environ, "TZ": "UTC"}, check=True
    )
    return done.stderr
