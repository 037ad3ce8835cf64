"""What systemd hears, over a real datagram socket as it makes one."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from logshipper.ship.service_manager import STATUS_INTERVAL, ServiceManager


class Systemd:
    """The other end of the socket, and a clock that we set."""

    def __init__(self, name: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(name.replace("@", "\0"))
        self.socket.setblocking(False)
        self.now = 0.0

    def heard(self) -> list[str]:
        found = []
        while True:
            try:
                found.append(self.socket.recv(4096).decode())
            except BlockingIOError:
                return found


@pytest.fixture(params=["file", "abstract"])
def name(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "notify") if request.param == "file" else f"@logshipper-test-{os.getpid()}"


@pytest.fixture
def systemd(name: str) -> Iterator[Systemd]:
    made = Systemd(name)
    yield made
    made.socket.close()


def manager(systemd: Systemd, name: str, **more: str) -> ServiceManager:
    return ServiceManager({"NOTIFY_SOCKET": name, **more}, lambda: systemd.now)


def test_it_says_when_it_is_ready_and_when_it_stops(systemd: Systemd, name: str) -> None:
    one = manager(systemd, name)
    one.ready("1 log")
    one.stopping()
    assert systemd.heard() == ["READY=1\nSTATUS=1 log", "STOPPING=1\nSTATUS=stopping"]
    one.close()


def test_a_reload_has_the_time_that_systemd_asks_for(systemd: Systemd, name: str) -> None:
    manager(systemd, name).reloading()
    (message,) = systemd.heard()
    first, second = message.split("\n")
    assert first == "RELOADING=1"
    assert second.removeprefix("MONOTONIC_USEC=").isdecimal()


def test_the_watchdog_hears_from_it_three_times_in_its_limit(systemd: Systemd, name: str) -> None:
    one = manager(systemd, name, WATCHDOG_USEC="30000000", WATCHDOG_PID=str(os.getpid()))
    assert one.patience == 10
    beats = 0
    for systemd.now in range(30):
        one.alive(lambda: "")
        beats += systemd.heard().count("WATCHDOG=1")
    assert beats == 3


def test_the_status_is_sent_when_it_has_changed_and_not_too_often(systemd: Systemd, name: str) -> None:
    one = manager(systemd, name)
    one.ready("1 log")
    systemd.heard()
    one.alive(lambda: "1 log")
    systemd.now = STATUS_INTERVAL
    one.alive(lambda: "2 logs")
    one.alive(lambda: "3 logs")
    assert systemd.heard() == ["STATUS=2 logs"]


def test_a_watchdog_of_another_process_is_left_alone(systemd: Systemd, name: str) -> None:
    for other in ({"WATCHDOG_PID": "1"}, {"WATCHDOG_USEC": "soon"}, {}):
        one = manager(systemd, name, **{"WATCHDOG_USEC": "30000000", **other} if other else {})
        assert one.patience == float("inf")
        one.alive(lambda: "")
    assert systemd.heard() == []


def test_without_systemd_nothing_is_sent() -> None:
    one = ServiceManager({})
    one.ready("1 log")
    one.alive(lambda: pytest.fail("nobody asks"))
    one.close()


def test_a_systemd_that_restarts_is_no_error(tmp_path: Path) -> None:
    ServiceManager({"NOTIFY_SOCKET": str(tmp_path / "gone")}).ready("1 log")
